"""MobileNet (Howard et al. 2017) for small images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from kdstudio.declaration import option
from kdstudio.models.declaration import ImageShape, ModelSpec, models

if TYPE_CHECKING:
    from torch import nn

STAGES = ((64,), (128, 128), (256, 256), (512,) * 6, (1024, 1024))
"""Channels of the convolutions; all stages but the first halve the size."""


@models.register
class MobileNet(ModelSpec):
    """MobileNet: convolutions of single channels and 1×1 convolutions in turn (Howard et al. 2017)."""

    paper: ClassVar[str] = (
        "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications, "
        "Howard et al. 2017"
    )
    channels_last: ClassVar[bool] = True

    name: Literal["mobilenet"] = "mobilenet"
    width: float = option(
        1.0, "Width", "Multiplies all numbers of channels; the paper has 1, 0.75, 0.5, 0.25.", ge=0.1, le=4
    )

    @classmethod
    def variants(cls) -> Sequence[Self]:
        """Return it in full and at half the width."""
        return [cls(width=w) for w in (0.5, 1.0)]

    @classmethod
    def smallest(cls) -> Self:
        """Return a quarter of the width."""
        return cls(width=0.25)

    def taps(self) -> dict[str, str]:
        """``block1`` ``(B, 64w, H, W)`` to ``block5`` ``(B, 1024w, H/16, W/16)`` after ReLU, ``pool``."""
        return {name: name for name in (*(f"block{i}" for i in range(1, 6)), "pool")}

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """Build with strides for small images: the first convolution keeps the size."""
        from torch import nn

        from kdstudio.models.modules.assembly import classification, conv_norm_relu
        from kdstudio.models.modules.separable import separable

        inputs = int(32 * self.width)
        parts: dict[str, nn.Module] = {"stem": conv_norm_relu(image.channels, inputs)}
        for stage, channels in enumerate(STAGES, start=1):
            layers = []
            for number, outputs in enumerate(int(c * self.width) for c in channels):
                layers.append(separable(inputs, outputs, 2 if stage > 1 and not number else 1))
                inputs = outputs
            parts[f"block{stage}"] = nn.Sequential(*layers)
        return classification(parts, inputs, classes)

    def summary(self) -> str:
        """``mobilenet 0.5``."""
        return f"mobilenet {self.width:g}"
