"""One study: what is searched, as every process that shares it reads it from the storage."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from kdstudio.engine.experiment import Experiment
from kdstudio.errors import KDStudioError
from kdstudio.runs.command_line import differences
from kdstudio.runs.names import fault_of
from kdstudio.runs.presets import plain, read_experiment, to_toml, write_values
from kdstudio.runs.reading import reason_of
from kdstudio.runs.references import resolved
from kdstudio.runs.studies import library
from kdstudio.runs.studies.goal import Goal, is_minimised
from kdstudio.runs.studies.storage import StudyStorage
from kdstudio.runs.studies.varied import Varied, read_varied

if TYPE_CHECKING:
    from optuna.study import Study as OptunaStudy
    from optuna.trial import FrozenTrial

ATTRIBUTE, STOP, EPOCHS = "kdstudio", "kdstudio.stop", "kdstudio.epochs"
"""Under which a study in a storage says what it is, that nobody is to go on, and how long its runs are."""
AGAIN = "kdstudio.again"
"""Of a trial with the setting of one whose process was killed; where it is killed too, that is enough."""
MOST_TOLD = 3
"""Settings by which an experiment differs that a refusal names."""


class How(BaseModel):
    """How settings are chosen; whoever goes on with a study may say otherwise."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sampler: str = "tpe"
    pruner: str = "median"
    seed: int = 0
    """Of the sampler."""


class Described(BaseModel):
    """What a study says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    experiment: str
    """As TOML."""
    over: tuple[str, ...]
    """Fields with what they may be, as they were given."""
    goal: Goal
    trials: int = 20
    """How many were wanted at the beginning."""
    how: How = How()


@dataclass(frozen=True)
class Study:
    """A study that is there, open."""

    name: str
    storage: StudyStorage
    described: Described
    optuna: OptunaStudy
    experiment: Experiment
    fields: tuple[Varied, ...]

    @property
    def is_to_stop(self) -> bool:
        """Tell whether somebody, in whichever process, wishes that nobody goes on."""
        return bool(self.optuna.user_attrs.get(STOP))

    @property
    def epochs(self) -> int:
        """How many epochs of a run are told; 0 before the first one has begun."""
        return int(self.optuna.user_attrs.get(EPOCHS, 0))

    def note_epochs(self, epochs: int) -> None:
        """Say how many epochs of a run are told."""
        if self.epochs != epochs:
            self.optuna.set_user_attr(EPOCHS, epochs)

    def wish_stop(self, *, stop: bool) -> None:
        """Wish that nobody goes on, or let it go on."""
        with self.storage.reaching():
            if self.is_to_stop != stop:
                self.optuna.set_user_attr(STOP, stop)


def begin_study(
    name: str,
    storage: StudyStorage,
    experiment: Experiment,
    over: Sequence[str],
    goal: Goal,
    runs: Path,
    *,
    trials: int = 20,
    how: How = How(),  # noqa: B008
) -> Study:
    """Begin a study, or open the one of that name if it is of the same; nothing is run.

    The experiment's claim is left out: no setting that is merely tried is to be judged by it. Raises
    KDStudioError where it cannot be searched so, or there is another study of that name.
    """
    optuna = library.load()
    if fault := fault_of(name):
        raise KDStudioError(
            f"{name!r} is no name for a study: it {fault}; use letters, digits, dots and dashes"
        )
    experiment = resolved(experiment.model_copy(update={"claim": None}), runs)
    check_how(how)
    fields = read_varied(over, experiment, experiment.name)
    described = Described(experiment=to_toml(experiment), over=tuple(over), goal=goal, trials=trials, how=how)
    storage.prepare()
    opened = storage.open(line_up_again)
    with storage.reaching(Exception), storage.turn():
        if name in optuna.get_all_study_names(opened):
            study = optuna.load_study(study_name=name, storage=opened)
        else:
            direction = "minimize" if is_minimised(goal) else "maximize"
            study = optuna.create_study(storage=opened, study_name=name, direction=direction)
            study.set_user_attr(ATTRIBUTE, described.model_dump(mode="json"))
    found = Study(name, storage, _described(study, storage), study, experiment, fields)
    _check_same(found, described, experiment)
    return found


def check_how(how: How) -> None:
    """Raise KDStudioError for a sampler or pruner that there is not, or that cannot be used here."""
    library.check_sampler(how.sampler)
    library.check_pruner(how.pruner)


def open_study(name: str, storage: StudyStorage) -> Study:
    """Open a study; KDStudioError where there is none, or it is damaged or another program's."""
    optuna = library.load()
    opened = storage.open(line_up_again)
    with storage.reaching(Exception):
        names = optuna.get_all_study_names(opened)
        if name not in names:
            there = f"there are {', '.join(sorted(names))}" if names else "there is none yet"
            raise KDStudioError(f"no study '{name}' in '{storage.title}'; {there}")
        study = optuna.load_study(study_name=name, storage=opened)
    described = _described(study, storage)
    experiment = read_experiment(described.experiment, f"study {name}")
    return Study(name, storage, described, study, experiment, read_varied(described.over, experiment, name))


def line_up_again(study: OptunaStudy, trial: FrozenTrial) -> None:
    """Let the setting of a trial whose process was killed be tried once more."""
    if trial.params and not trial.user_attrs.get(AGAIN):
        study.enqueue_trial(trial.params, user_attrs={AGAIN: True})


def study_names(storage: StudyStorage) -> list[str]:
    """Names of the studies in a storage; none where nothing is kept there yet."""
    if not storage.is_there:
        return []
    opened = storage.open()
    with storage.reaching(Exception):
        return sorted(library.load().get_all_study_names(opened))


def _described(study: OptunaStudy, storage: StudyStorage) -> Described:
    said: Any = study.user_attrs.get(ATTRIBUTE)
    if said is None:
        raise KDStudioError(
            f"study '{study.study_name}' in '{storage.title}' was not begun by KD Studio; choose "
            "another name with --study"
        )
    try:
        return Described.model_validate(said)
    except ValueError as error:
        raise KDStudioError(
            f"study '{study.study_name}' in '{storage.title}' is damaged ({reason_of(error)}); choose "
            "another name with --study"
        ) from error


def _check_same(study: Study, wanted: Described, experiment: Experiment) -> None:
    """Refuse to go on with what is searched otherwise."""
    there, other = study.described, ""
    if there.goal != wanted.goal:
        other = f"is after {there.goal}, not {wanted.goal}"
    elif there.over != wanted.over:
        other = f"varies {', '.join(there.over)}, not {', '.join(wanted.over)}"
    elif there.experiment != wanted.experiment:
        before: dict[str, Any] = {}
        with suppress(KDStudioError):
            before = plain(read_experiment(there.experiment, study.name))
        changes = differences(before, plain(experiment))
        told = [f"{path}={write_values([value])}" for path, value in changes[:MOST_TOLD]]
        other = f"has other settings ({', '.join(told)})" if told else "has other settings"
    if other:
        raise KDStudioError(
            f"study '{study.name}' {other}; go on with it as it is (kdstudio search --study {study.name}), "
            "or choose another name with --study"
        )
