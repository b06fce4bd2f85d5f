"""What every head declares, and the registry of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdstudio.declaration import Declaration, Registry

if TYPE_CHECKING:
    from torch import nn

Shape = tuple[int, ...]
"""Of one image's value: ``(C,)`` of a vector, ``(C, H, W)`` of a map."""


class HeadSpec(Declaration):
    """A module between networks, with everything that is needed to build it again.

    Subclasses are registered under their ``name``.
    """

    name: str

    def build(self) -> nn.Module:
        """Make the module, randomly initialised."""
        raise NotImplementedError

    def summary(self) -> str:
        """Return the head in a few characters."""
        return self.name


heads: Registry[HeadSpec] = Registry("head", "kdstudio.models.heads", "kdstudio.heads")
