"""What goes on of runs, as the window sees it: one run is followed by its folder, the next by the queue."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

from PySide6.QtCore import QObject, QTimer, Signal

from kdstudio.errors import FieldPath
from kdstudio.gui.queue_watch import QueueWatch
from kdstudio.gui.run_states import ENDS, STATES, State
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.log import RunFollower
from kdstudio.runs.queue.entry import Entry
from kdstudio.runs.state import RunState

POLL_MILLISECONDS = 50
IDLE_MILLISECONDS = 400
"""How often it is looked whether somebody else has put something in line."""
STUCK_SECONDS = 10.0
"""After which a run that was asked to stop may be ended without its word."""
STILL_RUNS_SECONDS = 1.0
"""How often it is looked whether another process still has a run."""


class Following(QObject):
    """Follows one run, of the queue or of another process."""

    state_changed = Signal(object)
    followed = Signal()
    """Another run is followed than before, or prepared."""
    happened = Signal(object)
    """A list of events of the run followed, in order; its state has them already."""
    failed = Signal(str, str)
    """Message and details."""

    def __init__(self, runs: Path, parent: QObject | None = None) -> None:
        """Runs, and their queue, are kept in ``runs``."""
        super().__init__(parent)
        self.state = State.READY
        self.watch = QueueWatch(runs, self)
        """The queue; whoever shows it may read and change it."""
        self.watch.failed.connect(self.failed)
        self.watch.changed.connect(self._note_others)
        self._waiting: set[str] = set()
        """Keys of what has waited, and has neither been followed since nor run beside what is followed."""
        self._beside: set[str] = set()
        """Keys of what runs beside what is followed."""
        self.follower: RunFollower | None = None
        """Of the run followed; whoever shows it may read its state."""
        self.blamed: FieldPath = ()
        """Path of the experiment's field that the last failure speaks of; empty where none is known."""
        self._entry: Entry | None = None
        """What is followed of the queue, until it is over."""
        self._taken: Entry | None = None
        """The same, and what has become of it."""
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
    def prepared(self) -> Entry | None:
        """What was taken of the queue last, until it has a folder; it may have ended without one."""
        return self._taken if self.follower is None else None

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
        """Tell whether that run, or another one, ends with this window."""
        followed = [self._entry] if self._entry else []
        return any(map(self.watch.is_own, followed + self.watch.running))

    @property
    def process(self) -> int:
        """Number of the process that runs it; 0 where that is not known, or it is on another machine."""
        entry = self._entry
        return entry.worker if entry and entry.state == "running" and not entry.elsewhere else 0

    @property
    def is_stuck(self) -> bool:
        """Tell whether the run has not answered the wish to stop for long."""
        asked_long_ago = monotonic() - self._asked > STUCK_SECONDS
        return self.is_at_work and self.state is State.STOPPING and asked_long_ago

    def _take(self, entry: Entry) -> None:
        """Follow an entry of the queue from now on."""
        self._entry = self._taken = entry
        self.follower, self._stopping, self._settled = None, False, False
        self._waiting.discard(entry.key)
        self._enter(State.PREPARING)
        self.followed.emit()
        if self.watch.is_leaving:
            self._begin_stopping()

    def running_in(self, folder: RunFolder) -> Entry | None:
        """Return the entry of the queue that runs in ``folder``."""
        runs = self.watch.queue.runs
        return next((entry for entry in self.watch.running if RunFolder(runs / entry.run) == folder), None)

    def follow(self, folder: RunFolder) -> None:
        """Follow another run; while one of the queue goes on only one that does, too."""
        if folder == self.folder:
            return
        if entry := self.running_in(folder):
            self._take(entry)
            self.look()
            return
        if self.is_at_work:
            return
        self._stopping = False
        self._begin_following(folder)
        self.look()

    def _begin_following(self, folder: RunFolder) -> None:
        self.follower, self._looked = RunFollower(folder), 0.0
        self._settled, self._still_runs = False, True
        self.followed.emit()

    def _begin_stopping(self) -> None:
        """It has been asked to stop; what its log says until it does is no news."""
        self._stopping, self._asked = True, monotonic()
        self._enter(State.STOPPING)

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
            self._take(running[0])
            entry = running[0]
        elif entry and (entry.is_over or entry.died or (entry.state == "waiting" and self.watch.has_left)):
            self._read_on(entry)
            self._end(entry)
            return
        self._entry = entry
        self._taken = entry or self._taken
        self._read_on(entry)
        self._timer.setInterval(
            POLL_MILLISECONDS if self.state.is_busy or self.watch.waiting else IDLE_MILLISECONDS
        )
        is_prepared = entry is None or not (entry.state == "waiting" or entry.doing)
        if self.follower and is_prepared and not self._settled:
            self._take_state(self.follower)

    def _note_others(self) -> None:
        """Keep in mind what waits, and what runs beside what is followed; tell of that where it fails."""
        self._waiting |= {entry.key for entry in self.watch.waiting}
        for entry in self.watch.entries:
            if entry.state == "failed" and entry.key in self._beside:
                self.failed.emit(f"{entry.name}: {entry.message}", entry.details)
        others = {entry.key for entry in self.watch.running}
        self._beside = others - {self._entry.key} if self._entry else set()
        self._waiting -= self._beside

    def _passed(self) -> Entry | None:
        """Return what has begun and ended between two looks."""
        ended = (entry for entry in self.watch.entries if entry.is_over and entry.state != "cancelled")
        return next((entry for entry in ended if entry.key in self._waiting), None)

    def _read_on(self, entry: Entry | None) -> None:
        if entry and entry.run and (self.folder is None or entry.run != self.folder.name):
            self._begin_following(RunFolder(self.watch.queue.runs / entry.run))
        if self.follower is None:
            return
        was_damaged, events = self.follower.is_damaged, self.follower.poll()
        self._settled = self._settled and not events
        if events or self.follower.is_damaged != was_damaged:
            self.happened.emit(events)

    def _end(self, entry: Entry) -> None:
        """What was followed of the queue is over."""
        self._entry, self._taken = None, entry
        over = self.follower and self.follower.state.is_over and entry.state == "interrupted"
        self._settle(State.STOPPED if over else ENDS.get(entry.state, State.STOPPED))
        if entry.message:
            self.blamed = entry.field
            self.failed.emit(entry.message, entry.details)

    def _take_state(self, follower: RunFollower) -> None:
        state = follower.state
        if not state.started:  # its log tells nothing yet, or cannot be read
            if not self.is_at_work and monotonic() - self._looked > STILL_RUNS_SECONDS:
                self._looked = monotonic()
                self._enter(STATES.get(follower.folder.read().status, State.INTERRUPTED))
            return
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
