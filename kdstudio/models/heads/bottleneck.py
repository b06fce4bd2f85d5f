"""From the features of an early block to the shape of the deepest ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kdstudio.models.heads.declaration import HeadSpec, Shape, heads

if TYPE_CHECKING:
    from torch import nn


@heads.register
class Bottleneck(HeadSpec):
    """Convolutions that lead a map to the shape of a deeper one (Zhang et al. 2019)."""

    name: Literal["bottleneck"] = "bottleneck"
    features: Shape
    deepest: Shape

    def build(self) -> nn.Module:
        """``(B, *features)`` to ``(B, *deepest)``; KDStudioError for shapes that it does not connect."""
        from kdstudio.models.modules.exit_heads import bottleneck

        return bottleneck(self.features, self.deepest)
