"""Weights and images that come from the bits of PCG64 alone: the same everywhere, whatever torch draws."""

from math import prod

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.data.feed import Batch


def draws(seed: int, *shape: int) -> Tensor:
    """Uniform numbers of mean 0 and variance 1, float64."""
    return _draws(np.random.PCG64(seed), shape)


def _draws(bits: np.random.PCG64, shape: tuple[int, ...]) -> Tensor:
    unit = (bits.random_raw(prod(shape)) >> 11) * 2.0**-53
    return torch.from_numpy((unit - 0.5) * 12**0.5).reshape(shape)


def some_labels(seed: int, count: int, classes: int) -> Tensor:
    return torch.from_numpy((np.random.PCG64(seed).random_raw(count) % classes).astype(np.int64))


@torch.no_grad()
def fill(module: nn.Module, seed: int) -> nn.Module:
    """Give the layers of ``module`` weights, layer by layer in their order, and make it float64.

    Convolutions have variance 2 / fan-out, linear layers 1 / inputs; biases 0.01; the scales of batch norm
    are 1 ± 0.1. What is no layer keeps what it has.
    """
    bits = np.random.PCG64(seed)
    for layer in module.double().modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            size = (2 / (layer.out_channels * prod(layer.kernel_size))) ** 0.5
        elif isinstance(layer, nn.Linear):
            size = layer.in_features**-0.5
        elif not isinstance(layer, _BatchNorm):
            continue
        for name, parameter in layer.named_parameters(recurse=False):
            drawn = _draws(bits, tuple(parameter.shape))
            if name == "bias":
                parameter.copy_(0.1 * drawn)
            else:
                parameter.copy_(1 + 0.1 * drawn if isinstance(layer, _BatchNorm) else size * drawn)
    return module


@torch.no_grad()
def calibrate(module: nn.Module, images: Tensor) -> nn.Module:
    """Make the statistics of batch norm those of ``images``; without, a deep untrained network explodes."""
    norms = [layer for layer in module.modules() if isinstance(layer, _BatchNorm)]
    usual = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1.0
    module.train()(images)
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum
    return module.eval()


def blank_photographs(count: int, classes: int) -> ImageData:
    """A data set of black images of 3×32×32: its labels and shapes are all that is asked of it."""
    part = LabelledImages(torch.zeros(count, 3, 32, 32, dtype=torch.uint8), torch.arange(count) % classes)
    names = tuple(f"class {number}" for number in range(classes))
    return ImageData(part, part, names, mean=(0.5,) * 3, std=(0.5,) * 3)


def some_batch(count: int, classes: int) -> Batch:
    """Images of seed 3, labels of seed 4."""
    index = torch.arange(count)
    return Batch(draws(3, count, 3, 32, 32), some_labels(4, count, classes), index, torch.zeros_like(index))
