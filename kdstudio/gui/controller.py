"""What the window does with runs: put them in line, hold and stop them, and follow one by its folder."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic

from PySide6.QtCore import QObject, QTimer, Signal

from kdstudio.engine.experiment import Experiment
from kdstudio.errors import FieldPath, KDStudioError
from kdstudio.gui.queue_watch import QueueWatch
from kdstudio.gui.run_states import ENDS, STATES, State
from kdstudio.runs.control import Wish, ask
from kdstudio.runs.failure import failure
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.log import RunFollower
from kdstudio.runs.queue.entry import Entry
from kdstudio.runs.state import RunState

__all__ = ["RunController", "State"]

POLL_MILLISECONDS = 50
IDLE_MILLISECONDS = 400
"""How often it is looked whether somebody else has put something in line."""
LEAVE_SECONDS = 20.0
"""How long the window waits at its end for the step, and the checkpoint, of a run."""
STUCK_SECONDS = 10.0
"""After which a run that was asked to stop may be ended without its word."""
STILL_RUNS_SECONDS = 1.0
"""How often it is looked whether another process still has a run."""


class RunController(QObject):
    """Follows one run, of the queue or of another process, and rules it."""

    state_changed = Signal(object)
    followed = Signal()
    """Another run is followed than before."""
    happened = Signal(object)
    """A list of events of the run followed, in order; its state has them already."""
    failed = Signal(str, str)
    """Message and details."""
    queued = Signal(int)
    """What was to be run has to wait; its place in line, from 1."""

    def __init__(self, runs: Path, parent: QObject | None = None) -> None:
        """Runs, and their queue, are kept in ``runs``."""
        super().__init__(parent)
        self.state = State.READY
        self.watch = QueueWatch(runs, self)
        """The queue; whoever shows it may read and change it."""
        self.watch.failed.connect(self.failed)
        self.watch.changed.connect(self._note_waiting)
        self._waiting: set[str] = set()
        """Keys of what has waited, and has not been followed since."""
        self.follower: RunFollower | None = None
        """Of the run followed; whoever shows it may read its state."""
        self.blamed: FieldPath = ()
        """Path of the experiment's field that the last failure speaks of; empty where none is known."""
        self._entry: Entry | None = None
        """What is followed of the queue, until it is over."""
        self._stopping = self._settled = False
        self._still_runs = True
        self._asked = self._looked = 0.0
        self._timer = QTimer(self, interval=IDLE_MILLISECONDS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

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
        if self._entry is None:
            return ""
        return self.watch.why_it_waits if self._entry.state == "waiting" else self._entry.doing

    @property
    def is_at_work(self) -> bool:
        """Tell whether a run of the queue goes on."""
        return self._entry is not None

    @property
    def is_own(self) -> bool:
        """Tell whether that run ends with this window."""
        return self._entry is not None and self.watch.is_own(self._entry)

    @property
    def process(self) -> int:
        """Number of the process that runs it; 0 where that is not known."""
        return self._entry.worker if self._entry and self._entry.state == "running" else 0

    @property
    def is_stuck(self) -> bool:
        """Tell whether the run has not answered the wish to stop for long."""
        asked_long_ago = monotonic() - self._asked > STUCK_SECONDS
        return self.is_at_work and self.state is State.STOPPING and asked_long_ago

    def run(self, experiment: Experiment, *, allow_code: bool = False) -> None:
        """Put a new run in line, or start it; ``allow_code`` lets the user's own files build networks."""
        self._line_up(lambda: self.watch.queue.add(experiment, allow_code=allow_code))

    def resume_folder(self, folder: RunFolder, *, allow_code: bool = False) -> None:
        """Put a stopped or interrupted run in line, or go on with it."""
        self._line_up(lambda: self.watch.queue.resume(folder, allow_code=allow_code))

    def _line_up(self, add: Callable[[], Entry]) -> None:
        try:
            entry = add()
        except (KDStudioError, OSError) as error:
            told = failure(error)
            if not self.is_at_work:
                self._settle(State.FAILED)
            self.failed.emit(told.message, told.details)
            return
        self.watch.look_now()
        place = self.watch.place_of(entry)
        if self.is_at_work or self.watch.is_held or place > 1:
            self.queued.emit(place)
        else:
            self._take(entry)
        self._timer.setInterval(POLL_MILLISECONDS)

    def _take(self, entry: Entry) -> None:
        """Follow an entry of the queue from now on."""
        self._entry, self.follower, self._stopping = entry, None, False
        self._settled = False
        self._waiting.discard(entry.key)
        self._enter(State.PREPARING)
        self.followed.emit()

    def follow(self, folder: RunFolder) -> None:
        """Follow another run, unless one of the queue goes on."""
        if self.is_at_work or folder == self.folder:
            return
        self._stopping = False
        self._begin_following(folder)
        self.look()

    def _begin_following(self, folder: RunFolder) -> None:
        self.follower, self._looked = RunFollower(folder), 0.0
        self._settled, self._still_runs = False, True
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
        self._stopping, self._asked = True, monotonic()
        if self._entry:
            self.watch.change(lambda queue, key=self._entry.key: queue.cancel([key]))
        else:
            self._wish("stop")
        self._enter(State.STOPPING)

    def end_now(self) -> None:
        """End a run that does not stop: its process is ended, what it has kept stays."""
        if self._entry:
            self.watch.end(self._entry)
            self.look()

    def _wish(self, wish: Wish) -> None:
        if self.folder:
            with suppress(KDStudioError):  # it has ended meanwhile
                ask(self.folder, wish)

    def leave(self) -> None:
        """Stop the worker that was started here; its run is kept with a checkpoint, to go on another day."""
        self.watch.leave()
        if self.is_own:
            self._stopping, self._asked = True, monotonic()
            self._enter(State.STOPPING)

    def finish(self) -> None:
        """Leave, and wait for it, but not for ever: what the log has is safe."""
        self.leave()
        self.watch.finish(LEAVE_SECONDS)
        self.look()

    def forget_failure(self) -> None:
        """Be ready again after a run that has failed; it stays in sight."""
        if self.state is State.FAILED:
            self._enter(State.READY)

    def _enter(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit(state)

    def _settle(self, state: State) -> None:
        """Enter a state that is not only read off the log; it holds until there is news."""
        self._settled = True
        self._enter(state)

    def look(self) -> None:
        """Read what is new of the queue, and of the run followed."""
        self.watch.look()
        running = self.watch.running
        entry = self._entry and (self.watch.find(self._entry.key) or self._entry.with_state("cancelled"))
        if entry is None and (passed := self._passed()):
            self._take(passed)
            self._read_on(passed)
            self._end(passed)
            return
        if running and (entry is None or entry.state == "waiting"):
            self._take(running)
            entry = running
        elif entry and (entry.is_over or (entry.state == "waiting" and self.watch.has_left)):
            self._read_on(entry)
            self._end(entry)
            return
        self._entry = entry
        self._read_on(entry)
        self._timer.setInterval(
            POLL_MILLISECONDS if self.state.is_busy or self.watch.waiting else IDLE_MILLISECONDS
        )
        is_prepared = entry is None or not (entry.state == "waiting" or entry.doing)
        if self.follower and self.follower.state.started and is_prepared and not self._settled:
            self._take_state(self.follower)

    def _note_waiting(self) -> None:
        self._waiting |= {entry.key for entry in self.watch.waiting}

    def _passed(self) -> Entry | None:
        """Return what has begun and ended between two looks."""
        ended = (entry for entry in self.watch.entries if entry.is_over and entry.state != "cancelled")
        return next((entry for entry in ended if entry.key in self._waiting), None)

    def _read_on(self, entry: Entry | None) -> None:
        if entry and entry.run and (self.folder is None or entry.run != self.folder.name):
            self._begin_following(RunFolder(self.watch.queue.runs / entry.run))
        if self.follower and (events := self.follower.poll()):
            self._settled = False
            self.happened.emit(events)

    def _end(self, entry: Entry) -> None:
        """What was followed of the queue is over."""
        self._entry = None
        over = self.follower and self.follower.state.is_over and entry.state == "interrupted"
        self._settle(State.STOPPED if over else ENDS.get(entry.state, State.STOPPED))
        if entry.state == "failed":
            self.blamed = entry.field
            self.failed.emit(entry.message, entry.details)

    def _take_state(self, follower: RunFollower) -> None:
        state = follower.state
        if state.is_over:
            if not self.is_at_work:  # until its worker says so it still stops
                self._enter(STATES[state.status])
            return
        if not self.is_at_work and monotonic() - self._looked > STILL_RUNS_SECONDS:
            self._looked, self._still_runs = monotonic(), follower.folder.is_running()
        if not self.is_at_work and not self._still_runs:
            self._enter(State.INTERRUPTED)
        elif not self._stopping:
            self._enter(STATES[state.status])
