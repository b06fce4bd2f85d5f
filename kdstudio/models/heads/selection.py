"""Some of the classes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kdstudio.models.heads.declaration import HeadSpec, heads

if TYPE_CHECKING:
    from torch import nn


@heads.register
class ClassSelection(HeadSpec):
    """φ: the logits of some classes; a softmax after it renormalises (Wang, Rhodes, Feng 2022)."""

    name: Literal["selection"] = "selection"
    classes: tuple[int, ...]
    """Numbers of the logits kept, in order."""
    of: int
    """How many there are to choose from."""

    def build(self) -> nn.Module:
        """``(B, K)`` to ``(B, len(classes))``."""
        from kdstudio.models.modules.selection import Selection

        return Selection(self.classes)

    def summary(self) -> str:
        """``2 of 10 classes``."""
        return f"{len(self.classes)} of {self.of} classes"
