"""One line for each part of an experiment, for a card that is folded."""

from __future__ import annotations

from typing import Any

from kdstudio.engine.experiment import Experiment
from kdstudio.engine.trials import first_setting, spoken_trials
from kdstudio.gui.forms.written import spoken
from kdstudio.runs.state import spoken_epochs

MISTAKES = "has fields to be mended"


def data_line(experiment: Experiment) -> str:
    """``digits, 20% for validation``."""
    data = experiment.data
    chosen = f"{len(data.classes)} classes, " if data.classes else ""
    return f"{data.source.name}, {chosen}{data.validation:.0%} for validation"


def strategy_line(experiment: Experiment) -> str:
    """``hinton: Temperature T 8, Alpha α 0.5``: the numbers of the strategy."""
    strategy = first_setting(experiment).strategy
    fields = type(strategy).model_fields
    told = [
        f"{field.title or name} {spoken(value)}"
        for name, field in fields.items()
        if _is_number(value := getattr(strategy, name))
    ]
    return f"{strategy.name}: {', '.join(told)}" if told else strategy.name


def network_line(experiment: Experiment, role: str) -> str:
    """``mlp 512-512, 40 epochs``."""
    network = first_setting(experiment).networks[role]
    origin = network.weights.origin
    how = spoken_epochs(network.training.epochs) if origin == "training" else f"loaded from a {origin}"
    return f"{network.model.summary()}, {how}"


def trials_line(experiment: Experiment) -> str:
    """``seed 0``, or how many settings and seeds are crossed."""
    return spoken_trials(experiment) or f"seed {experiment.seed}"


def computing_line(experiment: Experiment) -> str:
    """``digits-hinton on auto``: the run's name and device."""
    return f"{experiment.name}, device {experiment.compute.device}"


def _is_number(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, int | float) and not isinstance(value, bool)
