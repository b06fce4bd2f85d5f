"""The search itself: the next setting is chosen, run like any other experiment, and its result is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from itertools import count
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from kdstudio.engine.events import Event, Preparing, RunStarted
from kdstudio.engine.identity import Coordinate
from kdstudio.errors import KDStudioError
from kdstudio.runs.failure import failure
from kdstudio.runs.folder import PATIENCE
from kdstudio.runs.labels import read_labels, write_labels
from kdstudio.runs.log import RunFollower
from kdstudio.runs.session import Session, Unwanted, new_session
from kdstudio.runs.state import RunState
from kdstudio.runs.studies import library
from kdstudio.runs.studies.goal import Progress, reached
from kdstudio.runs.studies.history import ENDED, REASON, RUN, ToldTrial, told_trial
from kdstudio.runs.studies.study import How, Study, check_how, line_up_again
from kdstudio.runs.studies.varied import with_values

if TYPE_CHECKING:
    from optuna.trial import Trial

ASK_SECONDS = 0.5
"""How often the storage is asked whether somebody wishes that nobody goes on."""
MOST_FAILED = 3
"""Trials that may fail one after the other; then something is wrong with all of them."""
TAG_OF_PRUNED = "pruned"


class Listener:
    """Hears what a search does; here nothing is done with it."""

    def begins(self, number: int, chosen: Mapping[str, Coordinate]) -> None:
        """A setting has been chosen for the trial of that number."""

    def prepares(self, event: Preparing) -> None:
        """Its run is being prepared."""

    def shows(self, events: list[Event], state: RunState) -> None:
        """Its run has gone on."""

    def ends(self, trial: ToldTrial) -> None:
        """It is over."""


class Ended(Exception):  # noqa: N818
    """Why a trial has no result: ``failed``, ``stopped`` by somebody, or ``interrupted`` with the search."""

    def __init__(self, state: str, reason: str = "") -> None:
        """``reason`` is for people."""
        super().__init__(reason)
        self.state = state
        self.reason = reason


class Search:
    """Works on a study, perhaps beside other processes; there are as many trials as are wanted of all."""

    def __init__(
        self,
        study: Study,
        runs: Path,
        *,
        how: How | None = None,
        allow_code: bool = False,
        leaving: Callable[[], bool] = lambda: False,
        listener: Listener | None = None,
    ) -> None:
        """``leaving`` tells that the search is to end: what runs is stopped, its setting tried again later.

        Without ``how`` settings are chosen as the study says. Raises KDStudioError where nobody can.
        """
        self._study = study
        self._runs = runs
        self._allow_code = allow_code
        self._leaving = leaving
        self._listener = listener or Listener()
        self._failed = 0
        self._ended: Ended | None = None
        self._is_stopped = False
        self._asked = 0.0
        how = how or study.described.how
        check_how(how)
        self._pruner = how.pruner
        study.optuna.sampler = library.seeded_sampler(how.sampler, how.seed, study.optuna)

    def run(self, trials: int) -> None:
        """Go on until there are so many trials that have a result or were given up early.

        Raises KDStudioError where the storage cannot be reached, or trial after trial fails.
        """
        self._study.wish_stop(stop=False)
        self._is_stopped = False
        while not (self._is_to_end() or self._study.is_to_stop) and self._try_next(trials):
            pass

    def _is_to_end(self) -> bool:
        """Tell whether it is; the storage is asked now and then, for a run asks after every event."""
        if not self._is_stopped and monotonic() - self._asked > ASK_SECONDS:
            self._is_stopped, self._asked = self._study.is_to_stop, monotonic()
        return self._leaving() or self._is_stopped

    def _try_next(self, wanted: int) -> bool:
        """Take a turn; tells whether another may be needed."""
        optuna, study = library.load(), self._study.optuna
        self._ended = None
        with ExitStack() as turn, self._study.storage.reaching():
            turn.enter_context(self._study.storage.turn())
            self._bury_killed()
            counted = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
            trials = study.get_trials(deepcopy=False)
            running = [trial for trial in trials if trial.state == optuna.trial.TrialState.RUNNING]
            if len(running) + sum(trial.state in counted for trial in trials) >= wanted:
                return False
            study.pruner = library.pruner(self._pruner, self._study.epochs)
            with library.quietly():
                study.optimize(lambda trial: self._try(trial, turn), n_trials=1, catch=(Ended,))
        self._tell()
        return True

    def _bury_killed(self) -> None:
        """Mark trials whose process has gone as failed, and line their settings up again."""
        study, optuna = self._study.optuna, library.load()
        states = optuna.trial.TrialState
        with library.quietly():
            optuna.storages.fail_stale_trials(study)  # of a database, where nothing was heard for long
        for trial in study.get_trials(deepcopy=False, states=(states.RUNNING,)):
            if not self._study.storage.is_worked_on(self._study.name, trial.number):
                self._study.storage.forget_lock(self._study.name, trial.number)
                study.tell(trial.number, state=states.FAIL)
                line_up_again(study, trial)

    def _try(self, trial: Trial, turn: ExitStack) -> float:
        """Run a trial, which others leave alone from now on; ``turn`` is theirs once values are chosen."""
        self._number = trial.number
        lock = self._study.storage.trial_lock(self._study.name, trial.number)
        with lock.acquire(timeout=PATIENCE):  # somebody may look whether it is held
            chosen = {field.path: field.suggest(trial) for field in self._study.fields}
            turn.close()
            self._listener.begins(trial.number, chosen)
            try:
                return self._run(trial, chosen)
            except Ended as ended:
                self._ended = ended
                trial.set_user_attr(ENDED, ended.state)
                trial.set_user_attr(REASON, ended.reason)
                raise

    def _run(self, trial: Trial, chosen: Mapping[str, Coordinate]) -> float:
        """Run it to its end; returns what it has come to.

        Raises TrialPruned where it is given up early, Ended where it has no result.
        """
        session = self._session(trial, chosen)
        trial.set_user_attr(RUN, session.folder.name)
        self._label(session)
        is_pruned = self._follow(trial, session)
        summary = session.folder.summary()
        if session.failed:
            raise Ended("failed", session.failed.message)
        if summary.status == "finished":
            try:
                return reached(summary, self._study.described.goal)
            except KDStudioError as error:
                raise Ended("failed", str(error)) from error
        if is_pruned:
            self._label(session, TAG_OF_PRUNED)
            raise library.load().TrialPruned
        raise Ended("interrupted" if self._is_to_end() else "stopped")

    def _session(self, trial: Trial, chosen: Mapping[str, Coordinate]) -> Session:
        def tell(event: Preparing) -> None:
            self._listener.prepares(event)
            if self._is_to_end():
                raise Unwanted

        study = self._study
        try:
            experiment = with_values(study.experiment, study.fields, chosen, f"trial {trial.number}")
            name = self._free_name(trial.number)
            return new_session(experiment, self._runs, name, tell, allow_code=self._allow_code)
        except Unwanted as error:
            raise Ended("interrupted") from error
        except (Exception, SystemExit) as error:  # of the user's code too
            raise Ended("failed", failure(error).message) from error

    def _free_name(self, number: int) -> str:
        """``digits-hinton-007``; with another number behind it where a former study had that run."""
        usual = f"{self._study.name}-{number:03d}"
        names = (usual if again == 1 else f"{usual}-{again}" for again in count(1))
        return next(name for name in names if not (self._runs / name).exists())

    def _follow(self, trial: Trial, session: Session) -> bool:
        """Run, telling each epoch's value; returns whether it was to be given up."""
        is_pruned = False
        follower, progress = RunFollower(session.folder), Progress(self._study.described.goal)
        with closing(session.events(stopping=lambda: is_pruned or self._is_to_end())) as events:
            for _event in events:
                new = follower.poll()
                self._listener.shows(new, follower.state)
                for started in new:
                    if isinstance(started, RunStarted):
                        self._study.note_epochs(progress.planned(started))
                for step, value in progress.values(new, follower.state):
                    trial.report(value, step)
                    is_pruned = is_pruned or trial.should_prune()
        return is_pruned

    def _label(self, session: Session, *tags: str) -> None:
        """Tag the run with the study's name, by which they are found together."""
        with suppress(KDStudioError):  # it is only a word about the run
            write_labels(session.folder, read_labels(session.folder).tagged((self._study.name, *tags)))

    def _tell(self) -> None:
        """Tell what has become of the trial, and line up again what was merely interrupted."""
        study = self._study.optuna
        self._study.storage.forget_lock(self._study.name, self._number)
        trial = next(t for t in study.get_trials(deepcopy=False) if t.number == self._number)
        self._listener.ends(told_trial(trial, self._study))
        if self._ended and self._ended.state == "interrupted":
            study.enqueue_trial(trial.params)
        self._failed = self._failed + 1 if self._ended and self._ended.state == "failed" else 0
        if self._ended and self._failed >= MOST_FAILED:
            raise KDStudioError(
                f"{MOST_FAILED} trials have failed one after the other, the last one so: {self._ended.reason}"
            )
