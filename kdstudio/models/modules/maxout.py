"""Maxout (Goodfellow et al. 2013): each unit is the largest of several linear pieces."""

from __future__ import annotations

from torch import Tensor, nn


class Maxout(nn.Module):
    """The largest of neighbouring channels or units."""

    def __init__(self, pieces: int) -> None:
        """``pieces`` neighbours give one channel."""
        super().__init__()
        self.pieces = pieces

    def forward(self, values: Tensor) -> Tensor:
        """``(B, C · pieces, …)`` to ``(B, C, …)``."""
        return values.reshape(values.shape[0], -1, self.pieces, *values.shape[2:]).amax(2)


class MaxoutConvolution(nn.Module):
    """The largest of ``pieces`` convolutions with bias, map by map."""

    def __init__(self, inputs: int, outputs: int, kernel: int, padding: int, pieces: int = 2) -> None:
        """One convolution computes the pieces of a map side by side."""
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs * pieces, kernel, padding=padding)
        self.maxout = Maxout(pieces)
        keep_second_moment(self.convolution)

    def forward(self, images: Tensor) -> Tensor:
        """``(B, inputs, H, W)`` to ``(B, outputs, H', W')``."""
        output: Tensor = self.maxout(self.convolution(images))
        return output


class MaxoutLinear(nn.Module):
    """The largest of ``pieces`` linear functions, unit by unit."""

    def __init__(self, inputs: int, outputs: int, pieces: int = 2) -> None:
        """One linear layer computes the pieces of a unit side by side."""
        super().__init__()
        self.linear = nn.Linear(inputs, outputs * pieces)
        self.maxout = Maxout(pieces)
        keep_second_moment(self.linear)

    def forward(self, features: Tensor) -> Tensor:
        """``(B, inputs)`` to ``(B, outputs)``."""
        output: Tensor = self.maxout(self.linear(features))
        return output


def keep_second_moment(layer: nn.Conv2d | nn.Linear) -> None:
    """Draw weights from N(0, 1 / fan-in): the larger of two such pieces has the inputs' second moment."""
    nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
