"""Random numbers of networks: first weights from a generator of their own, the same dropout for each.

Torch's global generator belongs to the training thread alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from kdstudio.models.modules.intercepting import Intercepting

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


class OwnGenerator(Intercepting):
    """Within it, in this thread alone, what draws at random draws from a generator of its own.

    The numbers are those that torch's global generator (of the device they are drawn on) would give after
    ``manual_seed(seed)``. Dropout cannot be given a generator: it is no part of making a network.
    """

    def __init__(self, seed: int) -> None:
        """Begin anew from ``seed``."""
        super().__init__()
        self._seed = seed
        self._generators: dict[torch.device, torch.Generator] = {}

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:  # noqa: ANN401
        """Hand the generator to what draws; numbers for the meta device need none."""
        if function in DRAWING and options.get("generator") is None:
            device = _drawn_on(args, options)
            if device.type != "meta":
                options["generator"] = self._of(device)
        return function(*args, **options)

    def _of(self, device: torch.device) -> torch.Generator:
        if device not in self._generators:
            self._generators[device] = torch.Generator(device).manual_seed(self._seed)
        return self._generators[device]


def seed_draws(seed: int, device: torch.device) -> None:
    """Seed torch's global generator of ``device``."""
    if device.type == "cpu":
        torch.default_generator.manual_seed(seed)  # a hundredth of the time that seeding every device takes
    else:
        torch.manual_seed(seed)


def draw_again(device: torch.device) -> None:
    """Let torch's global generator give again what it gave on ``device`` since it was last seeded."""
    seed_draws(torch.initial_seed(), device)


def _drawn_on(args: tuple[Any, ...], options: Mapping[str, Any]) -> torch.device:
    if options.get("device") is not None:
        return torch.device(options["device"])
    values = (value for value in (*args, *options.values()) if isinstance(value, torch.Tensor))
    return next((value.device for value in values), torch.get_default_device())
