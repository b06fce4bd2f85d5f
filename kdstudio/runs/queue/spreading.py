"""An experiment of many seeds and settings as many experiments, which workers can share."""

from __future__ import annotations

from kdstudio.engine.experiment import Experiment, TrainHere
from kdstudio.engine.identity import TEACHER
from kdstudio.engine.trials import trials_of
from kdstudio.errors import KDStudioError


def spread(experiment: Experiment) -> list[Experiment]:
    """Return one experiment for each seed and setting, whose networks are those of the whole, bit for bit.

    Raises KDStudioError where the seeds share a teacher that is trained: each would have another one.
    """
    trials = trials_of(experiment)
    trained = [
        role
        for role, network in experiment.networks.items()
        if role.startswith(TEACHER) and isinstance(network.weights, TrainHere)
    ]
    if trained and any(trial.teacher_seed != trial.experiment.seed for trial in trials):
        raise KDStudioError(
            f"{experiment.seeds} seeds share one trained '{trained[0]}'; runs of their own would each train "
            "another: say so by --set teacher_for_each_seed=true, or leave out --spread"
        )
    return [trial.experiment for trial in trials]
