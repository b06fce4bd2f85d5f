"""How networks are put together: chains of named parts, a classifier behind, He's first weights."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from torch import nn


def chain(**parts: nn.Module) -> nn.Sequential:
    """Run ``parts`` one after the other, each under its name."""
    return nn.Sequential(OrderedDict(parts))


def convolution(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """Convolve without bias; at stride 1 the size stays."""
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False)


def conv_norm(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution and batch norm."""
    return chain(conv=convolution(inputs, outputs, kernel, stride, groups), norm=nn.BatchNorm2d(outputs))


def conv_norm_relu(
    inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution, batch norm and ReLU."""
    layers = conv_norm(inputs, outputs, kernel, stride, groups)
    layers.add_module("relu", nn.ReLU())
    return layers


def norm_relu(channels: int) -> nn.Sequential:
    """Batch norm and ReLU."""
    return chain(norm=nn.BatchNorm2d(channels), relu=nn.ReLU())


def classification(
    parts: Mapping[str, nn.Module], features: int, classes: int, last: nn.Module | None = None
) -> nn.Sequential:
    """``parts``, then ``pool`` ``(B, features)``, which begins with ``last``, and ``classifier``."""
    pooling = OrderedDict[str, nn.Module]() if last is None else OrderedDict(last=last)
    pooling |= OrderedDict(average=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten())
    network = chain(**parts, pool=nn.Sequential(pooling), classifier=nn.Linear(features, classes))
    he_normal(network)
    return network


def he_normal(network: nn.Module) -> None:
    """Draw convolutions from N(0, 2 / fan-out) (He et al. 2015); other layers keep torch's first weights."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
