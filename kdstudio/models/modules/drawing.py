"""First weights from a generator of their own: torch's global one belongs to the training thread alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

_IN_PLACE = (
    "bernoulli_",
    "cauchy_",
    "exponential_",
    "geometric_",
    "log_normal_",
    "normal_",
    "random_",
    "uniform_",
)
_MAKING = (
    "bernoulli",
    "binomial",
    "multinomial",
    "normal",
    "poisson",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
)
DRAWING: frozenset[Callable[..., Any]] = frozenset(
    [getattr(torch.Tensor, name) for name in (*_IN_PLACE, "bernoulli", "multinomial")]
    + [getattr(torch, name) for name in _MAKING]
    + [
        function
        for _name, function in inspect.getmembers(nn.init, inspect.isfunction)
        if "generator" in inspect.signature(function).parameters
    ]
)
"""Functions that draw from torch's global generator unless they are given another."""


class OwnGenerator(TorchFunctionMode):
    """Within it, in this thread alone, what draws at random draws from one generator.

    The numbers are those that torch's global generator would give after ``manual_seed(seed)``.
    """

    def __init__(self, seed: int) -> None:
        """Begin anew from ``seed``."""
        super().__init__()
        self._generator = torch.Generator().manual_seed(seed)

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Hand the generator to what draws; numbers for the meta device need none."""
        options = dict(kwargs or {})
        if function in DRAWING and options.get("generator") is None and not _is_meta(args, options):
            options["generator"] = self._generator
        return function(*args, **options)


def _is_meta(args: tuple[Any, ...], options: Mapping[str, Any]) -> bool:
    values = (*args, *options.values())
    named = any(str(value) == "meta" for value in options.values() if isinstance(value, str | torch.device))
    return named or any(isinstance(value, torch.Tensor) and value.is_meta for value in values)
