"""Optimisers and learning-rate schedules, declared; the rate is a pure function of progress."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from kdstudio.declaration import Declaration, Registry, option

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer


class OptimizerSpec(Declaration):
    """An optimiser and its options; subclasses are registered under their ``name``."""

    name: str
    learning_rate: float = option(
        0.001, "Learning rate", "Highest step size; the schedule scales it.", gt=0, le=100
    )

    def build(self, parameters: Iterable[nn.Parameter]) -> Optimizer:
        """Make torch's optimiser over ``parameters``; the rate of every step is set from outside."""
        raise NotImplementedError


optimizers = Registry[OptimizerSpec]("optimiser", "kdstudio.engine.optimization", "kdstudio.optimizers")
AnyOptimizer = Annotated[OptimizerSpec, optimizers]


@optimizers.register
class SGD(OptimizerSpec):
    """Stochastic gradient descent with momentum."""

    name: Literal["sgd"] = "sgd"
    learning_rate: float = option(
        0.1, "Learning rate", "Highest step size; the schedule scales it.", gt=0, le=100
    )
    momentum: float = option(0.9, "Momentum", "Share of the last step kept.", ge=0, lt=1)
    nesterov: bool = option(True, "Nesterov", "Look ahead along the momentum (needs momentum above 0).")
    weight_decay: float = option(0.0, "Weight decay", "L2 penalty, added to the gradient.", ge=0, le=1)

    def build(self, parameters: Iterable[nn.Parameter]) -> Optimizer:
        """Make torch's optimiser over ``parameters``."""
        from torch import optim

        from kdstudio.eager import eager

        return eager(optim.SGD)(
            parameters,
            lr=self.learning_rate,
            momentum=self.momentum,
            nesterov=self.nesterov and self.momentum > 0,
            weight_decay=self.weight_decay,
            fused=True,
        )


@optimizers.register
class AdamW(OptimizerSpec):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""

    name: Literal["adamw"] = "adamw"
    beta1: float = option(0.9, "β₁", "Decay of the gradient's mean.", ge=0, lt=1)
    beta2: float = option(0.999, "β₂", "Decay of the squared gradient's mean.", ge=0, lt=1)
    weight_decay: float = option(
        0.01, "Weight decay", "Share of each weight taken off, times the learning rate.", ge=0, le=1
    )

    def build(self, parameters: Iterable[nn.Parameter]) -> Optimizer:
        """Make torch's optimiser over ``parameters``."""
        from torch import optim

        from kdstudio.eager import eager

        return eager(optim.AdamW)(
            parameters,
            lr=self.learning_rate,
            betas=(self.beta1, self.beta2),
            weight_decay=self.weight_decay,
            fused=True,
        )


@optimizers.register
class RMSProp(OptimizerSpec):
    """Steps divided by the gradient's running root mean square (Tieleman and Hinton 2012)."""

    name: Literal["rmsprop"] = "rmsprop"
    decay: float = option(0.99, "Decay", "Share of the mean square kept at each step.", ge=0, lt=1)
    momentum: float = option(0.0, "Momentum", "Share of the last step kept.", ge=0, lt=1)
    weight_decay: float = option(0.0, "Weight decay", "L2 penalty, added to the gradient.", ge=0, le=1)

    def build(self, parameters: Iterable[nn.Parameter]) -> Optimizer:
        """Make torch's optimiser over ``parameters``."""
        from torch import optim

        from kdstudio.eager import eager

        return eager(optim.RMSprop)(
            parameters,
            lr=self.learning_rate,
            alpha=self.decay,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
        )


class Schedule(Declaration):
    """Course of the learning rate over the epochs; subclasses are registered under their ``name``."""

    name: str

    def factor(self, epoch: float, epochs: int) -> float:
        """Return the share of the highest rate at ``epoch`` (fractional, from 0) of ``epochs``."""
        raise NotImplementedError


schedules = Registry[Schedule]("schedule", "kdstudio.engine.optimization", "kdstudio.schedules")
AnySchedule = Annotated[Schedule, schedules]


class WarmedUp(Schedule):
    """A schedule that may begin with a linear rise from 0."""

    warmup: float = option(
        0.0, "Warm-up", "The rate rises linearly from 0 over this time.", unit="epochs", ge=0, le=1000
    )

    def factor(self, epoch: float, epochs: int) -> float:
        """Rise during the warm-up, then follow the shape over what is left."""
        if epoch < self.warmup:
            return epoch / self.warmup
        return self.shape(epoch, epochs)

    def shape(self, epoch: float, epochs: int) -> float:
        """Return the factor at ``epoch`` once warmed up."""
        raise NotImplementedError


@schedules.register
class Constant(WarmedUp):
    """The same rate throughout."""

    name: Literal["constant"] = "constant"

    def shape(self, epoch: float, epochs: int) -> float:
        """Return 1."""
        return 1.0


@schedules.register
class Cosine(WarmedUp):
    """Half a cosine from the highest rate to 0 (Loshchilov and Hutter 2017, without restarts)."""

    name: Literal["cosine"] = "cosine"

    def shape(self, epoch: float, epochs: int) -> float:
        """``(1 + cos(π·t)) / 2`` with t from 0 after the warm-up to 1 at the end."""
        span = max(epochs - self.warmup, 1e-9)
        return (1 + math.cos(math.pi * min((epoch - self.warmup) / span, 1.0))) / 2


@schedules.register
class Step(WarmedUp):
    """The rate is multiplied by γ at each milestone."""

    name: Literal["step"] = "step"
    milestones: tuple[Annotated[int, Field(ge=1)], ...] = option(
        (150, 180, 210), "Milestones", "Epochs after which the rate falls.", unit="epochs"
    )
    gamma: float = option(0.1, "γ", "Factor at each milestone.", gt=0, le=1)

    def shape(self, epoch: float, epochs: int) -> float:
        """``γ^k`` after k milestones."""
        return float(self.gamma ** bisect_right(sorted(self.milestones), epoch))


@schedules.register
class OneCycle(Schedule):
    """Rise, then fall to nearly 0, both along a cosine (Smith and Topin 2018); momentum stays."""

    name: Literal["one-cycle"] = "one-cycle"
    rise: float = option(0.3, "Rise", "Share of the epochs in which the rate rises.", gt=0, lt=1)
    initial: float = option(25.0, "Start divisor", "The first rate is the highest divided by this.", ge=1)
    final: float = option(10000.0, "End divisor", "The last rate is the first divided by this.", ge=1)

    def factor(self, epoch: float, epochs: int) -> float:
        """Cosine from 1/initial up to 1 and down to 1/(initial·final)."""
        progress, start = min(epoch / epochs, 1.0), 1 / self.initial
        if progress < self.rise:
            return _cosine(start, 1.0, progress / self.rise)
        return _cosine(1.0, start / self.final, (progress - self.rise) / (1 - self.rise))


def _cosine(start: float, end: float, progress: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2
