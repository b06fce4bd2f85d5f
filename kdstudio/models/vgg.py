"""VGG networks with batch norm, for small images (Simonyan and Zisserman 2014)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from kdstudio.declaration import option
from kdstudio.models.declaration import ImageShape, ModelSpec, models

if TYPE_CHECKING:
    from torch import nn

CHANNELS = (64, 128, 256, 512, 512)
CONVOLUTIONS = {
    8: (1, 1, 1, 1, 1),
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
POOLED_FIVE_TIMES = 64
"""From this size of the image on, the fifth block is at half the size of the fourth."""


@models.register
class VGG(ModelSpec):
    """VGG with batch norm and one linear layer: five blocks of 3×3 convolutions (2014)."""

    paper: ClassVar[str] = (
        "Very Deep Convolutional Networks for Large-Scale Image Recognition, Simonyan and Zisserman 2014"
    )
    channels_last: ClassVar[bool] = True

    name: Literal["vgg"] = "vgg"
    depth: Literal[8, 11, 13, 16, 19] = option(
        8,
        "Depth",
        "Name in the paper and, for 8, in the distillation tables. The paper's three linear layers are "
        "one here, so there are two layers less; vgg8 has one convolution in each block.",
    )

    @classmethod
    def variants(cls) -> Sequence[Self]:
        """Return all depths."""
        return [cls(depth=d) for d in (8, 11, 13, 16, 19)]

    @classmethod
    def smallest(cls) -> Self:
        """Return the shallowest."""
        return cls(depth=8)

    def taps(self) -> dict[str, str]:
        """``block1`` ``(B, 64, H, W)`` to ``block5`` ``(B, 512, H/8, W/8)`` after ReLU, then ``pool``."""
        return {name: name for name in (*(f"block{i}" for i in range(1, 6)), "pool")}

    def blocks(self) -> tuple[str, ...]:
        """``block2`` to ``block5``: the distillation tables leave out ``block1``, their stem."""
        return ("block2", "block3", "block4", "block5")

    def middle(self) -> str:
        """``block3``, at a quarter of the size: the second of the tables' blocks."""
        return "block3"

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """Build for images of at least 8×8 (else ValueError); blocks 2 to 4 begin with max-pooling.

        So does block 5 in images of at least 64×64.
        """
        from torch import nn

        from kdstudio.models.modules.assembly import classification, conv_norm_relu

        smallest = min(image.height, image.width)
        if smallest < 8:
            raise ValueError("three poolings need at least 8×8 pixels")
        parts: dict[str, nn.Module] = {}
        inputs = image.channels
        for number, (outputs, count) in enumerate(zip(CHANNELS, CONVOLUTIONS[self.depth], strict=True), 1):
            pooled = number in (2, 3, 4) or (number == 5 and smallest >= POOLED_FIVE_TIMES)
            layers: list[nn.Module] = [nn.MaxPool2d(2)] if pooled else []
            for _ in range(count):
                layers.append(conv_norm_relu(inputs, outputs))
                inputs = outputs
            parts[f"block{number}"] = nn.Sequential(*layers)
        return classification(parts, inputs, classes)

    def summary(self) -> str:
        """``vgg-8``."""
        return f"vgg-{self.depth}"
