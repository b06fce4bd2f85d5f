"""What the window does with a run: start, pause, resume, stop, and follow it by its folder."""

from __future__ import annotations

from contextlib import suppress
from enum import Enum
from pathlib import Path
from time import monotonic

from PySide6.QtCore import QObject, QTimer, Signal

from kdstudio.engine.experiment import Experiment
from kdstudio.errors import FieldPath, KDStudioError
from kdstudio.gui.worker import Prepare, RunWorker
from kdstudio.runs.control import Wish, ask
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.log import RunFollower
from kdstudio.runs.session import new_session, resumed_session
from kdstudio.runs.state import RunState

POLL_MILLISECONDS = 50
LEAVE_SECONDS = 20.0
"""How long the window waits at its end for the step, and the checkpoint, of a run."""
STILL_RUNS_SECONDS = 1.0
"""How often it is looked whether another process still has a run."""


class State(Enum):
    """What the run is doing, in the word that people read."""

    READY = "Ready"
    PREPARING = "Preparing"
    RUNNING = "Running"
    PAUSED = "Paused"
    STOPPING = "Stopping"
    FINISHED = "Finished"
    STOPPED = "Stopped"
    INTERRUPTED = "Interrupted"
    FAILED = "Failed"

    @property
    def is_busy(self) -> bool:
        """Tell whether somebody is at work."""
        return self in {State.PREPARING, State.RUNNING, State.PAUSED, State.STOPPING}


STATES = {
    "running": State.RUNNING,
    "paused": State.PAUSED,
    "finished": State.FINISHED,
    "stopped": State.STOPPED,
    "failed": State.FAILED,
}


class RunController(QObject):
    """Follows one run, started here or by another process, and rules it; one at a time is started here."""

    state_changed = Signal(object)
    followed = Signal()
    """Another run is followed than before."""
    happened = Signal(object)
    """A list of events of the run followed, in order; its state has them already."""
    failed = Signal(str, str)
    """Message and details."""

    def __init__(self, runs: Path, parent: QObject | None = None) -> None:
        """Runs are kept in ``runs``."""
        super().__init__(parent)
        self.runs = runs
        self.state = State.READY
        self._worker: RunWorker | None = None
        self.follower: RunFollower | None = None
        """Of the run followed; whoever shows it may read its state."""
        self.blamed: FieldPath = ()
        """Path of the experiment's field that the last failure speaks of; empty where none is known."""
        self._stopping = False
        self._looked = 0.0
        self._timer = QTimer(self, interval=POLL_MILLISECONDS)
        self._timer.timeout.connect(self.look)

    @property
    def folder(self) -> RunFolder | None:
        """Folder of the run followed, once it has one."""
        return self.follower.folder if self.follower else None

    @property
    def run_state(self) -> RunState:
        """What the run followed amounts to so far."""
        return self.follower.state if self.follower else RunState()

    @property
    def doing(self) -> str:
        """What is being prepared, before there is a folder."""
        return self._worker.doing if self._worker else ""

    @property
    def is_at_work(self) -> bool:
        """Tell whether a run that was started here goes on."""
        return self._worker is not None

    def run(self, experiment: Experiment, *, allow_code: bool = False) -> None:
        """Start a new run; ``allow_code`` lets the user's own files build networks."""
        self._start(lambda tell: new_session(experiment, self.runs, tell=tell, allow_code=allow_code))

    def resume_folder(self, folder: RunFolder, *, allow_code: bool = False) -> None:
        """Go on with a stopped or interrupted run."""
        self._start(lambda tell: resumed_session(folder, tell, allow_code=allow_code))

    def _start(self, prepare: Prepare) -> None:
        if self.is_at_work:
            return
        self.follower, self._stopping = None, False
        self._worker = RunWorker(prepare)
        self._enter(State.PREPARING)
        self.followed.emit()
        self._worker.start()
        self._timer.start()

    def follow(self, folder: RunFolder) -> None:
        """Follow another run than the one started here, unless that one goes on."""
        if self.is_at_work or folder == self.folder:
            return
        self._begin_following(folder)
        self._timer.start()
        self.look()

    def _begin_following(self, folder: RunFolder) -> None:
        self.follower, self._looked = RunFollower(folder), 0.0
        self.followed.emit()

    def pause(self) -> None:
        """Hold the run after its current step."""
        self._wish("pause")

    def resume(self) -> None:
        """Let a held run go on."""
        self._wish("go on")

    def stop(self) -> None:
        """Stop after the current step, with a checkpoint; or end the preparation."""
        if not self.state.is_busy:
            return
        self._stopping = True
        if self._worker:
            self._worker.stop()
        else:
            self._wish("stop")
        self._enter(State.STOPPING)

    def _wish(self, wish: Wish) -> None:
        if self.folder:
            with suppress(KDStudioError):  # it has ended meanwhile
                ask(self.folder, wish)

    def finish(self) -> None:
        """Stop what was started here, and wait for it, but not for ever: what the log has is safe."""
        if self._worker:
            self._worker.stop()
            self._worker.wait(LEAVE_SECONDS)
            self.look()

    def forget_failure(self) -> None:
        """Be ready again after a run that has failed; it stays in sight."""
        if self.state is State.FAILED:
            self._enter(State.READY)

    def _enter(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit(state)

    def look(self) -> None:
        """Read what is new of the run followed."""
        worker = self._worker
        ended = worker is not None and not worker.is_alive
        if worker and worker.folder and (self.follower is None or worker.folder != self.folder):
            self._begin_following(worker.folder)
        if self.follower:
            events = self.follower.poll()
            if events:
                self.happened.emit(events)
        if worker and ended:
            self._worker = None
            self._end(worker)
        elif self.follower and self.follower.state.started:
            self._take_state(self.follower)

    def _end(self, worker: RunWorker) -> None:
        """The run that was started here is over."""
        self._timer.stop()
        state = self.run_state
        if worker.failure:
            self.blamed = worker.failure.field
            self._enter(State.FAILED)
            self.failed.emit(worker.failure.message, worker.failure.details)
        else:
            self._enter(STATES[state.status] if state.is_over else State.STOPPED)

    def _take_state(self, follower: RunFollower) -> None:
        state = follower.state
        if not self._worker and not state.is_over and monotonic() - self._looked > STILL_RUNS_SECONDS:
            self._looked = monotonic()
            if not follower.folder.is_running():
                self._timer.stop()
                self._enter(State.INTERRUPTED)
                return
        if self._stopping and not state.is_over:
            return
        if state.is_over and not self._worker:
            self._timer.stop()
        if not (state.is_over and self._worker):  # until its thread has ended it still stops
            self._enter(STATES[state.status])
