"""ShuffleNet V2 (Ma et al. 2018) for small images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import field_validator

from kdstudio.declaration import option
from kdstudio.models.declaration import ImageShape, ModelSpec, models

if TYPE_CHECKING:
    from torch import nn

CHANNELS = {
    "0.5": (48, 96, 192, 1024),
    "1.0": (116, 232, 464, 1024),
    "1.5": (176, 352, 704, 1024),
    "2.0": (244, 488, 976, 2048),
}
"""Channels of the three stages and of the last convolution."""
UNITS = (3, 7, 3)
"""Units of a stage after the one that halves the size."""
STEM = 24


@models.register
class ShuffleNetV2(ModelSpec):
    """ShuffleNet V2: half the channels pass each unit untouched (Ma et al. 2018)."""

    paper: ClassVar[str] = (
        "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design, Ma et al. 2018"
    )
    channels_last: ClassVar[bool] = True

    name: Literal["shufflenet-v2"] = "shufflenet-v2"
    width: Literal["0.5", "1.0", "1.5", "2.0"] = option(
        "1.0", "Width", "The paper's four sizes. The distillation tables have 1.0."
    )

    @field_validator("width", mode="before")
    @classmethod
    def _number_as_text(cls, width: object) -> object:
        return str(float(width)) if isinstance(width, int | float) else width

    @classmethod
    def variants(cls) -> Sequence[Self]:
        """Return it in full and at half the width."""
        return [cls(width=w) for w in (0.5, 1.0)]

    @classmethod
    def smallest(cls) -> Self:
        """Return half the width."""
        return cls(width=0.5)

    def taps(self) -> dict[str, str]:
        """``block1`` ``(B, c, H/2, W/2)`` to ``block3`` ``(B, 4c, H/8, W/8)`` after ReLU, ``pool``."""
        return {name: name for name in ("block1", "block2", "block3", "pool")}

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """Build as the distillation tables do: the first layer is a 1×1 convolution at full size."""
        from torch import nn

        from kdstudio.models.modules.assembly import classification, conv_norm_relu
        from kdstudio.models.modules.shuffle import halving_unit, split_unit

        *stages, features = CHANNELS[self.width]
        inputs = STEM
        parts: dict[str, nn.Module] = {"stem": conv_norm_relu(image.channels, inputs, 1)}
        for number, (outputs, count) in enumerate(zip(stages, UNITS, strict=True), start=1):
            further = (split_unit(outputs) for _ in range(count))
            parts[f"block{number}"] = nn.Sequential(halving_unit(inputs, outputs), *further)
            inputs = outputs
        return classification(parts, features, classes, last=conv_norm_relu(inputs, features, 1))

    def summary(self) -> str:
        """``shufflenet-v2 1.0``."""
        return f"shufflenet-v2 {self.width}"
