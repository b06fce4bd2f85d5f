"""The queue as the window sees it, whoever changes it, and the workers that the window has."""

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
from kdstudio.runs.queue.workers import Workers

LOOK_SECONDS = 0.5
"""How often it is looked, where no file has changed, whether what runs is still held."""
LOG_LINES = 20
"""Of the worker's log, where it could not begin."""


class QueueWatch(QObject):
    """Reads the queue again when it has changed; keeps workers while something waits."""

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
        self.is_held, self.at_once = self.queue.is_held, self.queue.workers
        """Whether nothing more begins, and how many runs may go on at once."""
        self._workers = Workers(self.queue)
        self.is_leaving = self._gave_up = False  # there is no use in another worker before something is done
        self._stamp: int | None = None
        self._looked = 0.0

    def _left(self) -> list[Entry]:
        try:
            return self.queue.set_aside()
        except (KDStudioError, OSError):  # told by whatever is wanted of it
            return []

    @property
    def running(self) -> list[Entry]:
        """What is run, whoever runs it; first what a worker of this window has."""
        found = [entry for entry in self.entries if entry.state == "running"]
        return sorted(found, key=lambda entry: not self.is_own(entry))

    @property
    def waiting(self) -> list[Entry]:
        """What waits, the next first."""
        return [entry for entry in self.entries if entry.state == "waiting"]

    @property
    def _is_due(self) -> bool:
        """Tell whether there is something for a worker."""
        return any(entry.is_due for entry in self.entries)

    @property
    def has_left(self) -> bool:
        """Tell whether the workers were told to end, and have ended."""
        return self.is_leaving and not self._workers.are_alive

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
        """Read the queue: something has been done here that shows, and a worker may do again."""
        self._stamp = None
        self._gave_up = False
        self.look()

    def look(self) -> None:
        """Read the queue where it may have changed; let the workers know."""
        stamp = self._folder_stamp()
        for worker in self._workers.take_ended():
            self._lose(worker)
        if stamp != self._stamp or monotonic() - self._looked > LOOK_SECONDS:
            self._stamp, self._looked = stamp, monotonic()
            news = self.queue.is_held, self.queue.workers, self.queue.entries()
            if news != (self.is_held, self.at_once, self.entries):
                self.is_held, self.at_once, self.entries = news
                self.changed.emit()
        if self._is_due and not (self.is_held or self._gave_up or self.is_leaving):
            self._workers.work(self.entries)

    def _folder_stamp(self) -> int:
        try:
            return self.queue.folder.path.stat().st_mtime_ns
        except OSError:
            return 0

    def start_worker(self) -> None:
        """Have a worker, which loads the engine at once and works when something waits."""
        self._workers.start()

    def _lose(self, worker: WorkerProcess) -> None:
        """It has ended by itself; another one begins, unless this one could not even begin."""
        self._gave_up, self._stamp = self._gave_up or worker.cannot_write, None
        if worker.cannot_write:
            self.failed.emit(
                f"nothing can be written to {self.queue.runs}; make room there, or let it be written to, "
                "then resume what is interrupted",
                "",
            )
            return
        is_wanted = not (self.is_leaving or worker.has_gone)
        if self._is_due and is_wanted and not self.queue.has_begun(worker.pid):
            try:
                self.queue.hold(held=True)
            except OSError:
                self._gave_up = True
            log = ""
            with suppress(OSError):
                log = self.queue.log_file.read_text("utf-8", errors="replace")
            self.failed.emit(
                "the process that runs what waits has ended before it could begin; the queue is paused. Mend "
                "what the details name, then let the queue go on",
                "\n".join(log.splitlines()[-LOG_LINES:]),
            )

    def is_own(self, entry: Entry) -> bool:
        """Tell whether a worker of this window has it, or would take it."""
        return bool(self._workers) and (entry.state == "waiting" or self._workers.have(entry))

    def end(self, entry: Entry) -> None:
        """End the process that runs ``entry``, at once."""
        import psutil

        if entry.elsewhere:
            told = f"it runs on {entry.elsewhere}; end process {entry.worker} there"
            self.failed.emit(told, "")
            return
        if self.queue.folder.is_locked(entry.key):  # so that the number is still its own
            with suppress(psutil.Error):
                process = psutil.Process(entry.worker)
                process.kill()
                process.wait(1)
        self.look_now()

    def keep_on(self) -> None:
        """Let the workers go on without this window."""
        self.is_leaving = True
        self._workers.keep_on()

    def leave(self) -> None:
        """Let the workers end."""
        self.is_leaving = True
        self._workers.leave()

    def finish(self, seconds: float) -> None:
        """Wait for their ends, but no longer than that."""
        self._workers.finish(seconds)
