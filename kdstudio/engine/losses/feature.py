"""Losses on what networks compute inside: feature maps ``(B, C, H, W)`` and vectors ``(B, C)``."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def attention(student: Tensor, teacher: Tensor) -> Tensor:
    """Attention transfer: mean of ``(Q_s - Q_t)²``, ``Q`` the L2-normalised mean over channels of ``F²``.

    ``(B, C, H, W)`` each; channels may differ, and the larger map is pooled to the size of the smaller.
    No gradient reaches the teacher. Zagoruyko and Komodakis 2017, equation 2, with p = 2 and the
    squared norm averaged over batch and pixels, as in the authors' code. Raises ValueError for vectors.
    """
    own, other = _attention_maps(student, teacher.detach())
    return (own - other).square().mean()


def _attention_maps(student: Tensor, teacher: Tensor) -> tuple[Tensor, Tensor]:
    """``(B, H·W)`` each: the mean over channels of ``F²``, L2-normalised."""
    own, other = (f.square().mean(1).flatten(1) for f in same_size(student, teacher))
    return functional.normalize(own, dim=1), functional.normalize(other, dim=1)


def squared_error(student: Tensor, teacher: Tensor) -> Tensor:
    """Hint: mean of ``(F_s - F_t)²`` over everything.

    Both of one shape, else ValueError; no gradient reaches the teacher. Romero et al. 2015, equation 3,
    where it is half the sum over an image's values.
    """
    _same_shape(student, teacher)
    return (student - teacher.detach()).square().mean()


def squared_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """``Σ_b ‖F_s,b − F_t,b‖²/B``: summed over an image's values, mean over the batch.

    Both ``(B, …)`` of one shape, else ValueError; no gradient reaches the teacher. Zhang et al. 2019,
    *Be Your Own Teacher*, section 3.2.
    """
    _same_shape(student, teacher)
    return (student - teacher.detach()).square().flatten(1).sum(1).mean()


def batch_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """``‖F_s − F_t‖``: root of the squares summed over batch and features, averaged over nothing.

    ``student`` ``(B, C)``; ``teacher`` ``(B, C)``, or a map ``(B, C, H, W)``, which is averaged over its
    pixels first. It grows with the root of the batch size, and its gradient is as long however far the two
    are apart. No gradient reaches the teacher. The authors' later code of *Be Your Own Teacher*.
    """
    pooled = teacher.detach().flatten(2).mean(2) if teacher.ndim > 2 else teacher.detach()
    _same_shape(student, pooled)
    return torch.dist(student, pooled)


def channel_cross_entropy(student: Tensor, teacher: Tensor) -> Tensor:
    """Cross-entropy ``-Σ_c softmax(F_t)_c · log softmax(F_s)_c``, mean over batch and pixels, in nats.

    Both ``(B, C, …)`` of one shape, else ValueError; the softmax goes over channels. No gradient reaches
    the teacher.
    """
    _same_shape(student, teacher)
    return -(teacher.detach().softmax(1) * student.log_softmax(1)).sum(1).mean()


def neuron_selectivity(student: Tensor, teacher: Tensor) -> Tensor:
    """NST: squared maximum mean discrepancy of the channels' maps, kernel ``k(x, y) = (xᵀy)²``.

    ``(B, C, H, W)`` each, a channel's map L2-normalised; channels may differ, and the larger map is
    pooled to the size of the smaller. Mean over channel pairs and batch; no gradient reaches the teacher.
    Huang and Wang 2017, the polynomial kernel with d = 2, c = 0. The term of the teacher alone, which
    libraries leave out for having no gradient, is kept: so the minimum is 0. Raises ValueError for vectors.
    """
    own, other = (functional.normalize(f.flatten(2), dim=2) for f in same_size(student, teacher.detach()))

    def kernel(one: Tensor, two: Tensor) -> Tensor:
        return (one @ two.mT).square().mean()

    return kernel(other, other) + kernel(own, own) - 2 * kernel(own, other)


def variational(mean: Tensor, variance: Tensor, teacher: Tensor) -> Tensor:
    """VID: mean of ``½[(μ - F_t)²/σ² + log σ²]`` over everything.

    ``mean`` and ``teacher`` ``(B, C, H, W)``, the larger pooled to the size of the smaller; ``variance``
    ``(C,)``, positive. No gradient reaches the teacher. Ahn et al. 2019, the constant left out and
    averaged instead of summed, as in the authors' code. Raises ValueError for vectors.
    """
    own, other = same_size(mean, teacher.detach())
    spread = variance[:, None, None]
    return ((own - other).square() / spread + spread.log()).mean() / 2


def factor(student: Tensor, teacher: Tensor) -> Tensor:
    """FT: mean of ``|f_s - f_t|``, each image's factor L2-normalised as a whole.

    ``(B, C, H, W)`` each, of as many channels, else ValueError; the larger map is pooled to the size of
    the smaller. No gradient reaches the teacher. Kim et al. 2018 with p = 1, averaged as the authors' code
    does.
    """
    own, other = same_size(student, teacher.detach())
    _same_shape(own, other)
    factors = [functional.normalize(f.flatten(1), dim=1) for f in (own, other)]
    return (factors[0] - factors[1]).abs().mean()


def factor_attention(student: Tensor, teacher: Tensor) -> Tensor:
    """FT of RepDistiller: mean of ``|Q_s - Q_t|``, ``Q`` as in :func:`attention`.

    ``(B, C, H, W)`` each; channels may differ, and the larger map is pooled to the size of the smaller.
    No gradient reaches the teacher. Raises ValueError for vectors.
    """
    own, other = _attention_maps(student, teacher.detach())
    return (own - other).abs().mean()


def hierarchical_context(student: Tensor, teacher: Tensor) -> Tensor:
    """HCL: mean squared errors of the maps and of their pools to 4×4, 2×2 and 1×1.

    ``(B, C, H, W)``, or ``(B, C)``, of one shape, else ValueError. Weights are 1, ½, ¼, ⅛, divided by their
    sum; pools that are not smaller than the map are left out. No gradient reaches the teacher. Chen et al.
    2021, weights as in the authors' code.
    """
    _same_shape(student, teacher)
    sizes = [size for size in (4, 2, 1) if size < min(student.shape[2:], default=1)]
    pairs = [[functional.adaptive_avg_pool2d(f, size) for f in (student, teacher)] for size in sizes]
    errors = [squared_error(own, other) for own, other in ([student, teacher], *pairs)]
    weights = [2.0**-level for level in range(len(errors))]
    return torch.stack([w * e for w, e in zip(weights, errors, strict=True)]).sum() / sum(weights)


def solution_flow(student: tuple[Tensor, Tensor], teacher: tuple[Tensor, Tensor]) -> Tensor:
    """FSP: mean of ``(G_s - G_t)²``, ``G`` the Gram matrix of two layers, mean over pixels.

    ``(B, C, H, W)`` each; a pair's larger map is pooled to the size of the smaller. Channels of the
    student's pair are those of the teacher's, else ValueError. No gradient reaches the teacher. Yim et
    al. 2017, equations 1 and 2, averaged over the matrix instead of summed.
    """
    own, other = (gram(*pair) for pair in (student, teacher))
    return squared_error(own, other)


def gram(first: Tensor, second: Tensor) -> Tensor:
    """``(B, C, H, W)`` and ``(B, D, H', W')`` to ``(B, C, D)``: products of channels, mean over pixels."""
    one, two = (f.flatten(2) for f in same_size(first, second))
    return one @ two.mT / one.shape[2]


def _same_shape(student: Tensor, teacher: Tensor) -> None:
    if student.shape != teacher.shape:
        raise ValueError("it compares values of one shape; choose a projection, or other taps")


def same_size(student: Tensor, teacher: Tensor) -> tuple[Tensor, Tensor]:
    """Average-pool the larger of two batches of maps to the size of the smaller.

    Raises ValueError where one of them is not ``(B, C, H, W)``.
    """
    for value in (student, teacher):
        if value.ndim != 4:
            raise ValueError("it compares maps (B, C, H, W); choose a tap that is a map in both networks")
    height, width = (min(student.shape[d], teacher.shape[d]) for d in (2, 3))
    own, other = (
        value
        if value.shape[2:] == (height, width)
        else functional.adaptive_avg_pool2d(value, (height, width))
        for value in (student, teacher)
    )
    return own, other
