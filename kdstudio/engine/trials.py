"""Trials: every seed with every setting that an experiment crosses; each is an experiment of its own."""

from __future__ import annotations

import math
from typing import NamedTuple

from kdstudio.engine.experiment import Experiment
from kdstudio.engine.identity import SEED, Coordinate
from kdstudio.engine.sweep import crossed


class Trial(NamedTuple):
    """One seed with one setting."""

    experiment: Experiment
    """Of this seed and setting alone: run by itself, it gives the same networks."""
    coordinates: dict[str, Coordinate]
    """What tells it from the other trials."""
    teacher_seed: int
    """Of the teachers that it trains, or shares with other trials."""


def trials_of(experiment: Experiment) -> list[Trial]:
    """Cross seeds and settings, seed by seed: after each seed there is a whole comparison."""
    data = experiment.data
    kept = data if data.seed is not None else data.model_copy(update={"seed": experiment.seed})
    alone = experiment.model_copy(update={"seeds": 1, "sweep": {}, "data": kept})
    settings: list[tuple[dict[str, Coordinate], Experiment]] = [({}, alone)]
    if experiment.sweep:
        values = alone.model_dump(mode="json", exclude_none=True)
        settings = [
            (coordinates, Experiment.model_validate(setting))
            for coordinates, setting in crossed(values, experiment.sweep)
        ]
    found = []
    for seed in range(experiment.seed, experiment.seed + experiment.seeds):
        of_seed: dict[str, Coordinate] = {SEED: seed} if experiment.seeds > 1 else {}
        for coordinates, setting in settings:
            own = setting.model_copy(update={"seed": seed})
            teacher_seed = seed if experiment.teacher_for_each_seed else experiment.seed
            found.append(Trial(own, coordinates | of_seed, teacher_seed))
    return found


def code_run_by(experiment: Experiment) -> str:
    """Name the files whose code some trial's networks run; empty if there are none."""
    trials = trials_of(experiment.model_copy(update={"seeds": 1}))
    models = [network.model for trial in trials for network in trial.experiment.networks.values()]
    return " and ".join(dict.fromkeys(code for model in models if (code := model.code())))


def first_setting(experiment: Experiment) -> Experiment:
    """Return the experiment of the first trial alone: what can be shown of all of them at once."""
    first = {path: values[:1] for path, values in experiment.sweep.items()}
    return trials_of(experiment.model_copy(update={"seeds": 1, "sweep": first}))[0].experiment


def spoken_trials(experiment: Experiment) -> str:
    """``3 seeds × 4 settings = 12 trials``; empty where there is one."""
    settings = math.prod(map(len, experiment.sweep.values()))
    counts = {"seeds": experiment.seeds, "settings": settings}
    several = [f"{count:,} {what}" for what, count in counts.items() if count > 1]
    product = f" = {experiment.seeds * settings:,} trials" if len(several) > 1 else ""
    return " × ".join(several) + product
