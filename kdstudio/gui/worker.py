"""The background thread that runs a session; what happens stands in the run's folder. No Qt in it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress

from kdstudio.engine.events import Event, Preparing, RunFailed
from kdstudio.errors import KDStudioError
from kdstudio.runs.control import ask
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.session import Session, Tell, failure

SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread that holds the interpreter is asked for it; Python's own is ten times that."""

Prepare = Callable[[Tell], Session]


class Unwanted(BaseException):
    """Ends a preparation that has been stopped: raised where it tells of its progress."""


class RunWorker:
    """Prepares and runs one session."""

    def __init__(self, prepare: Prepare) -> None:
        """``prepare`` makes the session; it runs in the thread, where torch may be imported."""
        self.folder: RunFolder | None = None
        """The run's folder, as soon as it has one."""
        self.doing = "preparing"
        """What is being prepared before that."""
        self.failure: RunFailed | None = None
        """Why it has ended, where that stands in no log."""
        self._prepare = prepare
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="training", daemon=True)

    def start(self) -> None:
        """Begin; while it runs, the window's thread is never kept waiting long for the interpreter."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._thread.start()

    def stop(self) -> None:
        """Finish the step, save a checkpoint, end; or end the preparation at its next word."""
        self._stopping.set()
        if self.folder:
            with suppress(KDStudioError, OSError):  # it has just ended, or nothing can be written any more
                ask(self.folder, "stop")

    @property
    def is_alive(self) -> bool:
        """Tell whether it is at work."""
        return self._thread.is_alive()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the thread's end; tells whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _tell(self, event: Preparing) -> None:
        if self._stopping.is_set():
            raise Unwanted
        self.doing = event.what

    def _work(self) -> None:
        last: Event | None = None
        try:
            session = self._prepare(self._tell)
            self.folder = session.folder
            with closing(session.events()) as events:
                for last in events:  # noqa: B007
                    if self._stopping.is_set():
                        break
        except Unwanted:
            pass
        except BaseException as error:  # whatever it is, the window must hear that the run has ended
            self.failure = failure(error)
        if isinstance(last, RunFailed):
            self.failure = last


def warm_up() -> threading.Thread:
    """Import the engine in the background, so that the first Run need not wait for torch."""

    def load() -> None:
        with suppress(ImportError):  # whoever needs it is told
            import torch

            import kdstudio.engine.trainer  # noqa: F401

            torch.set_num_threads(1)

    thread = threading.Thread(target=load, name="warm-up", daemon=True)
    thread.start()
    return thread
