"""The ImageNet ResNets (He et al. 2015) with a first layer for small images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from kdstudio.declaration import option
from kdstudio.models.declaration import ImageShape, ModelSpec, models

if TYPE_CHECKING:
    from torch import nn

STAGES = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}


@models.register
class ResNetImageNet(ModelSpec):
    """ResNet-18, 34, 50 and 101 of ImageNet, with a 3×3 first layer and no pooling behind it (2015)."""

    paper: ClassVar[str] = "Deep Residual Learning for Image Recognition, He et al. 2015"
    channels_last: ClassVar[bool] = True

    name: Literal["resnet-imagenet"] = "resnet-imagenet"
    depth: Literal[18, 34, 50, 101] = option(
        18, "Depth", "Layers with weights; from 50 on, blocks are bottlenecks of three layers."
    )

    @classmethod
    def variants(cls) -> Sequence[Self]:
        """Return those of the distillation tables."""
        return [cls(depth=d) for d in (18, 34, 50)]

    @classmethod
    def smallest(cls) -> Self:
        """Return the shallowest."""
        return cls(depth=18)

    def taps(self) -> dict[str, str]:
        """``block1`` ``(B, c, H, W)`` to ``block4`` ``(B, 8c, H/8, W/8)`` after ReLU, ``pool`` ``(B, 8c)``.

        c is 64, or 256 with bottlenecks.
        """
        return {name: name for name in ("block1", "block2", "block3", "block4", "pool")}

    def middle(self) -> str:
        """``block2``, as in the distillation tables."""
        return "block2"

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """Build for images of any size; sizes are rounded up at each halving."""
        from torch import nn

        from kdstudio.models.modules.assembly import classification, conv_norm_relu
        from kdstudio.models.modules.residual import basic_block, bottleneck_block

        block, widest = (basic_block, 64) if self.depth < 50 else (bottleneck_block, 256)
        channels = 64
        parts: dict[str, nn.Module] = {"stem": conv_norm_relu(image.channels, channels)}
        for stage, count in enumerate(STAGES[self.depth]):
            blocks, outputs = [], widest * 2**stage
            for number in range(count):
                blocks.append(block(channels, outputs, 2 if stage and not number else 1))
                channels = outputs
            parts[f"block{stage + 1}"] = nn.Sequential(*blocks)
        return classification(parts, channels, classes)

    def summary(self) -> str:
        """``resnet-imagenet-18``."""
        return f"{self.name}-{self.depth}"
