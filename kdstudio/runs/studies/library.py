"""Optuna, where it is installed: the one place that loads it, with its samplers and pruners by name."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler
    from optuna.study import Study
    from optuna.trial import FrozenTrial, TrialState

EXTRA = "kdstudio[search]"
NOT_INSTALLED = f"searches need Optuna, which is not installed; 'uv pip install \"{EXTRA}\"' installs it"


def is_installed() -> bool:
    """Tell whether there can be searches here."""
    return find_spec("optuna") is not None


def load() -> Any:  # noqa: ANN401
    """Return the library; it prints nothing by itself. KDStudioError where it is not installed."""
    if not is_installed():
        raise KDStudioError(NOT_INSTALLED)
    try:
        optuna = import_module("optuna")
    except ImportError as error:
        raise KDStudioError(
            f"Optuna cannot be loaded ({error}); 'uv pip install \"{EXTRA}\"' mends it"
        ) from error
    optuna.logging.set_verbosity(logging.CRITICAL)
    return optuna


@contextmanager
def quietly() -> Iterator[None]:
    """Let it not warn that something of its own is experimental."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", load().exceptions.ExperimentalWarning)
        yield


class Sampler(NamedTuple):
    """A way of choosing the next values."""

    says: str
    make: Callable[[int, int], BaseSampler]
    """From the study's seed, and one of the trial's own."""
    needs: str = ""
    """A package that Optuna does not bring along."""


class Pruner(NamedTuple):
    """A way of giving up early."""

    says: str
    make: Callable[[int], BasePruner]
    """From the number of epochs of a run, of which the first ones say little."""


def _tpe(_study: int, own: int) -> BaseSampler:
    found: BaseSampler = load().samplers.TPESampler(seed=own)
    return found


def _random(_study: int, own: int) -> BaseSampler:
    found: BaseSampler = load().samplers.RandomSampler(seed=own)
    return found


def _gp(_study: int, own: int) -> BaseSampler:
    found: BaseSampler = load().samplers.GPSampler(seed=own, warn_independent_sampling=False)
    return found


def _qmc(study: int, own: int) -> BaseSampler:
    samplers = load().samplers
    found: BaseSampler = samplers.QMCSampler(
        scramble=True,
        seed=study,  # all trials are points of one sequence
        independent_sampler=samplers.RandomSampler(seed=own),
        warn_independent_sampling=False,
    )
    return found


SAMPLERS = {
    "tpe": Sampler(
        "Tree-structured Parzen estimator: where good settings lie more densely than others", _tpe
    ),
    "random": Sampler("Uniformly at random", _random),
    "gp": Sampler("Gaussian process: for few fields and dear runs", _gp, needs="scipy"),
    "qmc": Sampler("Scrambled Sobol sequence: evenly spread numbers", _qmc, needs="scipy"),
}
PRUNERS = {
    "median": Pruner(
        "Stops what is worse than the median of former trials, from a fifth of the epochs and five trials on",
        lambda epochs: load().pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=epochs // 5),
    ),
    "hyperband": Pruner(
        "Hyperband: successive halving by three, with several first looks, from 1/27 of the epochs on",
        lambda epochs: load().pruners.HyperbandPruner(
            min_resource=max(epochs // 27, 1), max_resource=epochs, reduction_factor=3
        ),
    ),
    "halving": Pruner(
        "Successive halving: looks at 1/16 and 1/4 of the epochs, and the best quarter goes on",
        lambda epochs: load().pruners.SuccessiveHalvingPruner(
            min_resource=max(epochs // 16, 1), reduction_factor=4
        ),
    ),
    "none": Pruner("Every run goes on to its end", lambda _epochs: load().pruners.NopPruner()),
}


def check_sampler(name: str) -> None:
    """Raise KDStudioError where there is no sampler of that name, or it needs what is not installed."""
    if name not in SAMPLERS:
        raise KDStudioError(f"no sampler '{name}'; there are {', '.join(SAMPLERS)}")
    needs = SAMPLERS[name].needs
    if needs and find_spec(needs) is None:
        raise KDStudioError(
            f"sampler '{name}' needs {needs}, which is not installed; 'uv pip install {needs}' installs it, "
            "or choose another"
        )


def check_pruner(name: str) -> None:
    """Raise KDStudioError where there is no pruner of that name."""
    if name not in PRUNERS:
        raise KDStudioError(f"no pruner '{name}'; there are {', '.join(PRUNERS)}")


def pruner(name: str, epochs: int) -> BasePruner:
    """Return the pruner called ``name`` for runs of so many epochs; none where that is not known yet."""
    return PRUNERS[name if epochs else "none"].make(epochs)


def seeded_sampler(name: str, seed: int, study: Study) -> BaseSampler:
    """Return the sampler called ``name``, whose choices depend on ``seed`` and on the study's trials alone.

    So a search that goes on chooses what it would have chosen without the interruption, and processes that
    share a study choose differently.
    """
    failed = load().trial.TrialState.FAIL

    def of_trial(number: int) -> BaseSampler:
        before = [t for t in study.get_trials(deepcopy=False) if t.number < number and t.state != failed]
        with quietly():
            return SAMPLERS[name].make(seed, _mixed(seed, len(before)))

    sampler: BaseSampler = _by_trial(of_trial)
    return sampler


def _mixed(seed: int, place: int) -> int:
    from numpy.random import SeedSequence

    return int(SeedSequence((seed, place)).generate_state(1)[0])


def _by_trial(of_trial: Callable[[int], BaseSampler]) -> BaseSampler:
    """Return a sampler that asks another one for each trial."""

    class ByTrial(load().samplers.BaseSampler):  # type: ignore[misc]
        """Passes all on."""

        def before_trial(self, study: Study, trial: FrozenTrial) -> None:
            self._own = of_trial(trial.number)
            self._own.before_trial(study, trial)

        def infer_relative_search_space(
            self, study: Study, trial: FrozenTrial
        ) -> dict[str, BaseDistribution]:
            return self._own.infer_relative_search_space(study, trial)

        def sample_relative(
            self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
        ) -> dict[str, Any]:
            return self._own.sample_relative(study, trial, search_space)

        def sample_independent(
            self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
        ) -> Any:  # noqa: ANN401
            return self._own.sample_independent(study, trial, param_name, param_distribution)

        def after_trial(
            self,
            study: Study,
            trial: FrozenTrial,
            state: TrialState,
            values: Any,  # noqa: ANN401
        ) -> None:
            of_trial(trial.number).after_trial(study, trial, state, values)

    return ByTrial()
