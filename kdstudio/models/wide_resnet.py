"""Wide residual networks (Zagoruyko and Komodakis 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from kdstudio.declaration import option
from kdstudio.models.declaration import ImageShape, ModelSpec, models

if TYPE_CHECKING:
    from torch import nn


@models.register
class WideResNet(ModelSpec):
    """Wide ResNet: shallower and wider, batch norm and ReLU before each convolution (2016)."""

    paper: ClassVar[str] = "Wide Residual Networks, Zagoruyko and Komodakis 2016"
    channels_last: ClassVar[bool] = True

    name: Literal["wide-resnet"] = "wide-resnet"
    depth: Literal[10, 16, 22, 28, 34, 40] = option(
        16, "Depth", "Layers with weights, 6n + 4: each of the three stages has n blocks of two."
    )
    width: int = option(2, "Width", "Times 16, 32 and 64 channels in the three stages.", ge=1, le=20)
    dropout: float = option(
        0.0, "Dropout", "Share of the units dropped between the convolutions of a block.", ge=0, lt=1
    )

    @classmethod
    def variants(cls) -> Sequence[Self]:
        """Return those of the papers' tables."""
        return [cls(depth=d, width=w) for d, w in ((16, 1), (16, 2), (40, 1), (40, 2), (28, 2), (28, 10))]

    @classmethod
    def smallest(cls) -> Self:
        """Return the shallowest, not widened."""
        return cls(depth=10, width=1)

    def taps(self) -> dict[str, str]:
        """``block1`` ``(B, 16w, H, W)`` to ``block3`` ``(B, 64w, H/4, W/4)``, not normalised; ``pool``."""
        return {name: name for name in ("block1", "block2", "block3", "pool")}

    def preactivations(self) -> dict[str, str]:
        """The blocks through the batch norm of what comes next, which is what the ReLU behind it reads."""
        return {
            "block1": "block2.0.activation.norm",
            "block2": "block3.0.activation.norm",
            "block3": "pool.last.norm",
        }

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """Build for images of any size; sizes are rounded up at each halving."""
        from torch import nn

        from kdstudio.models.modules.assembly import classification, convolution, norm_relu
        from kdstudio.models.modules.residual import wide_block

        channels = 16
        parts: dict[str, nn.Module] = {"stem": convolution(image.channels, channels)}
        for stage in range(3):
            blocks, outputs = [], 16 * 2**stage * self.width
            for number in range((self.depth - 4) // 6):
                stride = 2 if stage and not number else 1
                blocks.append(wide_block(channels, outputs, stride, self.dropout))
                channels = outputs
            parts[f"block{stage + 1}"] = nn.Sequential(*blocks)
        return classification(parts, channels, classes, last=norm_relu(channels))

    def summary(self) -> str:
        """``wide-resnet-16-2``."""
        return f"wide-resnet-{self.depth}-{self.width}"
