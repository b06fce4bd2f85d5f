"""Values and gradients of losses, and central differences of references written in numpy."""

from collections.abc import Callable

import numpy as np
import torch

Array = np.ndarray


def noise(seed: int, *shape: int, scale: float = 1.0) -> Array:
    return np.random.default_rng(seed).normal(0, scale, shape)


def value_and_gradient(loss: Callable, student: Array, *against: Array) -> tuple[float, Array]:
    leaf = torch.tensor(student, requires_grad=True)
    value = loss(leaf, *(torch.as_tensor(value) for value in against))
    value.backward()
    return value.item(), leaf.grad.numpy()


def differences(reference: Callable, student: Array, *against: Array, step: float = 1e-6) -> Array:
    """Gradient of ``reference`` to ``student`` by central differences."""
    gradient = np.zeros_like(student)
    for place in np.ndindex(student.shape):
        there = np.zeros_like(student)
        there[place] = step
        ends = [reference(student + sign * there, *against) for sign in (1, -1)]
        gradient[place] = (ends[0] - ends[1]) / (2 * step)
    return gradient
