"""What a network costs: its weights, and the multiply-adds of one image."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kdstudio.models.declaration import ImageShape, ModelSpec

if TYPE_CHECKING:
    from torch import nn


class Complexity(NamedTuple):
    """Size and work of a network."""

    parameters: int
    """Numbers that are trained."""
    multiply_adds: int
    """Of one image, in convolutions and matrix products."""


def complexity(spec: ModelSpec, image: ImageShape, classes: int) -> Complexity:
    """Count without memory or arithmetic (on torch's meta device) wherever the network allows it.

    A network that insists on numbers is built and run once. Torch's random state is kept. Raises what
    ``build`` raises.
    """
    import torch

    try:
        with torch.device("meta"):
            return _count(spec.build(image, classes), image)
    except Exception:
        with torch.random.fork_rng(devices=[]):
            return _count(spec.build(image, classes), image)


def made_cheaply(spec: ModelSpec, image: ImageShape, classes: int) -> nn.Module:
    """Build the network without memory for its weights, wherever it allows that."""
    import torch

    try:
        with torch.device("meta"):
            return spec.build(image, classes)
    except Exception:
        with torch.random.fork_rng(devices=[]):
            return spec.build(image, classes)


def _count(network: nn.Module, image: ImageShape) -> Complexity:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    images = torch.zeros(1, image.channels, image.height, image.width)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.eval()(images)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Complexity(parameters, counter.get_total_flops() // 2)
