"""What a network costs: its weights, and the multiply-adds of one image."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from kdstudio.models.declaration import ImageShape, ModelSpec

if TYPE_CHECKING:
    import torch
    from torch import nn


LARGE = 10_000_000
"""Weights from which on a network is run on torch's meta device, which loads the compiler first: seconds."""


class Complexity(NamedTuple):
    """Size and work of a network."""

    parameters: int
    """Numbers that are trained."""
    multiply_adds: int
    """Of one image, in convolutions and matrix products."""


def complexity(spec: ModelSpec, image: ImageShape, classes: int) -> Complexity:
    """Build the network and run it once; a large one without memory or arithmetic, where it allows that.

    Torch's global generator is left alone. Raises what ``build`` raises.
    """
    import torch

    from kdstudio.models.modules.drawing import OwnGenerator

    with OwnGenerator(0):
        made = made_cheaply(spec, image, classes)
        if sum(parameter.numel() for parameter in made.parameters()) > LARGE:
            with suppress(Exception), torch.device("meta"):  # it may insist on numbers
                return count(made, image[:3])
        has_numbers = not any(parameter.is_meta for parameter in made.parameters())
        return count(made if has_numbers else spec.build(image, classes), image[:3])


def made_cheaply(spec: ModelSpec, image: ImageShape, classes: int) -> nn.Module:
    """Build the network without memory for its weights, wherever it allows that."""
    from kdstudio.models.modules.drawing import OwnGenerator
    from kdstudio.models.modules.weightless import UnfitError, weightless

    with OwnGenerator(0):
        try:
            return weightless(lambda: spec.build(image, classes))
        except UnfitError:
            raise
        except Exception:
            return spec.build(image, classes)


def count(module: nn.Module, shape: Sequence[int], device: torch.device | None = None) -> Complexity:
    """Run ``module`` once, in eval mode, on one input of ``shape`` on its ``device``, and count."""
    import torch

    from kdstudio.eager import flop_counter

    values = torch.zeros(1, *shape, device=device)
    with torch.no_grad(), flop_counter() as counter:
        module.eval()(values)
    parameters = sum(parameter.numel() for parameter in module.parameters())
    return Complexity(parameters, counter.get_total_flops() // 2)
