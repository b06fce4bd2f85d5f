"""Networks as graphs of ``torch.export``, of which several formats are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdstudio.errors import KDStudioError
from kdstudio.runs.formats.declaration import MOST_IMAGES

if TYPE_CHECKING:
    from torch import nn
    from torch.export import ExportedProgram

EXAMPLES = 16
"""Images that are traced. From 16 on convolutions have other kernels; with fewer, 15 would be the most."""


def traced(module: nn.Module, shape: tuple[int, ...]) -> ExportedProgram:
    """Trace ``module`` for batches of 1 to 128 inputs of ``shape``.

    Raises KDStudioError for a network that asks for the values of images, and else what torch raises.
    """
    import torch
    from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode

    batch = torch.export.Dim("batch", min=1, max=MOST_IMAGES)
    images = torch.zeros(EXAMPLES, *shape)
    try:
        return torch.export.export(module, (images,), dynamic_shapes=({0: batch},))
    except GuardOnDataDependentSymNode as error:
        raise KDStudioError(
            "its code goes one way or another by the values of the images (an 'if' or 'while' over a "
            "tensor), and a graph has one way; write it with torch.where"
        ) from error
