"""Densely connected networks with bottlenecks and compression (Huang et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from kdstudio.declaration import option
from kdstudio.models.declaration import ImageShape, ModelSpec, models

if TYPE_CHECKING:
    from torch import nn


@models.register
class DenseNet(ModelSpec):
    """DenseNet-BC: each layer is fed by all layers before it (Huang et al. 2016)."""

    paper: ClassVar[str] = "Densely Connected Convolutional Networks, Huang et al. 2016"
    channels_last: ClassVar[bool] = True

    name: Literal["densenet"] = "densenet"
    depth: int = option(
        100,
        "Depth",
        "Layers with weights: 4 and two for each of the n dense layers of the three blocks. Depths that "
        "are not 6n + 4 are rounded down, as in the 90-60 and 80-80 of the born-again networks.",
        ge=10,
        le=250,
    )
    growth: int = option(12, "Growth", "Maps that each dense layer adds.", ge=1, le=200)

    @classmethod
    def variants(cls) -> Sequence[Self]:
        """Return the paper's, and the born-again networks' widest."""
        return [cls(depth=d, growth=g) for d, g in ((100, 12), (112, 33), (90, 60))]

    @classmethod
    def smallest(cls) -> Self:
        """Return one dense layer a block."""
        return cls(depth=10, growth=4)

    def taps(self) -> dict[str, str]:
        """``block1`` ``(B, c, H, W)`` to ``block3`` ``(B, c″, H/4, W/4)``, before batch norm; ``pool``."""
        return {name: name for name in ("block1", "block2", "block3", "pool")}

    def preactivations(self) -> dict[str, str]:
        """The blocks through the batch norm of what comes next, which is what the ReLU behind it reads."""
        return {
            "block1": "block2.transition.activation.norm",
            "block2": "block3.transition.activation.norm",
            "block3": "pool.last.norm",
        }

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """Build for images of at least 4×4 (else ValueError); transitions halve channels and size."""
        from kdstudio.models.modules.assembly import chain, classification, convolution, norm_relu
        from kdstudio.models.modules.dense import dense_layers, transition

        if min(image.height, image.width) < 4:
            raise ValueError("two poolings need at least 4×4 pixels")
        count = (self.depth - 4) // 6
        channels = 2 * self.growth
        parts: dict[str, nn.Module] = {"stem": convolution(image.channels, channels)}
        for number in (1, 2, 3):
            before: dict[str, nn.Module] = {}
            if number > 1:
                before["transition"] = transition(channels, channels // 2)
                channels //= 2
            parts[f"block{number}"] = chain(**before, layers=dense_layers(channels, count, self.growth))
            channels += count * self.growth
        return classification(parts, channels, classes, last=norm_relu(channels))

    def summary(self) -> str:
        """``densenet-100-12``."""
        return f"densenet-{self.depth}-{self.growth}"
