"""What has come of a study so far, read from its storage: its trials, the best, what mattered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from kdstudio.engine.identity import Coordinate
from kdstudio.engine.sweep import coordinate
from kdstudio.runs.names import fault_of
from kdstudio.runs.studies import library
from kdstudio.runs.studies.goal import Goal, is_minimised

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from kdstudio.runs.studies.study import Study

RUN, ENDED, REASON = "kdstudio.run", "kdstudio.ended", "kdstudio.reason"
"""Under which a trial says which run is its own, and why it has no result."""
TrialState = Literal["waiting", "running", "finished", "pruned", "failed", "stopped", "interrupted"]
STATES: dict[str, TrialState] = {
    "WAITING": "waiting",
    "RUNNING": "running",
    "COMPLETE": "finished",
    "PRUNED": "pruned",
    "FAIL": "interrupted",
}
"""What Optuna's states are called; of a failure the trial itself says more, unless its process was killed."""
LEAST_TRIALS = 5
"""With a result, for it to say anything about which field matters."""


@dataclass(frozen=True)
class ToldTrial:
    """One trial."""

    number: int
    state: TrialState
    chosen: dict[str, Coordinate]
    """Its values, by the fields' paths."""
    value: float | None
    """Of the goal; where it was given up early the last that was known."""
    epochs: int
    """Of those whose value was told."""
    run: str
    """Name of its run; empty where there is none."""
    seconds: float | None
    reason: str
    """Why it failed."""


@dataclass(frozen=True)
class History:
    """A study as it stands."""

    name: str
    place: str
    goal: Goal
    over: tuple[str, ...]
    experiment: str
    """Name of what is searched."""
    wanted: int
    trials: tuple[ToldTrial, ...]
    importance: dict[str, float]
    """Share of each field in what makes results good, the largest first; none from too few trials."""

    @property
    def finished(self) -> list[ToldTrial]:
        """Those that have a result."""
        return [trial for trial in self.trials if trial.state == "finished" and trial.value is not None]

    @property
    def tried(self) -> int:
        """How many have a result, or were given up early."""
        return len(self.finished) + sum(trial.state == "pruned" for trial in self.trials)

    @property
    def best(self) -> ToldTrial | None:
        """The one with the best result; the first of equals."""
        sign = 1 if is_minimised(self.goal) else -1
        return min(self.finished, key=lambda trial: sign * (trial.value or 0.0), default=None)

    @property
    def is_running(self) -> bool:
        """Tell whether somebody works on it."""
        return any(trial.state == "running" for trial in self.trials)

    @property
    def paths(self) -> list[str]:
        """Fields that are varied."""
        return [text.partition("=")[0].strip() for text in self.over]

    def best_so_far(self) -> list[tuple[int, float]]:
        """The best result after each one that came, in the order of the trials."""
        chosen, found = min if is_minimised(self.goal) else max, []
        best: float | None = None
        for trial in self.finished:
            value = trial.value or 0.0
            best = value if best is None else chosen(best, value)
            found.append((trial.number, best))
        return found


def read_history(study: Study) -> History:
    """Read all trials; KDStudioError where the storage cannot be reached or is damaged."""
    with study.storage.reaching(Exception):
        trials = study.optuna.get_trials(deepcopy=False)
        told = tuple(told_trial(trial, study) for trial in trials)
        importance = _importance(study, told)
    return History(
        name=study.name,
        place=study.storage.title,
        goal=study.described.goal,
        over=study.described.over,
        experiment=study.experiment.name,
        wanted=study.described.trials,
        trials=told,
        importance=importance,
    )


def told_trial(trial: FrozenTrial, study: Study) -> ToldTrial:
    """Say what Optuna knows of a trial, as far as it can be believed."""
    attributes = trial.user_attrs
    state = STATES[trial.state.name]
    if state == "interrupted" and attributes.get(ENDED) in ("failed", "stopped"):
        state = attributes[ENDED]
    elif state == "running" and not study.storage.is_worked_on(study.name, trial.number):
        state = "interrupted"
    values = [trial.value] if trial.state.name == "COMPLETE" else _last(trial.intermediate_values)
    seconds = trial.duration.total_seconds() if trial.duration else None
    return ToldTrial(
        number=trial.number,
        state=state,
        chosen={path: coordinate(value) for path, value in trial.params.items()},
        value=next((value for value in values if value is not None and math.isfinite(value)), None),
        epochs=len(trial.intermediate_values),
        run=_name(attributes.get(RUN)),
        seconds=seconds,
        reason=str(attributes.get(REASON, "")),
    )


def _last(values: dict[int, float]) -> list[float]:
    return [values[max(values)]] if values else []


def _name(said: Any) -> str:  # noqa: ANN401
    """Believe a run's name only where it is one: it leads to a folder."""
    return said if isinstance(said, str) and not fault_of(said) else ""


def _importance(study: Study, trials: Sequence[ToldTrial]) -> dict[str, float]:
    """Ask Optuna (PED-ANOVA, Watanabe et al. 2023); none of too few results, or of equal ones."""
    values = {trial.value for trial in trials if trial.state == "finished"}
    results = sum(trial.state == "finished" for trial in trials)
    if results < LEAST_TRIALS or len(values) < 2:
        return {}
    optuna = library.load()
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    with library.quietly():
        found = optuna.importance.get_param_importances(study.optuna, evaluator=evaluator)
    return {path: float(share) for path, share in found.items() if math.isfinite(share)}
