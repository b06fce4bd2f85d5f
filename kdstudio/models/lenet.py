"""A small convolutional network in the manner of LeNet-5 (LeCun et al. 1998)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from kdstudio.declaration import option
from kdstudio.models.declaration import ImageShape, ModelSpec, models

if TYPE_CHECKING:
    from torch import nn


@models.register
class LeNet(ModelSpec):
    """Small CNN: two convolutions with max-pooling, one hidden layer (after LeNet-5, 1998)."""

    channels_last: ClassVar[bool] = True

    name: Literal["lenet"] = "lenet"
    channels: int = option(
        16,
        "Channels",
        "Feature maps of the first convolution; the second has twice as many.",
        ge=1,
        le=1024,
    )
    hidden: int = option(128, "Hidden units", "Units of the layer before the classes.", ge=1, le=20000)
    dropout: float = option(0.0, "Dropout", "Share of the hidden units dropped in training.", ge=0, lt=1)

    @classmethod
    def variants(cls) -> Sequence[Self]:
        """Return it in full and at half the width."""
        return [cls(channels=c) for c in (16, 8)]

    @classmethod
    def smallest(cls) -> Self:
        """Return two maps."""
        return cls(channels=2, hidden=8)

    def taps(self) -> dict[str, str]:
        """``block1`` ``(B, c, H/2, W/2)``, ``block2`` ``(B, 2c, H/4, W/4)``, ``pool`` ``(B, hidden)``."""
        return {"block1": "block1", "block2": "block2", "pool": "hidden.relu"}

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """Build for images of at least 4×4 (else ValueError); sizes are rounded down at each pooling."""
        from torch import nn

        if min(image.height, image.width) < 4:
            raise ValueError("two poolings need at least 4×4 pixels")

        def block(inputs: int, outputs: int) -> nn.Module:
            convolution = nn.Conv2d(inputs, outputs, kernel_size=5, padding=2)
            return nn.Sequential(OrderedDict(convolution=convolution, relu=nn.ReLU(), pool=nn.MaxPool2d(2)))

        maps = 2 * self.channels
        features = maps * (image.height // 4) * (image.width // 4)
        last = OrderedDict(linear=nn.Linear(features, self.hidden), relu=nn.ReLU())
        if self.dropout:
            last["dropout"] = nn.Dropout(self.dropout)
        return nn.Sequential(
            OrderedDict(
                block1=block(image.channels, self.channels),
                block2=block(self.channels, maps),
                flatten=nn.Flatten(),
                hidden=nn.Sequential(last),
                classifier=nn.Linear(self.hidden, classes),
            )
        )

    def summary(self) -> str:
        """``lenet 16``."""
        return f"lenet {self.channels}"
