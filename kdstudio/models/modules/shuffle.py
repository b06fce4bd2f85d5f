"""Units of ShuffleNet (Zhang et al. 2018) and ShuffleNet V2 (Ma et al. 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kdstudio.models.modules.assembly import chain, conv_norm, conv_norm_relu
from kdstudio.models.modules.residual import Residual


class ChannelShuffle(nn.Module):
    """Deals the channels of each group out over all groups."""

    def __init__(self, groups: int) -> None:
        """``groups`` must divide the number of channels."""
        super().__init__()
        self.groups = groups

    def forward(self, images: Tensor) -> Tensor:
        """Keep ``(B, C, H, W)``, in another order of channels."""
        by_group = images.reshape(images.shape[0], self.groups, -1, *images.shape[2:])
        return by_group.transpose(1, 2).flatten(1, 2)


class Concatenation(nn.Module):
    """Two branches on the same input, their channels side by side."""

    def __init__(self, left: nn.Module, right: nn.Module) -> None:
        """Both give the same size."""
        super().__init__()
        self.left = left
        self.right = right

    def forward(self, images: Tensor) -> Tensor:
        """``(B, C, H, W)`` to ``(B, left + right, H', W')``."""
        return torch.cat((self.left(images), self.right(images)), dim=1)


class HalfThrough(nn.Module):
    """Passes the first half of the channels on and the second through ``body``."""

    def __init__(self, body: nn.Module) -> None:
        """``body`` keeps the shape of its half."""
        super().__init__()
        self.body = body

    def forward(self, images: Tensor) -> Tensor:
        """Keep ``(B, C, H, W)``."""
        half = images.shape[1] // 2
        return torch.cat((images[:, :half], self.body(images[:, half:])), dim=1)


def shuffle_unit(inputs: int, outputs: int, groups: int, first_groups: int, halve: bool) -> nn.Sequential:
    """Grouped 1×1, shuffle, depthwise 3×3, grouped 1×1; added to the input or, halving, set beside it."""
    made = outputs - inputs if halve else outputs
    inside = made // 4
    body = chain(
        reduce=conv_norm_relu(inputs, inside, 1, groups=first_groups),
        shuffle=ChannelShuffle(first_groups),
        depthwise=conv_norm_relu(inside, inside, 3, 2 if halve else 1, groups=inside),
        expand=conv_norm(inside, made, 1, groups=groups),
    )
    if halve:
        return chain(concatenation=Concatenation(body, nn.AvgPool2d(3, 2, 1)), relu=nn.ReLU())
    return chain(add=Residual(body, nn.Identity()), relu=nn.ReLU())


def split_unit(channels: int) -> nn.Sequential:
    """1×1, depthwise 3×3 and 1×1 on one half of the channels, then a shuffle of both and ReLU.

    The other half comes from a ReLU and passes this one as it is; so the unit has one place before its ReLU.
    """
    half = channels // 2
    return chain(split=HalfThrough(_branch(half, half, 1)), shuffle=ChannelShuffle(2), relu=nn.ReLU())


def halving_unit(inputs: int, outputs: int) -> nn.Sequential:
    """Two branches at half the size, each giving half of the ``outputs``, then a shuffle."""
    half = outputs // 2
    left = chain(
        depthwise=conv_norm(inputs, inputs, 3, 2, groups=inputs), pointwise=conv_norm(inputs, half, 1)
    )
    right = _branch(inputs, half, 2)
    return chain(concatenation=Concatenation(left, right), shuffle=ChannelShuffle(2), relu=nn.ReLU())


def _branch(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return chain(
        first=conv_norm_relu(inputs, outputs, 1),
        depthwise=conv_norm(outputs, outputs, 3, stride, groups=outputs),
        last=conv_norm(outputs, outputs, 1),
    )
