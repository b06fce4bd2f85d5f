"""Modules of heads: what stands between a student's values and a teacher's.

Shapes are those for one image: ``(C,)`` of a vector, ``(C, H, W)`` of a map.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from kdstudio.errors import KDStudioError
from kdstudio.models.modules.assembly import chain, conv_norm
from kdstudio.models.modules.maxout import Maxout

Shape = tuple[int, ...]


class Projection(NamedTuple):
    """How a student's value gets the shape of a teacher's."""

    description: str
    make: Callable[[], nn.Module]


def projection(
    student: Shape, teacher: Shape, kind: str, term: str, activation: nn.Module | None = None
) -> Projection | None:
    """Return what leads from the ``student``'s shape to the ``teacher``'s; None where they may stay.

    ``kind`` is ``automatic``, ``none``, ``linear``, ``1x1`` or ``regressor`` (k×k without padding, k what
    the student's map is larger by, plus 1: Romero et al. 2015); ``paper``, the one that would be automatic
    with the ``activation`` behind it, or ``library``, RepDistiller's: these two also where shapes are equal.
    Raises KDStudioError, which names the ``term``, for a kind that does not fit.
    """
    vectors = 1 in (len(student), len(teacher))
    larger = not vectors and any(s > t for s, t in zip(student[1:], teacher[1:], strict=True))
    smaller = not vectors and any(s < t for s, t in zip(student[1:], teacher[1:], strict=True))
    layer = kind
    if kind in ("automatic", "paper", "library"):
        layer = "linear" if vectors else "regressor" if larger else "1x1"
    if kind == "automatic" and student == teacher:
        layer = "none"
    fits = {"none": student == teacher, "linear": vectors, "1x1": not vectors and not larger}
    if not {len(student), len(teacher)} <= {1, 3} or not fits.get(layer, not vectors and not smaller):
        raise KDStudioError(
            f"term '{term}': projection '{kind}' does not lead from the student's {student} to the "
            f"teacher's {teacher}; choose projection 'automatic', or other taps"
        )
    if layer == "none":
        return None
    if kind == "library":
        return _behind(_normalised(student, teacher), "ReLU", nn.ReLU)
    project = _linear if vectors else _convolution
    if kind == "paper" and activation is not None:
        pieces = activation.pieces if isinstance(activation, Maxout) else 1
        made = project(student, (teacher[0] * pieces, *teacher[1:]))
        return _behind(made, type(activation).__name__, partial(deepcopy, activation))
    return project(student, teacher)


def _behind(first: Projection, what: str, make: Callable[[], nn.Module]) -> Projection:
    return Projection(f"{first.description}, {what}", lambda: nn.Sequential(first.make(), make()))


def _linear(student: Shape, teacher: Shape) -> Projection:
    """Linear; a map is averaged before, and made of the result where the teacher has one."""
    inputs, outputs = student[0], math.prod(teacher)

    def make() -> nn.Module:
        pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten()] if len(student) == 3 else []
        shape = [nn.Unflatten(1, teacher)] if len(teacher) == 3 else []
        return nn.Sequential(*pool, nn.Linear(inputs, outputs), *shape)

    pooled = "average pool, " if len(student) == 3 else ""
    return Projection(f"{pooled}linear {inputs} → {'×'.join(map(str, teacher))}", make)


def _convolution(student: Shape, teacher: Shape) -> Projection:
    """k×k without padding, k = 1 where the student's map is not larger; upsampled where it is smaller."""
    kernel = (max(student[1] - teacher[1], 0) + 1, max(student[2] - teacher[2], 0) + 1)
    size = (teacher[1], teacher[2])
    upsampled = size != (student[1] - kernel[0] + 1, student[2] - kernel[1] + 1)

    def make() -> nn.Module:
        convolution = nn.Conv2d(student[0], teacher[0], kernel)
        return nn.Sequential(convolution, nn.Upsample(size, mode="bilinear")) if upsampled else convolution

    description = f"{kernel[0]}×{kernel[1]} convolution {student[0]} → {teacher[0]} channels"
    return Projection(description + (f", upsampled to {size[0]}×{size[1]}" if upsampled else ""), make)


def _normalised(student: Shape, teacher: Shape) -> Projection:
    """RepDistiller's regressor before its ReLU: a convolution of the kernel that suits the sizes, batch norm.

    3×3 at stride 2 from twice the teacher's size, transposed 4×4 at stride 2 from half of it, else k×k
    without padding. RepDistiller knows neither vectors nor other smaller maps: here they are linear, and
    upsampled.
    """
    channels = f"{student[0]} → {teacher[0]} channels"
    if len(student) == len(teacher) == 3 and student[1:] == (2 * teacher[1], 2 * teacher[2]):
        halving = partial(nn.Conv2d, student[0], teacher[0], 3, stride=2, padding=1)
        found = Projection(f"3×3 convolution {channels}, stride 2", halving)
    elif len(student) == len(teacher) == 3 and teacher[1:] == (2 * student[1], 2 * student[2]):
        doubling = partial(nn.ConvTranspose2d, student[0], teacher[0], 4, stride=2, padding=1)
        found = Projection(f"transposed 4×4 convolution {channels}, stride 2", doubling)
    else:
        found = (_linear if 1 in (len(student), len(teacher)) else _convolution)(student, teacher)
    norm = nn.BatchNorm1d if len(teacher) == 1 else nn.BatchNorm2d
    return _behind(found, "batch norm", partial(norm, teacher[0]))


def boundary_connector(student: Shape, teacher: Shape) -> Projection | None:
    """To the teacher's shape, by a convolution or a linear layer and batch norm; None where shapes are equal.

    Heo et al. 2019, "Knowledge Transfer via Distillation of Activation Boundaries"; convolutions between maps
    of different sizes, which the authors do not have, as in RepDistiller.
    """
    return None if student == teacher else _normalised(student, teacher)


def channel_connector(student: Shape, teacher: Shape) -> Projection:
    """To the teacher's channels, by a 1×1 convolution or a linear layer, and batch norm.

    Also where shapes are equal. Heo et al. 2019, "A Comprehensive Overhaul of Feature Distillation".
    """
    channels = f"{student[0]} → {teacher[0]} channels, batch norm"
    if len(student) == 1:
        return Projection(f"linear {channels}", partial(_linear_norm, student[0], teacher[0]))
    return Projection(f"1×1 convolution {channels}", partial(fusing_conv_norm, student[0], teacher[0], 1))


def _linear_norm(inputs: int, outputs: int) -> nn.Sequential:
    return chain(linear=nn.Linear(inputs, outputs, bias=False), norm=nn.BatchNorm1d(outputs))


def fusing_conv_norm(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    """Convolution that keeps the size, and batch norm; weights as in the fusion of Chen et al. 2021."""
    layers = conv_norm(inputs, outputs, kernel)
    nn.init.kaiming_uniform_(layers.get_parameter("conv.weight"), a=1)
    return layers


class InputGradient(nn.Module):
    """Gradient to the images of the logit that the teacher ranks highest."""

    def __init__(self, learned: bool) -> None:
        """``learned``: gradients can be taken through the result, for a network in training."""
        super().__init__()
        self.learned = learned

    def forward(self, logits: Tensor, images: Tensor, teacher: Tensor) -> Tensor:
        """``(B, K)``, ``(B, C, H, W)`` that ``logits`` come from, ``(B, K)``; gives ``(B, C, H, W)``."""
        with torch.enable_grad():
            top = logits.gather(1, teacher.argmax(1, keepdim=True)).sum()
        (gradient,) = torch.autograd.grad(top, images, create_graph=self.learned, retain_graph=True)
        return gradient


class TwoSided(nn.Module):
    """``A·W·Bᵀ``: a weight ``W``, flattened to ``(outputs, rest)``, in the shape of a teacher's."""

    def __init__(self, student: Tensor, teacher: Tensor) -> None:
        """A and B begin as the teacher's first left and right singular vectors; zeros behind the last."""
        super().__init__()
        target = teacher.detach().cpu().flatten(1)
        left, _values, right = torch.linalg.svd(target, full_matrices=False)
        own = student.flatten(1).shape
        self.a = nn.Parameter(_columns(left, own[0]))
        self.b = nn.Parameter(_columns(right.T, own[1]))

    def forward(self, weight: Tensor) -> Tensor:
        """``(o_s, …)`` to ``(o_t, rest_t)``."""
        return self.a @ weight.flatten(1) @ self.b.T


def _columns(matrix: Tensor, count: int) -> Tensor:
    kept = matrix[:, :count]
    return functional.pad(kept, (0, count - kept.shape[1])).contiguous()


def mean_predictor(student: Shape, teacher: Shape) -> nn.Sequential:
    """Three 1×1 convolutions with ReLU between (Ahn et al. 2019).

    A map larger than the teacher's is pooled to its size first, as in RepDistiller.
    """
    inputs, outputs = student[0], teacher[0]
    size = (min(student[1], teacher[1]), min(student[2], teacher[2]))
    return nn.Sequential(
        *([] if size == student[1:] else [nn.AdaptiveAvgPool2d(size)]),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 1, bias=False),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 1, bias=False),
    )


class ChannelVariance(nn.Module):
    """A learned variance for each channel, ``softplus(ρ) + 1e-5``, 5 at first (Ahn et al. 2019)."""

    def __init__(self, channels: int) -> None:
        """One number for each of ``channels``."""
        super().__init__()
        self.smallest = 1e-5
        self.rho = nn.Parameter(torch.full((channels,), math.log(math.expm1(5.0 - self.smallest))))

    def forward(self) -> Tensor:
        """Depends on nothing; ``(C,)``."""
        return functional.softplus(self.rho) + self.smallest


class MarginReLU(nn.Module):
    """``max(x, m)``, m the mean of what is negative in each channel so far (Heo et al. 2019).

    The mean is a buffer, updated in training: exact over everything seen. (The authors derive it
    from the scale and shift of the batch norm before, taken as a normal distribution.) A map is brought
    to the student's size before it is raised to the margin, as in mdistiller; the authors' maps are of one
    size.
    """

    margin: Tensor
    seen: Tensor

    def __init__(self, channels: int, size: Sequence[int]) -> None:
        """``size`` is the student's map's. Margins are 0 until something negative has been seen."""
        super().__init__()
        self.size = (size[0], size[1])
        self.register_buffer("margin", torch.zeros(channels))
        self.register_buffer("seen", torch.zeros(channels))

    def forward(self, values: Tensor) -> Tensor:
        """``(B, C, H, W)`` to ``(B, C, *size)``."""
        if self.training:
            self._update(values.detach())
        fitted = functional.adaptive_avg_pool2d(values, self.size)
        return fitted.maximum(self.margin[:, None, None])

    def _update(self, values: Tensor) -> None:
        count = (values < 0).sum((0, 2, 3))
        self.seen += count
        total = values.clamp(max=0).sum((0, 2, 3))
        self.margin += (total - count * self.margin) / self.seen.clamp(min=1)


def factor_encoder(inputs: int, factors: int) -> nn.Sequential:
    """Three 3×3 convolutions with batch norm and leaky ReLU: paraphraser's first half, and translator.

    Kim et al. 2018: a teacher's or student's ``inputs`` channels become ``factors``.
    """
    return nn.Sequential(
        *_leaky(nn.Conv2d(inputs, inputs, 3, padding=1)),
        *_leaky(nn.Conv2d(inputs, factors, 3, padding=1)),
        *_leaky(nn.Conv2d(factors, factors, 3, padding=1)),
    )


def factor_decoder(factors: int, outputs: int) -> nn.Sequential:
    """Mirror of :func:`factor_encoder`, of transposed convolutions: the paraphraser's second half."""
    return nn.Sequential(
        *_leaky(nn.ConvTranspose2d(factors, factors, 3, padding=1)),
        *_leaky(nn.ConvTranspose2d(factors, outputs, 3, padding=1)),
        *_leaky(nn.ConvTranspose2d(outputs, outputs, 3, padding=1)),
    )


def _leaky(convolution: nn.Conv2d | nn.ConvTranspose2d) -> tuple[nn.Module, ...]:
    return convolution, nn.BatchNorm2d(convolution.out_channels), nn.LeakyReLU(0.1)


class Fusion(nn.Module):
    """Attention-based fusion of a level with the fused one below it (Chen et al. 2021, figure 3)."""

    def __init__(self, inputs: int, channels: int, deepest: bool) -> None:
        """``channels`` are those of every fused level; the ``deepest`` level has none below."""
        super().__init__()
        self.reduce = fusing_conv_norm(inputs, channels, 1)
        self.attention = None if deepest else nn.Conv2d(2 * channels, 2, 1)

    def forward(self, level: Tensor, below: Tensor | None = None) -> Tensor:
        """``(B, inputs, H, W)`` or ``(B, inputs)``, and the fused ``(B, channels, …)``, resized to it."""
        own: Tensor = self.reduce(level if level.ndim == 4 else level[:, :, None, None])
        if self.attention is None or below is None:
            return own
        below = functional.interpolate(below.to(own.dtype), own.shape[2:])
        share: Tensor = self.attention(torch.cat([own, below], 1)).sigmoid()
        return own * share[:, :1] + below * share[:, 1:]


def fused_output(channels: int, teacher: Shape) -> nn.Sequential:
    """Resize a fused level to the teacher's shape; 3×3 convolution and batch norm (Chen et al. 2021)."""
    if len(teacher) == 1:
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), fusing_conv_norm(channels, teacher[0], 3), nn.Flatten())
    return nn.Sequential(nn.Upsample((teacher[1], teacher[2])), fusing_conv_norm(channels, teacher[0], 3))
