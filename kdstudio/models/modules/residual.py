"""Residual blocks (He et al. 2015; pre-activated: He et al. 2016, Zagoruyko and Komodakis 2016)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from kdstudio.models.modules.assembly import chain, conv_norm, conv_norm_relu, convolution, norm_relu


class Residual(nn.Module):
    """The sum of a body and a shortcut, ``(B, C, H, W)``."""

    def __init__(self, body: nn.Module, shortcut: nn.Module) -> None:
        """Both take the same input and give the same shape."""
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, images: Tensor) -> Tensor:
        """Add the two."""
        output: Tensor = self.body(images) + self.shortcut(images)
        return output


class PaddedShortcut(nn.Module):
    """Identity without weights: every ``stride``-th pixel, and channels of zeros (option A of He 2015)."""

    def __init__(self, more_channels: int, stride: int) -> None:
        """``more_channels`` are added behind those that there are."""
        super().__init__()
        self.more_channels = more_channels
        self.stride = stride

    def forward(self, images: Tensor) -> Tensor:
        """``(B, C, H, W)`` to ``(B, C + more, ⌈H/stride⌉, ⌈W/stride⌉)``."""
        kept = images[:, :, :: self.stride, :: self.stride]
        return functional.pad(kept, (0, 0, 0, 0, 0, self.more_channels))


def shortcut(inputs: int, outputs: int, stride: int, projection: bool = True) -> nn.Module:
    """Identity where shapes agree; else a 1×1 convolution with batch norm, or padding."""
    if inputs == outputs and stride == 1:
        return nn.Identity()
    if projection:
        return conv_norm(inputs, outputs, 1, stride)
    return PaddedShortcut(outputs - inputs, stride)


def basic_block(inputs: int, outputs: int, stride: int, projection: bool = True) -> nn.Sequential:
    """Two 3×3 convolutions; ``add`` is the sum, ``relu`` comes after it."""
    body = chain(first=conv_norm_relu(inputs, outputs, 3, stride), second=conv_norm(outputs, outputs))
    return chain(add=Residual(body, shortcut(inputs, outputs, stride, projection)), relu=nn.ReLU())


def bottleneck_block(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """1×1, 3×3 (with the stride) and 1×1 convolutions, inside a quarter of the ``outputs``."""
    inside = outputs // 4
    body = chain(
        first=conv_norm_relu(inputs, inside, 1),
        second=conv_norm_relu(inside, inside, 3, stride),
        third=conv_norm(inside, outputs, 1),
    )
    return chain(add=Residual(body, shortcut(inputs, outputs, stride)), relu=nn.ReLU())


def wide_block(inputs: int, outputs: int, stride: int, dropout: float) -> nn.Module:
    """Batch norm and ReLU before each of two 3×3 convolutions, dropout between; the sum is the output.

    Where the shape changes, the shortcut is a 1×1 convolution of the activated input.
    """
    body = chain(
        first=convolution(inputs, outputs, 3, stride),
        activation=norm_relu(outputs),
        **({"dropout": nn.Dropout(dropout)} if dropout else {}),
        second=convolution(outputs, outputs),
    )
    if inputs == outputs and stride == 1:
        return Residual(chain(activation=norm_relu(inputs), convolutions=body), nn.Identity())
    return chain(activation=norm_relu(inputs), add=Residual(body, convolution(inputs, outputs, 1, stride)))
