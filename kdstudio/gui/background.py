"""Work beside the window: in a thread of its own, its end told in the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from PySide6.QtCore import QObject, QTimer, Signal

from kdstudio.runs.dark_knowledge import why_unreadable
from kdstudio.runs.folder import RunFolder

POLL_MILLISECONDS = 50


class Background(QObject):
    """Does one thing at a time."""

    done = Signal(object)
    """What the work returned."""
    failed = Signal(object)
    """The exception that it ended with."""
    working = Signal()
    """Now and then, while it goes on."""

    def __init__(self, name: str, parent: QObject) -> None:
        """``name`` is that of the thread."""
        super().__init__(parent)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._job: Future[object] | None = None
        self._timer = QTimer(self, interval=POLL_MILLISECONDS)
        self._timer.timeout.connect(self._look)

    @property
    def is_busy(self) -> bool:
        """Tell whether something is being done."""
        return self._job is not None

    def start(self, work: Callable[[], object]) -> None:
        """Begin ``work``; whoever calls has seen that nothing else is being done."""
        assert not self.is_busy
        self._job = self._thread.submit(work)
        self._timer.start()

    def _look(self) -> None:
        job = self._job
        assert job is not None
        if not job.done():
            self.working.emit()
            return
        self._timer.stop()
        self._job = None
        error = job.exception()
        if error is None:
            self.done.emit(job.result())
        else:
            self.failed.emit(error)


class RunReader(QObject):
    """Reads what is wanted of a run, the latest wish alone; each wish once."""

    told = Signal(str)
    """What is going on, or why nothing is."""
    found = Signal(object)
    failed = Signal(object)

    def __init__(self, read: Callable[..., object], command: str, parent: QObject) -> None:
        """``read`` takes a run folder and what else is wanted; ``command`` does it on the command line."""
        super().__init__(parent)
        self._read = read
        self._command = command
        self._wanted: tuple[RunFolder, tuple[object, ...], float] | None = None
        self._asked: tuple[RunFolder, tuple[object, ...], float] | None = None
        self.background = Background(command, self)
        self.background.done.connect(self._show)
        self.background.failed.connect(self._fail)

    def want(self, run: RunFolder, *more: object) -> None:
        """Read ``run`` once the thread is free, unless it was read last and has not changed since."""
        self._wanted = (run, more, run.summary_file.stat().st_mtime_ns)
        if not self.background.is_busy:
            self._begin()

    def _begin(self) -> None:
        if self._wanted is None or self._wanted == self._asked:
            return
        self._asked = self._wanted
        run, more, _changed = self._asked
        if reason := why_unreadable(run, self._command):
            self.told.emit(reason)
            return
        self.told.emit("Reading the predictions…")
        self.background.start(lambda: self._read(run, *more))

    def _show(self, found: object) -> None:
        if self._asked == self._wanted:
            self.found.emit(found)
        self._begin()

    def _fail(self, error: Exception) -> None:
        self.failed.emit(error)
        self._begin()
