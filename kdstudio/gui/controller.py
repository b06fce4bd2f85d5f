"""What the window does with a run: start, pause, resume, stop, and follow it."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from time import monotonic

from PySide6.QtCore import QObject, QTimer, Signal

from kdstudio.engine.events import Event, RunDone, RunFailed, RunStarted, RunStopped
from kdstudio.engine.experiment import Experiment
from kdstudio.gui.worker import Prepare, RunWorker
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.progress import RunProgress
from kdstudio.runs.session import new_session, resumed_session

DRAIN_MILLISECONDS = 50


class State(Enum):
    """What the run is doing, in the word that people read."""

    READY = "Ready"
    PREPARING = "Preparing"
    RUNNING = "Running"
    PAUSED = "Paused"
    STOPPING = "Stopping"
    FINISHED = "Finished"
    STOPPED = "Stopped"
    FAILED = "Failed"

    @property
    def is_busy(self) -> bool:
        """Tell whether a worker is at work."""
        return self in {State.PREPARING, State.RUNNING, State.PAUSED, State.STOPPING}


class RunController(QObject):
    """One run at a time; its state is always that of the run."""

    state_changed = Signal(object)
    began = Signal()
    happened = Signal(object)
    """A list of events, in order."""
    failed = Signal(str, str)
    """Message and details."""

    def __init__(self, runs: Path, parent: QObject | None = None) -> None:
        """Runs are kept in ``runs``."""
        super().__init__(parent)
        self.runs = runs
        self.state = State.READY
        self.progress = RunProgress()
        self._worker: RunWorker | None = None
        self._active = 0.0
        self._since: float | None = None
        self._timer = QTimer(self, interval=DRAIN_MILLISECONDS)
        self._timer.timeout.connect(self._drain)

    @property
    def folder(self) -> RunFolder | None:
        """Folder of the current or last run, once it has one."""
        return self._worker.folder if self._worker else None

    def run(self, experiment: Experiment, *, allow_code: bool = False) -> None:
        """Start a new run; ``allow_code`` lets the user's own files build networks."""
        self._start(lambda tell: new_session(experiment, self.runs, tell=tell, allow_code=allow_code))

    def resume_folder(self, folder: RunFolder, *, allow_code: bool = False) -> None:
        """Go on with a stopped or interrupted run."""
        self._start(lambda tell: resumed_session(folder, tell, allow_code=allow_code))

    def _start(self, prepare: Prepare) -> None:
        if self.state.is_busy:
            return
        self.progress = RunProgress()
        self._active, self._since = 0.0, None
        self._worker = RunWorker(prepare)
        self._enter(State.PREPARING)
        self.began.emit()
        self._worker.start()
        self._timer.start()

    def pause(self) -> None:
        """Hold the run after its current step."""
        if self._worker and self.state is State.RUNNING:
            self._worker.pause()
            self._active, self._since = self.active_seconds(), None
            self._enter(State.PAUSED)

    def resume(self) -> None:
        """Let a paused run go on."""
        if self._worker and self.state is State.PAUSED:
            self._since = monotonic()
            self._worker.resume()
            self._enter(State.RUNNING)

    def stop(self) -> None:
        """Stop after the current step, with a checkpoint."""
        if self._worker and self.state.is_busy:
            self._enter(State.STOPPING)
            self._worker.stop()

    def finish(self) -> None:
        """Stop, and wait until nothing runs any more."""
        if self._worker and self.state.is_busy:
            self._worker.stop()
            self._worker.wait()
            self._drain()

    def active_seconds(self) -> float:
        """Time since training began, pauses left out."""
        return self._active + (monotonic() - self._since if self._since else 0.0)

    def seconds_left(self) -> float | None:
        """Time to the end of the run; None while unknown."""
        return self.progress.seconds_left(self.active_seconds())

    def _enter(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit(state)

    def _drain(self) -> None:
        assert self._worker is not None
        events = self._worker.drain()
        for event in events:
            self.progress = self.progress.after(event)
        if events:
            self.happened.emit(events)
        for event in events:
            self._follow(event)

    def _follow(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._since = monotonic()
                if self.state is State.PREPARING:
                    self._enter(State.RUNNING)
            case RunDone():
                self._end(State.FINISHED)
            case RunStopped():
                self._end(State.STOPPED)
            case RunFailed():
                self._end(State.FAILED)
                self.failed.emit(event.message, event.details)

    def _end(self, state: State) -> None:
        self._timer.stop()
        self._active, self._since = self.active_seconds(), None
        self._enter(state)
