"""Heads of early exits. Shapes are those for one image: ``(C,)`` of a vector, ``(C, H, W)`` of a map."""

from __future__ import annotations

from torch import nn

from kdstudio.errors import KDStudioError
from kdstudio.models.modules.assembly import chain

Shape = tuple[int, ...]


def bottleneck(inputs: Shape, outputs: Shape) -> nn.Sequential:
    """Lead a map to the shape of the deepest one: 1×1, k×k with stride k, 1×1 (Zhang et al. 2019).

    Each convolution has a bias, batch norm and ReLU behind it, and the first two a quarter of the
    channels, as in public code of the paper. Where k does not divide the size, the kernel is larger than
    the stride. A vector is led by one linear layer, batch norm and ReLU. Raises KDStudioError for shapes
    that none of these connects.
    """
    if len(inputs) == len(outputs) == 1:
        return chain(linear=nn.Linear(inputs[0], outputs[0]), norm=nn.BatchNorm1d(outputs[0]), relu=nn.ReLU())
    if len(inputs) != len(outputs) or inputs[1] < outputs[1] or inputs[2] < outputs[2]:
        raise KDStudioError(
            f"no bottleneck leads from an exit's {inputs} to the deepest features' {outputs}; "
            "choose the light head, or other exits"
        )
    stride = (inputs[1] // outputs[1], inputs[2] // outputs[2])
    kernel = tuple(i - (o - 1) * s for i, o, s in zip(inputs[1:], outputs[1:], stride, strict=True))
    inside = max(outputs[0] // 4, 1)
    return chain(
        first=_convolution(nn.Conv2d(inputs[0], inside, 1)),
        second=_convolution(nn.Conv2d(inside, inside, (kernel[0], kernel[1]), stride)),
        third=_convolution(nn.Conv2d(inside, outputs[0], 1)),
    )


def _convolution(convolution: nn.Conv2d) -> nn.Sequential:
    return chain(conv=convolution, norm=nn.BatchNorm2d(convolution.out_channels), relu=nn.ReLU())


def classifier(features: Shape, classes: int) -> nn.Sequential:
    """Average a map over its pixels; one linear layer."""
    linear = nn.Linear(features[0], classes)
    if len(features) == 1:
        return chain(classifier=linear)
    return chain(pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), classifier=linear)
