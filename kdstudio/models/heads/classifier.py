"""A classifier on features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kdstudio.models.heads.declaration import HeadSpec, Shape, heads

if TYPE_CHECKING:
    from torch import nn


@heads.register
class Classifier(HeadSpec):
    """Averages a map over its pixels; one linear layer."""

    name: Literal["classifier"] = "classifier"
    features: Shape
    classes: int

    def build(self) -> nn.Module:
        """``(B, C)`` or ``(B, C, H, W)`` to ``(B, classes)``."""
        from kdstudio.models.modules.exit_heads import classifier

        return classifier(self.features, self.classes)

    def summary(self) -> str:
        """``linear``."""
        return "linear"
