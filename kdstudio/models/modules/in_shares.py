"""Networks on a share of a batch whose layers take the whole batch into account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from kdstudio.models.modules.drawing import DRAWING
from kdstudio.models.modules.intercepting import Intercepting
from kdstudio.processes import Share

Draws = Callable[..., Any]
DROPPING: frozenset[Draws] = frozenset(
    getattr(place, name)
    for place in (functional, torch)
    for name in (
        *("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"),
        *("feature_dropout", "rrelu", "gumbel_softmax"),
    )
    if hasattr(place, name)
)
"""Functions that draw from torch's global generator for each row of what they are given."""


class InShares(Intercepting):
    """Within it a network in training computes for the rows of a share what it would in the whole batch.

    Batch norm takes mean and variance over all processes' rows; what draws at random draws for all rows and
    keeps those of the share; the extremes (``torch.aminmax``) from which quantised layers take their range
    are those of all rows.
    """

    def __init__(self, share: Share) -> None:
        """The network is fed with the rows that ``share`` shows."""
        super().__init__()
        self._share = share

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:  # noqa: ANN401
        """Compute otherwise what depends on the whole batch."""
        if function is functional.batch_norm and self._is_synchronised:
            return self._batch_norm(*args, **options)
        if function is torch.aminmax and len(args) == 1 and not options:
            return self._extremes(*args)
        if function in DROPPING or function in DRAWING:
            return self._drawn(function, args, options)
        return function(*args, **options)

    @property
    def _is_synchronised(self) -> bool:
        """Whether batch norm is over all rows: also where a share is too small to have a variance."""
        return self._share.processes.synchronised or min(self._share.sizes) < 2

    def _own(self, values: Tensor) -> Tensor:
        """Leave out what is shown to a network only because its process has no share of a small batch."""
        return values if self._share.size else values[:0]

    def _batch_norm(
        self,
        values: Tensor,
        running_mean: Tensor | None,
        running_var: Tensor | None,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        training: bool = False,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> Tensor:
        """``(B, C, …)``, as ``functional.batch_norm``; rows are summed in float64: one pass is enough."""
        if not training:
            return functional.batch_norm(
                values, running_mean, running_var, weight, bias, False, momentum, eps
            )
        share = self._share
        count = share.length * (values.shape[0] // share.shown_size) * values.shape[2:].numel()
        with torch.autocast(values.device.type, enabled=False):
            wide = values.float()
            own = self._own(wide).unsqueeze(-1)
            within = [*range(2, own.ndim)]
            rows = torch.stack([own.sum(within), (own * own).sum(within)])
            mean, square = share.processes.total(rows.double().sum(1)) / count
            variance = (square - mean * mean).clamp(min=0)
            if running_mean is not None and running_var is not None:
                with torch.no_grad():
                    unbiased = variance * (count / max(count - 1, 1))
                    running_mean.lerp_(mean.to(running_mean.dtype), momentum)
                    running_var.lerp_(unbiased.to(running_var.dtype), momentum)
            scale = (variance + eps).rsqrt()
            scale = scale if weight is None else scale * weight
            shift = -mean * scale if bias is None else bias - mean * scale
            shape = [1, -1] + [1] * (values.ndim - 2)
            normal = torch.addcmul(shift.float().view(shape), wide, scale.float().view(shape))
            return normal.to(values.dtype)

    def _extremes(self, values: Tensor) -> tuple[Tensor, Tensor]:
        found = values.new_full((2,), float("-inf"))
        if self._share.size:
            low, high = torch.aminmax(values.detach())
            found = torch.stack([-low, high])
        low, high = self._share.processes.largest(found)
        return -low, high

    def _drawn(self, function: Draws, args: tuple[Any, ...], options: dict[str, Any]) -> Any:  # noqa: ANN401
        """Draw for all rows, and return the share's; what has no row for each image is drawn as it is."""
        rows = self._share.shown
        if function in (torch.rand, torch.randn) and not isinstance(args[0], tuple | list):
            args = (args,)
        given = [value for value in (*args, *options.values()) if self._has_rows(value)]
        if not given:
            return function(*args, **options)
        drawn = function(
            *(self._whole(value) for value in args),
            **{name: self._whole(value) for name, value in options.items()},
        )[rows]
        in_place = function.__name__.endswith("_") and isinstance(args[0], Tensor)
        return args[0].copy_(drawn) if in_place else drawn

    def _has_rows(self, value: object) -> bool:
        if isinstance(value, Tensor):
            return value.ndim > 0 and value.shape[0] == self._share.shown_size
        return isinstance(value, tuple | list) and value[:1] in (
            (self._share.shown_size,),
            [self._share.shown_size],
        )

    def _whole(self, value: Any) -> Any:  # noqa: ANN401
        """Put rows into their place among all, or a shape's number of rows up to all."""
        if not self._has_rows(value):
            return value
        if not isinstance(value, Tensor):
            return (self._share.length, *value[1:])
        whole = value.new_zeros(self._share.length, *value.shape[1:])
        if value.ndim == 4 and not value.is_contiguous():
            whole = whole.contiguous(memory_format=torch.channels_last)
        rows = self._share.shown
        return whole.slice_scatter(value, 0, rows.start, rows.stop)
