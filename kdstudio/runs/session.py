"""One run from experiment to folder: what the window's worker and the command line both do."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from kdstudio.engine.events import (
    ClaimJudged,
    Event,
    Preparing,
    RunDone,
    RunFailed,
    RunNotice,
    RunPaused,
    RunResumed,
    RunStopped,
)
from kdstudio.engine.experiment import Experiment
from kdstudio.engine.trials import code_run_by
from kdstudio.errors import KDStudioError, LostProcessError
from kdstudio.runs.beginning import begin_run
from kdstudio.runs.begun_with import check_settings
from kdstudio.runs.claims import judged_run
from kdstudio.runs.control import Wish, strongest, wish_for
from kdstudio.runs.failure import failure
from kdstudio.runs.files import make_folder, remove_unfinished
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.more_epochs import more_epochs
from kdstudio.runs.names import check_new_name
from kdstudio.runs.preparing import Tell, prepared
from kdstudio.runs.recorder import Recorder
from kdstudio.runs.references import resolved
from kdstudio.runs.resuming import go_back, where_to_go_on
from kdstudio.runs.summary import Status
from kdstudio.runs.weights import check_code

if TYPE_CHECKING:
    from kdstudio.engine.trainer import Trainer
    from kdstudio.processes import Processes

LOOK_SECONDS = 0.05
"""How often a held run looks whether it may go on."""


class Unwanted(BaseException):
    """Ends a preparation that nobody wants any more: raised where it tells of its progress."""


class Session:
    """A prepared run; iterate :meth:`events` to run it, close that generator to stop it."""

    def __init__(self, trainer: Trainer, folder: RunFolder, lock: FileLock) -> None:
        """``folder`` exists and holds the experiment; ``lock`` is its, held."""
        self._trainer = trainer
        self._lock = lock
        self.folder = folder
        self.failed: RunFailed | None = None
        """How it ended, where it failed, which a full disk may not have let it write down."""

    def seconds(self) -> float:
        """Time spent in the run."""
        return self._trainer.seconds()

    def events(self, stopping: Callable[[], bool] = lambda: False) -> Generator[Event]:
        """Run, record, and pass every event on; the last one tells how it ended.

        Wishes left for the run (see ``control.py``) are obeyed after each event; ``stopping``, asked then
        and while the run is held, is another way to wish its end. Closed early, it finishes the step, saves
        a checkpoint and marks the run stopped.
        """
        event: Event | None = None
        last: Event | None = None
        with ExitStack() as leaving:
            leaving.callback(self._lock.release)
            leaving.callback(self._forget_wishes)
            every = self._trainer.experiment.compute.checkpoint_every
            recorder = leaving.enter_context(closing(Recorder(self.folder, every)))
            running = leaving.enter_context(closing(self._trainer.events()))
            try:
                for event in running:
                    if isinstance(event, RunDone):
                        yield from self._judge(recorder)
                    recorder.record(event, self._trainer)
                    yield event
                    if not isinstance(event, RunDone) and (yield from self._obey(recorder, stopping)):
                        last = self._stop(recorder, event)
                        break
            except GeneratorExit:  # between two events; an interruption may come within a step
                self._stop(recorder, event)
                raise
            except (Exception, SystemExit) as error:  # code of the user's may call exit
                last = self.failed = self._failure(error)
                with suppress(KDStudioError):  # then the last line of the log was written before
                    recorder.record(last)
        if last:
            yield last

    def _failure(self, error: BaseException) -> RunFailed:
        """Tell what has failed here, or in another of the run's processes; the others hear of it."""
        told = failure(error)
        if isinstance(error, LostProcessError):
            goes_on = f"'kdstudio resume {self.folder.name}' goes on from the last checkpoint"
            told = told.model_copy(
                update={"message": f"{told.message}; {goes_on}, in any number of processes"}
            )
        self._trainer.processes.leave(told.message)
        return told

    def _forget_wishes(self) -> None:
        with suppress(OSError):  # of a folder that lets nothing be written; whoever resumes it forgets them
            self.folder.control_file.unlink(missing_ok=True)

    def _judge(self, recorder: Recorder) -> Generator[Event]:
        """Measure what the experiment claims, where it does; its code has been allowed with the run's.

        What fails in it, as in a quantity of another package, is told: the networks are trained.
        """
        claim = self.folder.experiment().claim
        if claim is None:
            return
        yield Preparing(what="measuring the claim", fraction=0.0)
        told: ClaimJudged | RunNotice
        try:
            told = ClaimJudged(judgement=judged_run(claim, self.folder, allow_code=True))
        except Exception as error:
            told = RunNotice(message=f"The claim could not be measured: {failure(error).message}")
        recorder.record(told)
        yield told

    def _stop(self, recorder: Recorder, event: Event | None) -> Event | None:
        """Keep where the run stands after ``event``; nothing is left to stop after the last."""
        if isinstance(event, RunDone):
            return None
        recorder.save_checkpoint(self._trainer)
        stopped = RunStopped(seconds=self.seconds())
        recorder.record(stopped)
        return stopped

    def _obey(self, recorder: Recorder, stopping: Callable[[], bool]) -> Generator[Event, None, bool]:
        """Hold the run while that is wished; returns whether it is to stop."""

        def wish() -> Wish:
            own: Wish = "stop" if stopping() else wish_for(self.folder)
            return strongest(own, self._trainer.processes)

        wished = wish()
        if wished == "pause":
            paused = RunPaused(seconds=self.seconds())
            recorder.record(paused)
            yield paused
            while (wished := wish()) == "pause":
                time.sleep(LOOK_SECONDS)
            resumed = RunResumed(seconds=self.seconds())
            recorder.record(resumed)
            yield resumed
        return wished == "stop"


def new_session(
    experiment: Experiment,
    runs: Path,
    name: str = "",
    tell: Tell = lambda _: None,
    *,
    allow_code: bool = False,
    processes: Processes | None = None,
) -> Session:
    """Load the data, try every stage, and make the run folder.

    ``tell`` hears of downloads and the like; ``allow_code`` lets networks be built by the user's
    own Python files. This is the first of several ``processes``, if there are. Raises KDStudioError when the
    experiment cannot be run; then no folder is left behind.
    """
    make_folder(runs, "runs folder")
    check_new_name(name, runs)
    check_code(code_run_by(experiment), allow_code=allow_code)
    experiment = resolved(experiment, runs)
    trainer = prepared(experiment, runs, tell, processes=processes)
    return Session(trainer, *begin_run(runs, trainer.settled(), name))


def resumed_session(
    folder: RunFolder,
    tell: Tell = lambda _: None,
    *,
    allow_code: bool = False,
    again: bool = False,
    processes: Processes | None = None,
) -> Session:
    """Prepare an interrupted or stopped run to go on where its checkpoint stands.

    Where that cannot be trusted, it goes on at the last place that can, and its log tells so. The folder is
    held from here on, so that nobody else resumes it meanwhile. Raises KDStudioError where there is no such
    place, unless it may be trained ``again`` from its beginning, or other settings than the run was begun
    with; where the preparation fails, nothing has changed.
    """
    _refuse(folder, "finished", "running", "paused")
    experiment = folder.experiment()
    check_code(code_run_by(experiment), allow_code=allow_code)
    lock = folder.hold()
    try:
        _refuse(folder, "finished")  # by somebody else, just now
        with folder.writing():
            folder.control_file.unlink(missing_ok=True)
            remove_unfinished(folder.path)
        runs = folder.path.parent
        experiment = resolved(experiment, runs, folder)
        check_settings(folder, experiment)
        place = where_to_go_on(folder, again=again)
        trainer = prepared(experiment, runs, tell, place.checkpoint, folder, processes)
        with folder.writing():
            go_back(folder, place)
    except BaseException:
        lock.release()
        raise
    return Session(trainer, folder, lock)


def _refuse(folder: RunFolder, *statuses: Status) -> None:
    status = folder.summary().status
    if status not in statuses:
        return
    told = f"run '{folder.name}' is {status}; there is nothing to resume"
    if status == "finished":
        told += (
            f". More epochs are a new run that starts from its weights: {more_epochs(folder)} (in the "
            "window: More epochs… on Compare)"
        )
    raise KDStudioError(told)
