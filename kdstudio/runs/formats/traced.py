"""Networks as graphs of ``torch.export``, of which several formats are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdstudio.models.declaration import ImageShape
from kdstudio.runs.formats.declaration import MOST_IMAGES

if TYPE_CHECKING:
    from torch import nn
    from torch.export import ExportedProgram

EXAMPLES = 16
"""Images that are traced. From 16 on convolutions have other kernels; with fewer, 15 would be the most."""


def traced(module: nn.Module, image: ImageShape) -> ExportedProgram:
    """Trace ``module`` for 1 to 128 images ``(B, C, H, W)``.

    Raises what torch raises for code that it cannot follow.
    """
    import torch

    batch = torch.export.Dim("batch", min=1, max=MOST_IMAGES)
    return torch.export.export(module, (torch.zeros(EXAMPLES, *image[:3]),), dynamic_shapes=({0: batch},))
