"""The queue as the window sees it, whoever changes it, and the worker that the window has."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic

from PySide6.QtCore import QObject, Signal

from kdstudio.errors import KDStudioError
from kdstudio.runs.failure import failure
from kdstudio.runs.queue.entry import Entry
from kdstudio.runs.queue.process import WorkerProcess
from kdstudio.runs.queue.queue import Queue

LOOK_SECONDS = 0.5
"""How often it is looked, where no file has changed, whether what runs is still held."""
IDLE_SECONDS = 0.3
"""How long a worker that runs nothing may take to end."""
LOG_LINES = 20
"""Of the worker's log, where it could not begin."""


class QueueWatch(QObject):
    """Reads the queue again when it has changed; keeps a worker while something waits."""

    changed = Signal()
    failed = Signal(str, str)
    """Message and details of what could not be done."""

    def __init__(self, runs: Path, parent: QObject) -> None:
        """Nothing that waits from another day begins by itself."""
        super().__init__(parent)
        self.queue = Queue(runs)
        self.left = self._left()
        """What another day has left, at first."""
        self.entries: list[Entry] = self.queue.entries()
        """In order; replaced as a whole."""
        self.is_held = self.queue.is_held
        self._worker: WorkerProcess | None = None
        self._works = self._leaving = False
        self._stamp: int | None = None
        self._looked = 0.0

    def _left(self) -> list[Entry]:
        try:
            return self.queue.set_aside()
        except (KDStudioError, OSError):  # told by whatever is wanted of it
            return []

    @property
    def running(self) -> Entry | None:
        """What is run, whoever runs it."""
        return next((entry for entry in self.entries if entry.state == "running"), None)

    @property
    def waiting(self) -> list[Entry]:
        """What waits, the next first."""
        return [entry for entry in self.entries if entry.state == "waiting"]

    @property
    def has_left(self) -> bool:
        """Tell whether the worker was told to end, and has ended."""
        return self._leaving and (self._worker is None or not self._worker.is_alive)

    @property
    def why_it_waits(self) -> str:
        """Say why the first that waits does not run yet."""
        return "the queue is paused" if self.is_held else "waiting until the engine is loaded"

    def find(self, key: str) -> Entry | None:
        """Return the entry as it is now, if it is there."""
        return next((entry for entry in self.entries if entry.key == key), None)

    def place_of(self, entry: Entry) -> int:
        """Place in line, from 1; 0 of what does not wait."""
        keys = [each.key for each in self.waiting]
        return keys.index(entry.key) + 1 if entry.key in keys else 0

    def change(self, act: Callable[[Queue], object]) -> None:
        """Do something with the queue; what cannot be is told."""
        try:
            act(self.queue)
        except (KDStudioError, OSError) as error:
            told = failure(error)
            self.failed.emit(told.message, told.details)
        self.look_now()

    def look_now(self) -> None:
        """Read the queue: something has been done here that shows."""
        self._stamp = None
        self.look()

    def look(self) -> None:
        """Read the queue where it may have changed; let the worker know."""
        stamp = self._folder_stamp()
        if self._worker and not self._worker.is_alive:
            self._lose(self._worker)
        if stamp != self._stamp or monotonic() - self._looked > LOOK_SECONDS:
            self._stamp, self._looked = stamp, monotonic()
            held, entries = self.queue.is_held, self.queue.entries()
            if (held, entries) != (self.is_held, self.entries):
                self.is_held, self.entries = held, entries
                self.changed.emit()
        if self.waiting and not (self.is_held or self._works or self._leaving):
            self._works = True
            self.start_worker().work()

    def _folder_stamp(self) -> int:
        try:
            return self.queue.folder.path.stat().st_mtime_ns
        except OSError:
            return 0

    def start_worker(self) -> WorkerProcess:
        """Have a worker, which loads the engine at once and works when something waits."""
        if self._worker is None:
            self._worker = WorkerProcess(self.queue.runs)
        return self._worker

    def _lose(self, worker: WorkerProcess) -> None:
        """It has ended by itself; another one begins, unless this one could not even begin."""
        worker.leave()
        self._worker, self._works, self._stamp = None, False, None
        has_begun = any(entry.worker == worker.pid for entry in self.queue.entries())
        if self.waiting and not self._leaving and not has_begun:
            self.queue.hold(held=True)
            log = ""
            with suppress(OSError):
                log = self.queue.log_file.read_text("utf-8", errors="replace")
            self.failed.emit(
                "the process that runs what waits has ended before it could begin; the queue is paused. Mend "
                "what the details name, then let the queue go on",
                "\n".join(log.splitlines()[-LOG_LINES:]),
            )

    def is_own(self, entry: Entry) -> bool:
        """Tell whether the worker of this window has it, or would take it."""
        return self._worker is not None and (entry.state == "waiting" or entry.worker == self._worker.pid)

    def end(self, entry: Entry) -> None:
        """End the process that runs ``entry``, at once."""
        import psutil

        if self.queue.folder.is_locked(entry.key):  # so that the number is still its own
            with suppress(psutil.Error):
                process = psutil.Process(entry.worker)
                process.kill()
                process.wait(1)
        self.look_now()

    def keep_on(self) -> None:
        """Let the worker go on without this window."""
        self._leaving = True
        if self._worker:
            self._worker.keep_on()
            self._worker = None

    def leave(self) -> None:
        """Let the worker end."""
        self._leaving = True
        if self._worker:
            self._worker.leave()

    def finish(self, seconds: float) -> None:
        """Wait for its end, but no longer than that, and not where it only loads what it would need."""
        if self._worker is None:
            return
        has_run = self.running is not None and self.running.worker == self._worker.pid
        if not self._worker.wait(seconds if has_run else IDLE_SECONDS):
            self._worker.kill()
