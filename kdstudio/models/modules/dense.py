"""Densely connected layers and what lies between their blocks (Huang et al. 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kdstudio.models.modules.assembly import chain, convolution, norm_relu


class DenseLayer(nn.Module):
    """Appends ``growth`` maps, computed through a bottleneck of four times as many, to its input."""

    def __init__(self, inputs: int, growth: int) -> None:
        """Take ``inputs`` channels, give ``inputs + growth``."""
        super().__init__()
        self.body = chain(
            before=norm_relu(inputs),
            bottleneck=convolution(inputs, 4 * growth, 1),
            between=norm_relu(4 * growth),
            growing=convolution(4 * growth, growth),
        )

    def forward(self, images: Tensor) -> Tensor:
        """``(B, inputs, H, W)`` to ``(B, inputs + growth, H, W)``."""
        return torch.cat((images, self.body(images)), dim=1)


def transition(inputs: int, outputs: int) -> nn.Sequential:
    """1×1 convolution to fewer channels, then half the size."""
    return chain(
        activation=norm_relu(inputs), compression=convolution(inputs, outputs, 1), pool=nn.AvgPool2d(2)
    )


def dense_layers(inputs: int, count: int, growth: int) -> nn.Sequential:
    """``count`` layers, each fed by all before it."""
    return nn.Sequential(*(DenseLayer(inputs + i * growth, growth) for i in range(count)))
