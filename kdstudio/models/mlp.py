"""Fully connected networks, among them the 784-1200-1200-10 of Hinton's MNIST experiment."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from kdstudio.declaration import option
from kdstudio.models.declaration import ImageShape, ModelSpec, models

if TYPE_CHECKING:
    from torch import nn

Width = Annotated[int, Field(ge=1, le=20000)]


@models.register
class MLP(ModelSpec):
    """Multi-layer perceptron with ReLU: pixels, hidden layers, classes."""

    name: Literal["mlp"] = "mlp"
    widths: tuple[Width, ...] = option(
        (300, 300), "Widths", "Units of each hidden layer, first to last.", max_length=20
    )
    input_dropout: float = option(
        0.0, "Input dropout", "Share of the pixels dropped in training.", ge=0, lt=1, term="dropout"
    )
    dropout: float = option(
        0.0, "Dropout", "Share of each hidden layer's units dropped in training.", ge=0, lt=1, term="dropout"
    )

    @classmethod
    def variants(cls) -> Sequence[Self]:
        """Return Hinton's two, and smaller ones."""
        return [cls(widths=w) for w in ((1200, 1200), (800, 800), (300, 300), (30, 30))]

    @classmethod
    def smallest(cls) -> Self:
        """Return eight hidden units."""
        return cls(widths=(8,))

    def taps(self) -> dict[str, str]:
        """``block1``, ``block2``, …: each hidden layer after its ReLU, ``(B, width)``."""
        return {f"block{i}": f"block{i}.relu" for i in range(1, len(self.widths) + 1)}

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """Flatten, then linear, ReLU and dropout for each width, then a linear classifier."""
        from torch import nn

        layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
        if self.input_dropout:
            layers["dropout"] = nn.Dropout(self.input_dropout)
        features = image.channels * image.height * image.width
        for number, width in enumerate(self.widths, start=1):
            block = OrderedDict(linear=nn.Linear(features, width), relu=nn.ReLU())
            if self.dropout:
                block["dropout"] = nn.Dropout(self.dropout)
            layers[f"block{number}"] = nn.Sequential(block)
            features = width
        layers["classifier"] = nn.Linear(features, classes)
        return nn.Sequential(layers)

    def summary(self) -> str:
        """``mlp 1200-1200``."""
        return " ".join(filter(None, ("mlp", "-".join(map(str, self.widths)))))
