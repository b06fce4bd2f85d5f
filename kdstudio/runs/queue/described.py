"""An experiment in a line: what differs from its preset, or what it trains on which images."""

from __future__ import annotations

from kdstudio.engine.experiment import Experiment
from kdstudio.runs.command_line import differences
from kdstudio.runs.comparison import DESCRIPTIVE
from kdstudio.runs.presets import load_experiment, plain, preset_names, write_values

LONGEST = 4
"""How many settings are told; of others their number."""


def described(experiment: Experiment) -> str:
    """``strategy.temperature=8, seeds=3``, or ``hinton on digits``."""
    usual = f"{experiment.strategy.name} on {experiment.data.source.summary()}"
    if experiment.name not in preset_names():
        return usual
    changes = differences(plain(load_experiment(experiment.name)), plain(experiment))
    settings = [change for change in changes if change[0].partition(".")[0] not in DESCRIPTIVE]
    told = [f"{path}={write_values([value])}" for path, value in settings]
    more = [f"{len(told) - LONGEST} more"] if len(told) > LONGEST else []
    return ", ".join(told[:LONGEST] + more) or usual
