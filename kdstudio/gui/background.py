"""Work beside the window: in a thread of its own, its end told in the window's thread."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Thread

from PySide6.QtCore import QMetaMethod, QObject, QTimer, Signal

from kdstudio.declaration import ProgressCallback
from kdstudio.runs.dark_knowledge import why_unreadable
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.reading import stamp_of

POLL_MILLISECONDS = 50
PATIENCE = 5.0

Work = Callable[[ProgressCallback], object]


class Cancelled(BaseException):
    """Ends work that nobody wants any more: raised out of its progress callback, and no error to catch."""


class Task:
    """One piece of work in a daemon thread, which keeps neither the program alive nor anything of Qt."""

    def __init__(self, work: Work) -> None:
        """``work`` is called with a progress callback; it holds no widget, lest one dies in the thread."""
        self.news: tuple[str, float] | None = None
        self.is_cancelled = self.is_over = False
        self.found: object = None
        self.error: BaseException | None = None
        self._work = work
        self._thread = Thread(target=self._run, daemon=True)

    def start(self, name: str) -> None:
        """Begin, in a thread called ``name``."""
        self._thread.name = name
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Wait for its end, but no longer than that."""
        self._thread.join(seconds)

    def cancel(self) -> None:
        """Ask it to end at its next word of progress."""
        self.is_cancelled = True

    def _run(self) -> None:
        try:
            self.found = self._work(self._tell)
        except BaseException as error:
            self.error = error
        self.is_over = True

    def _tell(self, what: str, fraction: float) -> None:
        if self.is_cancelled:
            raise Cancelled
        self.news = what, fraction


class BackgroundJob(QObject):
    """Does the latest wish; what was wished before is asked to end, and nothing is heard of it any more.

    One thing at a time: the latest wish begins when the one before has ended, so that work may keep
    what it has read for the next. What ends after the window has gone is dropped with its timer.
    """

    progressed = Signal(str, float)
    """What is being done and the fraction done."""
    done = Signal(object)
    """What the work returned."""
    failed = Signal(object)
    """The exception that it ended with; one that nobody waits for is told as any other."""

    def __init__(self, name: str, parent: QObject) -> None:
        """``name`` is that of the thread."""
        super().__init__(parent)
        self._name = name
        self._running: Task | None = None
        self._next: Task | None = None
        self._timer = QTimer(self, interval=POLL_MILLISECONDS)
        self._timer.timeout.connect(self._look)

    @property
    def is_busy(self) -> bool:
        """Tell whether something wished is not done yet."""
        running = self._running
        return self._next is not None or (running is not None and not running.is_cancelled)

    def start(self, work: Work) -> None:
        """Wish for ``work``, and for nothing else any more."""
        self.cancel()
        self._next = Task(work)
        self._begin()

    def cancel(self) -> None:
        """Wish for nothing."""
        self._next = None
        if self._running is not None:
            self._running.cancel()

    def finish(self, patience: float = PATIENCE) -> None:
        """Wish for nothing, and wait some seconds for what runs: it may have files to take back."""
        self.cancel()
        if self._running is not None:
            self._running.wait(patience)

    def _begin(self) -> None:
        if self._running is None and self._next is not None:
            self._running, self._next = self._next, None
            self.destroyed.connect(self._running.cancel)
            self._running.start(self._name)
            self._timer.start()

    def _look(self) -> None:
        task = self._running
        assert task is not None
        news, task.news = task.news, None
        if news is not None and not task.is_cancelled:
            self.progressed.emit(*news)
        if not task.is_over:
            return
        self._running = None
        self._timer.stop()
        if task.is_cancelled:
            self._begin()
        elif task.error is None:
            self.done.emit(task.found)
        elif self.isSignalConnected(QMetaMethod.fromSignal(self.failed)):
            self.failed.emit(task.error)
        else:
            sys.excepthook(type(task.error), task.error, task.error.__traceback__)


class RunReader(QObject):
    """Reads what is wanted of a run, each wish once."""

    message = Signal(str)
    """What is going on, or why nothing is."""
    found = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        read: Callable[..., object],
        command: str,
        parent: QObject,
        *,
        doing: str = "Reading the predictions",
        needs_data: bool = True,
    ) -> None:
        """``read`` takes a run folder, what else is wanted, and ``progress``; it holds no widget.

        ``command`` of the command line does the same; ``doing`` says what, for people.
        """
        super().__init__(parent)
        self._read = read
        self._command = command
        self._doing = doing
        self._needs_data = needs_data
        self._wanted: tuple[RunFolder, tuple[object, ...], int] | None = None
        self.job = BackgroundJob(command, self)
        self.job.progressed.connect(self._tell_progress)
        self.job.done.connect(self.found)
        self.job.failed.connect(self.failed)

    def want(self, run: RunFolder, *more: object) -> None:
        """Read ``run``, unless it was wanted last and has not changed since."""
        wanted = (run, more, stamp_of(run.summary_file))
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self.job.cancel()
        if reason := why_unreadable(run, self._command, self._needs_data):
            self.message.emit(reason)
            return
        self.message.emit(f"{self._doing}…")
        read = self._read
        self.job.start(lambda progress: read(run, *more, progress=progress))

    def forget(self) -> None:
        """Want nothing any more."""
        self._wanted = None
        self.job.cancel()

    def _tell_progress(self, what: str, _fraction: float) -> None:
        self.message.emit(f"{self._doing}: {what}…")
