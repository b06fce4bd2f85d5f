"""MobileNetV2 (Sandler et al. 2018) for small images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from kdstudio.declaration import option
from kdstudio.models.declaration import ImageShape, ModelSpec, models

if TYPE_CHECKING:
    from torch import nn

STAGES = (
    (1, ((1, 16, 1), (6, 24, 2))),
    (2, ((6, 32, 3),)),
    (2, ((6, 64, 4), (6, 96, 3))),
    (2, ((6, 160, 3), (6, 320, 1))),
)
"""Stride of each stage, and its groups of blocks: expansion, channels, how many."""


@models.register
class MobileNetV2(ModelSpec):
    """MobileNetV2: residual blocks that are narrow outside and wide inside (Sandler et al. 2018)."""

    paper: ClassVar[str] = "MobileNetV2: Inverted Residuals and Linear Bottlenecks, Sandler et al. 2018"
    channels_last: ClassVar[bool] = True

    name: Literal["mobilenet-v2"] = "mobilenet-v2"
    width: float = option(
        0.5,
        "Width",
        "Multiplies the numbers of channels. The distillation tables of CIFAR-100 have 0.5.",
        ge=0.1,
        le=4,
    )

    @classmethod
    def variants(cls) -> Sequence[Self]:
        """Return it in full and at half the width."""
        return [cls(width=w) for w in (0.5, 1.0)]

    @classmethod
    def smallest(cls) -> Self:
        """Return half the width."""
        return cls(width=0.5)

    def taps(self) -> dict[str, str]:
        """``block1`` ``(B, 24w, H/2, W/2)`` to ``block4`` ``(B, 320w, H/16, W/16)``, linear; ``pool``."""
        return {name: name for name in ("block1", "block2", "block3", "block4", "pool")}

    def middle(self) -> str:
        """``block2``, as in the distillation tables."""
        return "block2"

    def preactivations(self) -> dict[str, str]:
        """The linear outputs themselves: no ReLU is fed with them, nor with their batch norm."""
        return {tap: tap for tap in self.blocks()}

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """Build as the distillation tables do: half the paper's strides, channels rounded down."""
        from torch import nn

        from kdstudio.models.modules.assembly import classification, conv_norm_relu
        from kdstudio.models.modules.separable import inverted_residual

        inputs = int(32 * self.width)
        parts: dict[str, nn.Module] = {"stem": conv_norm_relu(image.channels, inputs, stride=2)}
        for number, (stride, groups) in enumerate(STAGES, start=1):
            layers: list[nn.Module] = []
            for expansion, channels, count in groups:
                for _ in range(count):
                    outputs = int(channels * self.width)
                    layers.append(inverted_residual(inputs, outputs, 1 if layers else stride, expansion))
                    inputs = outputs
            parts[f"block{number}"] = nn.Sequential(*layers)
        features = int(1280 * max(self.width, 1.0))
        return classification(parts, features, classes, last=conv_norm_relu(inputs, features, 1))

    def summary(self) -> str:
        """``mobilenet-v2 0.5``."""
        return f"mobilenet-v2 {self.width:g}"
