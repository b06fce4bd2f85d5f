"""Networks as files for other runtimes hold them: integers where the network rounds to integers."""

from __future__ import annotations

from copy import deepcopy
from typing import cast

import torch
from torch import Tensor, nn
from torch.ao.quantization.fx import _decomposed  # noqa: F401  # registers the operations used below

from kdstudio.models.modules.quantised import (
    LEAST_STEP,
    LEVELS,
    QuantisedConv2d,
    QuantisedLayer,
    QuantisedLinear,
    Rounding,
    weight_steps,
)

STEPS = torch.ops.quantized_decomposed


def shipped(network: nn.Module) -> nn.Module:
    """Return a copy of ``network`` in eval mode, to be exported; one that rounds nothing is as it was.

    What rounds becomes a pair of operations that exporters know (``QuantizeLinear`` and ``DequantizeLinear``
    of ONNX); rounded layers hold 8-bit integers, and their batch norm is folded into these and the bias.
    """
    copy = deepcopy(network).eval()
    for module in [*copy.modules()]:
        if isinstance(module, QuantisedConv2d | QuantisedLinear):
            _settle_layer(module)
        elif isinstance(module, Rounding):
            _settle_rounding(module)
    return copy


class _Pair(Rounding):
    """A rounding whose range is settled."""

    scale: float
    zero: int

    def forward(self, values: Tensor) -> Tensor:
        steps = STEPS.quantize_per_tensor(values, self.scale, self.zero, 0, LEVELS, torch.uint8)
        rounded: Tensor = STEPS.dequantize_per_tensor(steps, self.scale, self.zero, 0, LEVELS, torch.uint8)
        return rounded


class _Integers(nn.Module):
    """What layers of integers have in common."""

    integers: Tensor
    scale: Tensor
    zero: Tensor
    bias: Tensor

    def weight(self) -> Tensor:
        found: Tensor = STEPS.dequantize_per_channel(
            self.integers, self.scale, self.zero, 0, -128, 127, torch.int8
        )
        return found


class _IntegerConv2d(_Integers):
    _conv_forward = nn.Conv2d._conv_forward

    def forward(self, images: Tensor) -> Tensor:
        output: Tensor = self._conv_forward(images, self.weight(), self.bias)  # type: ignore[misc]
        return output


class _IntegerLinear(_Integers):
    def forward(self, values: Tensor) -> Tensor:
        return nn.functional.linear(values, self.weight(), self.bias)


class _Folded(nn.Module):
    """A batch norm that the layer before it does the work of."""

    def forward(self, values: Tensor) -> Tensor:
        return values


@torch.no_grad()
def _settle_layer(layer: QuantisedLayer) -> None:
    """Turn ``layer`` into one of integers, in place, and fold its batch norm."""
    scale, factor, bias = weight_steps(layer.weight, layer.bits), *_affine(layer)
    per_channel = scale.view(-1, *[1] * (layer.weight.ndim - 1))
    steps = (layer.weight / per_channel).round() * factor.sign().view_as(per_channel)
    kind = _IntegerConv2d if isinstance(layer, QuantisedConv2d) else _IntegerLinear
    settled = cast("_Integers", layer)
    settled.__class__ = kind
    settled._parameters.clear()
    settled.register_buffer("integers", steps.to(torch.int8))
    settled.register_buffer("scale", (scale * factor.abs()).clamp(min=LEAST_STEP))
    settled.register_buffer("zero", torch.zeros_like(scale, dtype=torch.int64))
    settled.register_buffer("bias", bias)
    for norm in layer.norm:
        norm.__class__ = _Folded
        norm._parameters.clear()
        norm._buffers.clear()


def _affine(layer: QuantisedLayer) -> tuple[Tensor, Tensor]:
    """Factor and bias, ``(O,)``, that the layer's products get from its bias and its batch norm."""
    ones = layer.weight.new_ones(len(layer.weight))
    bias = torch.zeros_like(ones) if layer.bias is None else layer.bias.detach().clone()
    for norm in cast("tuple[nn.BatchNorm2d, ...]", layer.norm):
        assert norm.running_mean is not None
        assert norm.running_var is not None
        gain = ones if norm.weight is None else norm.weight
        shift = torch.zeros_like(ones) if norm.bias is None else norm.bias
        factor = gain / (norm.running_var + norm.eps).sqrt()
        return factor, (bias - norm.running_mean) * factor + shift
    return ones, bias


def _settle_rounding(rounding: Rounding) -> None:
    """Turn ``rounding`` into its two operations, in place, with the range that it has now."""
    scale, zero = rounding.steps()
    settled = cast("_Pair", rounding)
    settled.__class__ = _Pair
    settled.scale, settled.zero = float(scale), int(zero)
    settled._buffers.clear()
