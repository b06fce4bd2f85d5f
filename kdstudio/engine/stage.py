"""Stages: networks, heads and loss terms that are trained together for some epochs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from kdstudio.data.feed import Batch
from kdstudio.engine.network import LOGITS, Head, Network, Part
from kdstudio.engine.training import TrainingSpec
from kdstudio.errors import KDStudioError

LABELS = "labels"
INDEX = "index"
"""Number of each sample in the training part, ``(B,)``."""
IMAGES = "images"
"""The images as they are fed, ``(B, C, H, W)``; gradients to them can be taken."""
GIVEN = (LABELS, INDEX, IMAGES)
"""Addresses that every batch fills."""

Weight = float | Callable[[float], float]
"""A number, or a function of the progress through the stage's epochs, 0 to 1."""


@dataclass(frozen=True)
class LossTerm:
    """One named loss: ``loss(*values of ``of``, *detached values of ``against``)``, a scalar.

    Only what is ``of`` (one address, or several that are matched together) gets gradient; no
    target can leak any.
    """

    name: str
    loss: Callable[..., Tensor]
    of: str | tuple[str, ...]
    against: tuple[str, ...]
    weight: Weight = 1.0

    @property
    def learning(self) -> tuple[str, ...]:
        """The addresses that get gradient."""
        return (self.of,) if isinstance(self.of, str) else self.of

    @property
    def reads(self) -> tuple[str, ...]:
        """Every address whose value the loss is given, in that order."""
        return (*self.learning, *self.against)

    def weight_at(self, progress: float) -> float:
        """Return the weight at ``progress`` through the stage, 0 in the first epoch, 1 in the last."""
        return self.weight(progress) if callable(self.weight) else self.weight


def linear(start: float, end: float) -> Callable[[float], float]:
    """Weight that goes from ``start`` to ``end`` in a straight line over the stage."""
    return lambda progress: start + (end - start) * progress


class Stage(nn.Module):
    """One span of training; ``forward(batch, update)`` returns the update's losses by name."""

    def __init__(
        self,
        name: str,
        *,
        networks: Sequence[Network],
        updates: Sequence[Sequence[LossTerm]],
        training: TrainingSpec,
        heads: Sequence[Head] = (),
        scored: Mapping[str, str] | None = None,
        classes: Sequence[int] = (),
        renumber: bool = True,
    ) -> None:
        """One update is one forward, backward and optimiser step over its terms.

        ``scored`` maps names to addresses of logits; by default each network's own logits. It is
        empty where a network has no predictions yet to be scored.
        ``classes`` are the numbers of the only classes that it sees in training, validation and test,
        none meaning all; with ``renumber`` they count from 0 in that order, else they keep their numbers.
        """
        super().__init__()
        self.name = name
        self.networks: Mapping[str, Network] = nn.ModuleDict({n.name: n for n in networks})  # type: ignore[assignment]
        self.heads: Mapping[str, Head] = nn.ModuleDict({h.name: h for h in heads})  # type: ignore[assignment]
        self.updates = tuple(tuple(update) for update in updates)
        self.training_spec = training
        self.classes = tuple(classes)
        self.renumber = bool(classes) and renumber
        self.scored = dict({n.name: f"{n.name}.{LOGITS}" for n in networks} if scored is None else scored)

    @property
    def terms(self) -> tuple[LossTerm, ...]:
        """All terms, update by update."""
        return tuple(term for update in self.updates for term in update)

    def addresses(self) -> tuple[str, ...]:
        """Everything a term may name."""
        taps = (f"{n.name}.{output}" for n in self.networks.values() for output in n.outputs)
        return (*GIVEN, *taps, *self.heads)

    def behind(self, address: str) -> dict[str, Part]:
        """Networks and heads that the value at ``address`` is computed by, by name."""
        if address in GIVEN:
            return {}
        if address not in self.heads:
            name = address.partition(".")[0]
            return {name: self.networks[name]}
        head = self.heads[address]
        found: dict[str, Part] = {}
        for source in head.of:
            found |= self.behind(source)
        return {**found, address: head}

    def learners(self, update: int) -> dict[str, Part]:
        """Networks and heads that ``update`` changes, by name; heads without state are left out."""
        found: dict[str, Part] = {}
        for address in {address for term in self.updates[update] for address in term.learning}:
            found |= self.behind(address)
        return {n: part for n, part in sorted(found.items()) if not part.frozen and part.state_dict()}

    def forward(self, batch: Batch, update: int = 0) -> dict[str, Tensor]:
        """Return each term's loss, computed in float32, a scalar, unweighted, by the term's name."""
        terms = self.updates[update]
        wanted = {address for term in terms for address in term.reads}
        values = self.values(batch, wanted, learning=self.learners(update))
        with torch.autocast(batch.images.device.type, enabled=False):
            return {
                term.name: term.loss(
                    *(values[a] for a in term.learning), *(values[a].detach() for a in term.against)
                )
                for term in terms
            }

    def values(
        self, batch: Batch, wanted: Iterable[str], learning: Collection[str] = ()
    ) -> dict[str, Tensor]:
        """Return the flat dict of tensors by address; gradient only through those ``learning``."""
        pending, wanted = list(wanted), set(wanted)
        while pending:
            address = pending.pop()
            sources = self.heads[address].of if address in self.heads else ()
            pending += [source for source in sources if source not in wanted]
            wanted.update(sources)
        if IMAGES in wanted:
            with torch.enable_grad():  # a view: the counter of operations cannot see gradients to leaves
                images = batch.images.detach().requires_grad_()
                batch = replace(batch, images=images.view_as(images))
        values = {LABELS: batch.labels, INDEX: batch.index, IMAGES: batch.images}
        for name, network in self.networks.items():
            outputs = [a.partition(".")[2] for a in wanted if a.partition(".")[0] == name and "." in a]
            if outputs:
                with torch.set_grad_enabled(name in learning or IMAGES in wanted):
                    for output, value in network(batch, outputs).items():
                        values[f"{name}.{output}"] = value.float()
        for name, head in self.heads.items():
            if name in wanted:
                values[name] = head(*(values[source] for source in head.of)).float()
        return values

    @torch.no_grad()
    def dry_run(self, batch: Batch) -> None:
        """Run every update once on ``batch`` in eval mode, without gradient.

        Nothing is changed but lazy heads, which take their shape. Raises KDStudioError that
        names the stage, the term and the address that does not fit.
        """
        self.eval()
        known = self.addresses()
        for what, address in self._named():
            if address not in known and not self._is_submodule(address):
                raise KDStudioError(
                    f"stage '{self.name}', {what}: no address '{address}'; there are {', '.join(known)}"
                )
        for update in range(len(self.updates)):
            self._dry_run_turn(batch, update)

    def _named(self) -> Iterator[tuple[str, str]]:
        """Yield every address that a term, a head or a score names, with what names it."""
        for term in self.terms:
            for address in term.reads:
                yield f"term '{term.name}'", address
        for name, head in self.heads.items():
            for address in head.of:
                yield f"head '{name}'", address
        for name, address in self.scored.items():
            yield f"score '{name}'", address

    def _dry_run_heads(self, batch: Batch) -> None:
        """Run the heads one by one; KDStudioError names the first that does not fit."""
        for name, head in self.heads.items():
            values = self.values(batch, head.of)
            inputs = {address: values[address] for address in head.of}
            try:
                head(*inputs.values())
            except (RuntimeError, ValueError, IndexError) as error:
                raise KDStudioError(
                    f"stage '{self.name}', head '{name}' does not fit {_shapes(inputs)}: {error}"
                ) from error

    def _is_submodule(self, address: str) -> bool:
        name, _, output = address.partition(".")
        return name in self.networks and self.networks[name].has(output)

    def _dry_run_turn(self, batch: Batch, update: int) -> None:
        terms = self.updates[update]
        try:
            values = self.values(batch, {address for term in terms for address in term.reads})
        except (RuntimeError, ValueError, IndexError):
            self._dry_run_heads(batch)
            raise
        for term in terms:
            inputs = {address: values[address] for address in term.reads}
            try:
                loss = term.loss(*(values[address] for address in term.reads))
            except (RuntimeError, ValueError, IndexError) as error:
                raise KDStudioError(
                    f"stage '{self.name}', term '{term.name}' does not fit {_shapes(inputs)}: {error}"
                ) from error
            if loss.shape:
                raise KDStudioError(
                    f"stage '{self.name}', term '{term.name}' gives {tuple(loss.shape)}; "
                    "a loss must be one number"
                )


def _shapes(values: Mapping[str, Tensor]) -> str:
    return ", ".join(f"{address} {tuple(value.shape)}" for address, value in values.items())
