"""The residual networks that He et al. (2015) built for CIFAR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from kdstudio.declaration import option
from kdstudio.models.declaration import ImageShape, ModelSpec, models

if TYPE_CHECKING:
    from torch import nn


@models.register
class ResNet(ModelSpec):
    """CIFAR ResNet: three stages of residual blocks, 20 to 110 layers (He et al. 2015)."""

    paper: ClassVar[str] = "Deep Residual Learning for Image Recognition, He et al. 2015"
    channels_last: ClassVar[bool] = True

    name: Literal["resnet"] = "resnet"
    depth: Literal[8, 14, 20, 32, 44, 56, 110] = option(
        20, "Depth", "Layers with weights, 6n + 2: each of the three stages has n blocks of two."
    )
    width: int = option(
        1,
        "Width",
        "Times 16, 32 and 64 channels. 4 with 8 or 32 layers gives the resnet8x4 and resnet32x4 of the "
        "distillation tables: from 4 on, the first layer has 32 channels instead of 16.",
        ge=1,
        le=16,
    )
    shortcut: Literal["identity", "projection"] = option(
        "identity",
        "Shortcut",
        "Where the shape changes: zeros for new channels (as He's CIFAR networks), or a 1×1 convolution "
        "(as the distillation tables).",
    )

    @classmethod
    def variants(cls) -> Sequence[Self]:
        """Return the paper's depths, and the wide ones of the distillation tables."""
        return [
            *(cls(depth=d) for d in (8, 14, 20, 32, 44, 56, 110)),
            *(cls(depth=d, width=4, shortcut="projection") for d in (8, 32)),
        ]

    @classmethod
    def smallest(cls) -> Self:
        """Return the shallowest."""
        return cls(depth=8)

    def taps(self) -> dict[str, str]:
        """``block1`` ``(B, 16w, H, W)`` to ``block3`` ``(B, 64w, H/4, W/4)`` after ReLU, then ``pool``."""
        return {name: name for name in ("block1", "block2", "block3", "pool")}

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """Build for images of any size; sizes are rounded up at each halving."""
        from torch import nn

        from kdstudio.models.modules.assembly import classification, conv_norm_relu
        from kdstudio.models.modules.residual import basic_block

        channels = 32 if self.width >= 4 else 16
        parts: dict[str, nn.Module] = {"stem": conv_norm_relu(image.channels, channels)}
        for stage in range(3):
            blocks, outputs = [], 16 * 2**stage * self.width
            for number in range((self.depth - 2) // 6):
                stride = 2 if stage and not number else 1
                blocks.append(basic_block(channels, outputs, stride, self.shortcut == "projection"))
                channels = outputs
            parts[f"block{stage + 1}"] = nn.Sequential(*blocks)
        return classification(parts, channels, classes)

    def summary(self) -> str:
        """``resnet-20`` or ``resnet-8x4``."""
        return f"resnet-{self.depth}" + (f"x{self.width}" if self.width > 1 else "")
