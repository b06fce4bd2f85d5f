"""How a network is put together from parts of others: early exits, branches, ensembles, selections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from kdstudio.declaration import Declaration
from kdstudio.models.declaration import ImageShape, ModelSpec, models
from kdstudio.models.heads.declaration import HeadSpec, heads

if TYPE_CHECKING:
    from torch import nn

    from kdstudio.models.modules.composed import ComposedNetwork

    AnyModel = ModelSpec
    AnyHead = HeadSpec
else:
    AnyModel = Annotated[ModelSpec, models]
    AnyHead = Annotated[HeadSpec, heads]

LOGITS = "logits"


class TrunkSpec(Declaration):
    """A network of the run, and what is read of it."""

    model: AnyModel
    outputs: int
    """Classes that it tells apart itself."""
    reads: tuple[str, ...]
    """Taps, paths of layers, or ``logits``."""


class PlacedHead(Declaration):
    """A head, and the addresses that it is fed with."""

    head: AnyHead
    inputs: tuple[str, ...]


class Composition(Declaration):
    """A recipe: trunks, heads on them in order, and the address that gives the logits."""

    networks: dict[str, TrunkSpec]
    heads: dict[str, PlacedHead]
    output: str

    def build(self, image: ImageShape) -> ComposedNetwork:
        """Make the module, randomly initialised: ``(B, C, H, W)`` in, ``(B, K)`` out."""
        from kdstudio.models.modules.layout import build

        trunks = {name: build(spec.model, image, spec.outputs) for name, spec in self.networks.items()}
        return self.assemble(trunks, {name: placed.head.build() for name, placed in self.heads.items()})

    def assemble(self, networks: Mapping[str, nn.Module], heads: Mapping[str, nn.Module]) -> ComposedNetwork:
        """Put modules together that exist already; they are shared, not copied."""
        from kdstudio.models.modules.composed import ComposedNetwork

        def paths(spec: TrunkSpec) -> dict[str, str]:
            taps = spec.model.taps()
            return {read: "" if read == LOGITS else taps.get(read, read) for read in spec.reads}

        return ComposedNetwork(
            {name: (networks[name], paths(spec)) for name, spec in self.networks.items()},
            {name: (heads[name], placed.inputs) for name, placed in self.heads.items()},
            self.output,
        )

    def summary(self) -> str:
        """``resnet-20 + bottleneck exit at block1 + linear``: every part once."""
        parts = [spec.model.summary() for spec in self.networks.values()]
        return " + ".join(dict.fromkeys([*parts, *(p.head.summary() for p in self.heads.values())]))


def composed_of(
    output: str, networks: Mapping[str, tuple[ModelSpec, int]], heads: Mapping[str, PlacedHead]
) -> Composition:
    """Read the recipe of ``output`` off its ``heads``: what each of the ``networks`` is read for.

    Networks come with the number of classes that they tell apart.
    """
    addresses = [address for placed in heads.values() for address in placed.inputs]

    def reads(network: str) -> tuple[str, ...]:
        of_network = (address.partition(".") for address in addresses)
        return tuple(dict.fromkeys(read for name, _, read in of_network if name == network))

    trunks = {
        name: TrunkSpec(model=model, outputs=outputs, reads=reads(name))
        for name, (model, outputs) in networks.items()
    }
    return Composition(networks=trunks, heads=dict(heads), output=output)
