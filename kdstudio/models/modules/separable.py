"""Depthwise separable convolutions (Howard et al. 2017) and inverted residuals (Sandler et al. 2018)."""

from __future__ import annotations

from torch import nn

from kdstudio.models.modules.assembly import chain, conv_norm, conv_norm_relu
from kdstudio.models.modules.residual import Residual


def separable(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """3×3 for each channel alone, then 1×1 across channels, each with batch norm and ReLU."""
    return chain(
        depthwise=conv_norm_relu(inputs, inputs, 3, stride, groups=inputs),
        pointwise=conv_norm_relu(inputs, outputs, 1),
    )


def inverted_residual(inputs: int, outputs: int, stride: int, expansion: int) -> nn.Module:
    """Widen by 1×1, 3×3 for each channel alone, narrow by 1×1 without ReLU; added where shapes agree."""
    wide = inputs * expansion
    body = chain(
        expansion=conv_norm_relu(inputs, wide, 1),
        depthwise=conv_norm_relu(wide, wide, 3, stride, groups=wide),
        projection=conv_norm(wide, outputs, 1),
    )
    return Residual(body, nn.Identity()) if stride == 1 and inputs == outputs else body
