"""Networks that compute as with 8-bit integers, in floating point, so that they learn (Jacob et al. 2018).

Weights are rounded to steps of one size for each output channel, symmetric about 0, what flows between the
layers to 256 steps of one range, which is the mean of what batches had. Gradients pass through the rounding
as if it were not there. As the steps belong to a channel, a batch norm folded into the weights changes
neither their rounding nor the range: it is folded when the network is sent elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from kdstudio.models.modules.residual import Residual
from kdstudio.models.modules.tapping import ACTIVATIONS, NORMS, RECTIFIERS, Call, all_calls

LEVELS = 255
"""Steps in the range of what flows between layers: the numbers of an unsigned byte."""
FIRST_RANGE = 8.0
"""Range, to both sides of 0, of what has seen nothing yet."""
LEAST_SHARE = 0.01
"""Of the latest batch in a range; the first batches count alike."""
LEAST_STEP = torch.finfo(torch.float32).eps
PASSING = (nn.MaxPool2d, nn.AdaptiveMaxPool2d, nn.Flatten, nn.Dropout, nn.Identity)
"""What gives, in eval mode, only numbers that it is fed with."""


class Rounding(nn.Module):
    """Rounds to 256 evenly spaced numbers, 0 among them; in train mode its range follows the batches."""

    low: Tensor
    high: Tensor
    seen: Tensor

    def __init__(self) -> None:
        """Begin with a range that the first batch replaces."""
        super().__init__()
        self.register_buffer("low", torch.tensor(-FIRST_RANGE))
        self.register_buffer("high", torch.tensor(FIRST_RANGE))
        self.register_buffer("seen", torch.tensor(0.0))

    def forward(self, values: Tensor) -> Tensor:
        """Any shape; what is out of range gets no gradient."""
        if self.training:
            self._observe(values.detach())
        scale, zero = self.steps()
        near: Tensor = torch.fake_quantize_per_tensor_affine(values, scale, zero, 0, LEVELS)
        return near

    def _observe(self, values: Tensor) -> None:
        share = (1 / (self.seen + 1)).clamp(min=LEAST_SHARE)
        low, high = torch.aminmax(values.to(self.low.dtype))
        self.low.lerp_(low.clamp(max=0), share)
        self.high.lerp_(high.clamp(min=0), share)
        self.seen.add_(1)

    def steps(self) -> tuple[Tensor, Tensor]:
        """Size of a step, and the number (int32) that stands for 0."""
        scale = ((self.high - self.low) / LEVELS).clamp(min=LEAST_STEP)
        return scale, (-self.low / scale).round().clamp(0, LEVELS).to(torch.int32)


class QuantisedConv2d(nn.Conv2d):
    """A convolution with rounded weights; what it becomes of one that is there, see :func:`quantise`."""

    bits: int
    norm: tuple[nn.Module, ...]
    """The batch norm behind it, if there is one; a tuple, so that it is no part of the layer."""

    def forward(self, images: Tensor) -> Tensor:
        """``(B, C, H, W)``, as any convolution."""
        output: Tensor = self._conv_forward(images, rounded(self.weight, self.bits), self.bias)
        return output


class QuantisedLinear(nn.Linear):
    """A linear layer with rounded weights."""

    bits: int
    norm: tuple[nn.Module, ...]

    def forward(self, values: Tensor) -> Tensor:
        """``(…, inputs)`` to ``(…, outputs)``."""
        output: Tensor = nn.functional.linear(values, rounded(self.weight, self.bits), self.bias)
        return output


QuantisedLayer = QuantisedConv2d | QuantisedLinear
QUANTISED: dict[type[nn.Module], type[nn.Module]] = {nn.Conv2d: QuantisedConv2d, nn.Linear: QuantisedLinear}
"""Of these kinds, and of no subclass, which may compute otherwise; all others stay as they are."""


def weight_steps(weight: Tensor, bits: int) -> Tensor:
    """Size of a step for each output channel, ``(O,)``: the largest weight is the largest number."""
    largest = weight.detach().float().flatten(1).abs().amax(1)
    step: Tensor = largest / (2 ** (bits - 1) - 1)
    return step.clamp(min=LEAST_STEP)


def rounded(weight: Tensor, bits: int) -> Tensor:
    """``weight`` ``(O, …)`` at the nearest steps; its gradient is passed on unchanged."""
    scale = weight_steps(weight, bits)
    zero = torch.zeros_like(scale, dtype=torch.int32)
    near: Tensor = torch.fake_quantize_per_channel_affine(weight, scale, zero, 0, -128, 127)
    return near


def quantise(network: nn.Module, images: Tensor, bits: int = 8) -> nn.Module:
    """Make ``network``, in place, compute as with integers; paths and weights stay as they are.

    ``images`` are followed once, to find what is added up, which batch norm and activation stand behind a
    layer, and what is rounded already. The logits are not rounded.
    """
    calls = all_calls(network, images)
    layers = [call for call in calls if type(call.module) in QUANTISED]
    norms = {id(layer.module): _norm_behind(layer, calls) for layer in layers}
    ends = [*_ends(calls, layers, norms)]
    entering = {id(call.module): call.module for call in _entering(calls, layers, ends)}
    for layer in {id(layer.module): layer.module for layer in layers}.values():
        layer.__class__ = QUANTISED[type(layer)]  # whoever holds the layer holds the quantised one
        layer.bits, layer.norm = bits, norms[id(layer)]  # type: ignore[assignment]
    for module in entering.values():
        module.incoming = Rounding()
        module.register_forward_pre_hook(_round_input)
    for call in ends:
        call.module.outgoing = Rounding()
        call.module.register_forward_hook(_round_output)
    return network


def _round_input(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    rounding: nn.Module = module.incoming  # type: ignore[assignment]
    return (rounding(inputs[0]), *inputs[1:])


def _round_output(module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
    rounding: nn.Module = module.outgoing  # type: ignore[assignment]
    values: Tensor = rounding(output)
    return values


def _norm_behind(layer: Call, calls: Sequence[Call]) -> tuple[nn.Module, ...]:
    """Return the batch norm that alone reads what ``layer`` gives, none where it runs in several places."""
    readers = [call for call in calls if layer.gives(call.input) and not _is_chain(call.module)]
    if len(readers) != 1 or type(readers[0].module) not in NORMS:
        return ()
    times = _times(calls)
    once = times[id(layer.module)] == times[id(readers[0].module)] == 1
    return (readers[0].module,) if once else ()


def _ends(
    calls: Sequence[Call], layers: Sequence[Call], norms: Mapping[int, tuple[nn.Module, ...]]
) -> Iterator[Call]:
    """Yield what gives values that are kept: layers with batch norm and ReLU, sums, other activations."""
    times, logits = _times(calls), calls[-1].output
    rectified = [call.input for call in calls if isinstance(call.module, RECTIFIERS)]
    folded = {id(norm) for behind in norms.values() for norm in behind}
    bare = {id(layer.module) for layer in layers if not norms[id(layer.module)]}
    for call in calls:
        gives = isinstance(call.module, (*ACTIVATIONS, Residual)) or id(call.module) in folded | bare
        kept = call.output is not logits and not any(map(call.gives, rectified))
        if gives and kept and times[id(call.module)] == 1:
            yield call


def _entering(calls: Sequence[Call], layers: Sequence[Call], ends: Sequence[Call]) -> Iterator[Call]:
    """Yield the calls of layers that are fed with what has not been rounded."""
    done = [*ends]
    for call in calls:
        if isinstance(call.module, PASSING) and any(before.gives(call.input) for before in done):
            done.append(call)
    return (layer for layer in layers if not any(before.gives(layer.input) for before in done))


def _is_chain(module: nn.Module) -> bool:
    """Tell a chain, which hands its input to its first part and does nothing else with it."""
    return type(module).forward is nn.Sequential.forward


def _times(calls: Sequence[Call]) -> Counter[int]:
    return Counter(id(call.module) for call in calls)


def roundings(network: nn.Module) -> list[Rounding]:
    """Return everything that rounds what flows through ``network``."""
    return [module for module in network.modules() if isinstance(module, Rounding)]


@contextmanager
def observing(network: nn.Module) -> Iterator[None]:
    """Let the ranges of ``network`` begin anew and follow what it sees, though nothing else of it trains."""
    try:
        for rounding in roundings(network):
            rounding.seen.zero_()
            rounding.train()
        yield
    finally:
        for rounding in roundings(network):
            rounding.eval()
