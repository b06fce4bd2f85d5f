"""In which order the numbers of convolutions lie in memory: one rule, wherever a network is built.

The layout decides how sums are rounded, so whatever builds a network asks here: a run, and who loads what a
run has kept. A function of what is declared and of the device, never of a timed trial.
"""

from __future__ import annotations

import torch
from torch import nn

from kdstudio.models.declaration import ImageShape, ModelSpec

CPU = torch.device("cpu")
GAINING = ("cpu",)
"""Kinds of devices on which channels last was measured to be quicker."""


def build(model: ModelSpec, image: ImageShape, classes: int, device: torch.device = CPU) -> nn.Module:
    """Build ``model``, on the CPU, as it is to lie on ``device``: ``(B, C, H, W)`` in, ``(B, classes)`` out.

    Weights of convolutions have their channels last where the model declares that it gains by it. Loading
    weights and moving keep the layout, and convolutions answer in that of their weights.
    """
    module = model.build(image, classes)
    if model.channels_last and device.type in GAINING and torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        module.to(memory_format=torch.channels_last)
    return module
