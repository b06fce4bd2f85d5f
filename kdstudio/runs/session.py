"""One run from experiment to folder: what the window's worker and the command line both do."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from kdstudio.engine.checkpoint import Checkpoint
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
from kdstudio.engine.experiment import REGISTRIES, Experiment
from kdstudio.engine.trials import code_run_by
from kdstudio.errors import KDStudioError, speaking_of
from kdstudio.models.python import MODULE as USER_MODULE
from kdstudio.packages import OURS, deepest_place, top_level
from kdstudio.runs.answer_store import SqliteAnswers
from kdstudio.runs.caches import answers_folder, answers_limit
from kdstudio.runs.claims import judged_run
from kdstudio.runs.control import Wish, wish_for
from kdstudio.runs.files import make_folder
from kdstudio.runs.folder import RunFolder, create_run
from kdstudio.runs.recorder import Recorder, read_checkpoint, rewind
from kdstudio.runs.references import WeightsReader, resolved
from kdstudio.runs.summary import Status
from kdstudio.runs.weights import check_code, load_tensors

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.trainer import Trainer

Tell = Callable[[Preparing], None]
"""Hears what is being prepared; what it raises ends the preparation."""
LOOK_SECONDS = 0.05
"""How often a held run looks whether it may go on."""


class Session:
    """A prepared run; iterate :meth:`events` to run it, close that generator to stop it."""

    def __init__(self, trainer: Trainer, folder: RunFolder, lock: FileLock) -> None:
        """``folder`` exists and holds the experiment; ``lock`` is its, held."""
        self._trainer = trainer
        self._lock = lock
        self.folder = folder

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
            leaving.callback(self.folder.control_file.unlink, missing_ok=True)
            recorder = leaving.enter_context(closing(Recorder(self.folder)))
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
                last = failure(error)
                with suppress(OSError):
                    recorder.record(last)
        if last:
            yield last

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
            return "stop" if stopping() else wish_for(self.folder)

        if wish() == "pause":
            paused = RunPaused(seconds=self.seconds())
            recorder.record(paused)
            yield paused
            while wish() == "pause":
                time.sleep(LOOK_SECONDS)
            resumed = RunResumed(seconds=self.seconds())
            recorder.record(resumed)
            yield resumed
        return wish() == "stop"


def new_session(
    experiment: Experiment,
    runs: Path,
    name: str = "",
    tell: Tell = lambda _: None,
    *,
    allow_code: bool = False,
) -> Session:
    """Load the data, try every stage, and make the run folder.

    ``tell`` hears of downloads and the like; ``allow_code`` lets networks be built by the user's
    own Python files. Raises KDStudioError when the experiment cannot be
    run; then no folder is left behind.
    """
    make_folder(runs, "runs folder")
    check_code(code_run_by(experiment), allow_code=allow_code)
    experiment = resolved(experiment, runs)
    trainer = _trainer(experiment, tell)
    folder = create_run(runs, trainer.settled(), name)
    return Session(trainer, folder, folder.hold())


def resumed_session(folder: RunFolder, tell: Tell = lambda _: None, *, allow_code: bool = False) -> Session:
    """Prepare an interrupted or stopped run to go on where its checkpoint stands.

    The folder is held from here on, so that nobody else resumes it meanwhile. Where the preparation fails,
    nothing in it has changed.
    """
    _refuse(folder, "finished", "running", "paused")
    experiment = folder.experiment()
    check_code(code_run_by(experiment), allow_code=allow_code)
    lock = folder.hold()
    try:
        _refuse(folder, "finished")  # by somebody else, just now
        folder.control_file.unlink(missing_ok=True)
        checkpoint, length = read_checkpoint(folder)
        trainer = _trainer(resolved(experiment, folder.path.parent, folder), tell, checkpoint, folder)
        rewind(folder, length)
    except BaseException:
        lock.release()
        raise
    return Session(trainer, folder, lock)


def _refuse(folder: RunFolder, *statuses: Status) -> None:
    status = folder.summary().status
    if status in statuses:
        raise KDStudioError(f"run '{folder.name}' is {status}; there is nothing to resume")


def _trainer(
    experiment: Experiment, tell: Tell, resume: Checkpoint | None = None, folder: RunFolder | None = None
) -> Trainer:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.device import resolve_device
    from kdstudio.engine.trainer import Trainer

    limit = answers_limit()
    store = SqliteAnswers(answers_folder(), limit) if limit else None

    def progress(what: str, fraction: float = 0.0) -> None:
        tell(Preparing(what=what, fraction=fraction))

    def finished(stage: int, name: str) -> dict[str, Tensor]:
        assert folder is not None
        part = folder.part_file(stage, name)
        return load_tensors(part if part.exists() else folder.network_file(name))

    with speaking_of("compute", "device"):
        device = resolve_device(experiment.compute.device)
    with speaking_of("data", "source"):
        data = experiment.data.source.load(progress)
    context = RunContext(experiment, data, device, WeightsReader())
    return Trainer(context, resume, finished, progress, store)


def failure(error: BaseException) -> RunFailed:
    """Tell an error to a person: the reason, the remedy, and the details for a report.

    It does without torch, which may be what could not be imported.
    """
    torch = sys.modules.get("torch")
    memory_errors = (MemoryError, getattr(torch, "OutOfMemoryError", MemoryError))
    details = "".join(traceback.format_exception(error))
    if isinstance(error, KDStudioError):
        message = str(error)
    elif isinstance(error, memory_errors) or "allocate memory" in str(error):
        message = "out of memory: choose a smaller batch size or network, or another device"
    elif isinstance(error, OSError):
        message = (
            f"{error.strerror or error}: {error.filename or 'the run folder'}; free or choose another place"
        )
    else:
        message = f"{type(error).__name__}: {error} {_blame(error)}"
    return RunFailed(message=message, details=details, field=getattr(error, "field", ()))


def _blame(error: BaseException) -> str:
    """Say whose line an error came from: another package's, the user's, or ours."""
    strangers = {
        top_level(entry.__module__): registry.package_of(name)
        for registry in REGISTRIES
        for name, entry in registry.items()
    }
    place = deepest_place(error, {*strangers, USER_MODULE})
    if place is not None and place.module == USER_MODULE:
        return f"in {place.file}, line {place.line}; mend it there"
    if place is not None and strangers[top_level(place.module)] != OURS:
        return f"in {place} (package {strangers[top_level(place.module)]}); please tell its authors"
    theirs = deepest_place(error, {module for module, package in strangers.items() if package != OURS})
    if theirs is not None:
        package = strangers[top_level(theirs.module)]
        return f"after a call in {theirs} (package {package}); if that call is right, report the details"
    if isinstance(error, ImportError):
        return "(something is missing here; install KD Studio anew)"
    return "(this is a mistake in KD Studio; please report the details)"
