"""Early exits: a network that ends at one of its taps, with a head that answers there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kdstudio.declaration import Declaration
from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    from torch import nn

ExitHead = Literal["bottleneck", "light"]


class Exit(Declaration):
    """Where a network is left, and what answers there. Shapes are those for one image."""

    of: str
    """The network's name."""
    tap: str
    head: ExitHead
    features: tuple[int, ...]
    """Shape at the tap."""
    deepest: tuple[int, ...]
    """Shape of the network's deepest features, which a bottleneck leads to."""

    def build(self, classes: int) -> dict[str, nn.Module]:
        """Make the head's parts by name, in order: ``features`` (of a bottleneck alone), ``classifier``."""
        from kdstudio.models.modules.exit_heads import bottleneck, classifier

        if self.head == "light":
            return {"classifier": classifier(self.features, classes)}
        return {
            "features": bottleneck(self.features, self.deepest),
            "classifier": classifier(self.deepest, classes),
        }


def cut(network: nn.Module, path: str, what: str) -> nn.Sequential:
    """Return ``network`` up to and with the module at ``path``, sharing its modules.

    Only chains (``nn.Sequential``, or such within such) can be cut; for others, which ``what`` names,
    raises KDStudioError.
    """
    from torch import nn

    name, _, rest = path.partition(".")
    children = dict(network.named_children())
    if not isinstance(network, nn.Sequential) or name not in children:
        raise KDStudioError(
            f"'{what}' cannot end at '{path}': it is no chain of parts there; choose an architecture of "
            "kdstudio's own, resnet for instance, or other exits"
        )
    trunk = nn.Sequential()
    for child, module in children.items():
        if child == name:
            trunk.add_module(child, cut(module, rest, what) if rest else module)
            return trunk
        trunk.add_module(child, module)
    raise AssertionError


def with_exit(network: nn.Module, path: str, early: Exit, classes: int) -> nn.Sequential:
    """Return the ``network`` up to ``path`` and then a new head: ``exit.features``, ``exit.classifier``."""
    from kdstudio.models.modules.assembly import chain

    trunk = cut(network, path, early.of)
    trunk.add_module("exit", chain(**early.build(classes)))
    return trunk
