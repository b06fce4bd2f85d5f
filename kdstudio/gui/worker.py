"""The background thread that iterates a run's events; no Qt in it."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing

from kdstudio.engine.events import Event, RunStopped
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.session import Session, Tell, failure

SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread that holds the interpreter is asked for it; Python's own is ten times that."""

Prepare = Callable[[Tell], Session]


class RunWorker:
    """Prepares and runs one session; events wait in a queue until somebody drains them."""

    def __init__(self, prepare: Prepare) -> None:
        """``prepare`` makes the session; it runs in the thread, where torch may be imported."""
        self.folder: RunFolder | None = None
        self._prepare = prepare
        self._events: deque[Event] = deque()
        self._going = threading.Event()
        self._going.set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="training", daemon=True)

    def start(self) -> None:
        """Begin; while it runs, the window's thread is never kept waiting long for the interpreter."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._thread.start()

    def pause(self) -> None:
        """Take no further step until :meth:`resume`."""
        self._going.clear()

    def resume(self) -> None:
        """Go on."""
        self._going.set()

    def stop(self) -> None:
        """Finish the step, save a checkpoint, end."""
        self._stopping.set()
        self._going.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the thread's end; tells whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def drain(self) -> list[Event]:
        """Take everything that has happened since the last call."""
        taken = []
        while self._events:
            taken.append(self._events.popleft())
        return taken

    def _work(self) -> None:
        try:
            session = self._prepare(self._events.append)
            self.folder = session.folder
            with closing(session.events()) as events:
                for event in events:
                    self._events.append(event)
                    self._going.wait()
                    if self._stopping.is_set():
                        break
                else:
                    return
            self._events.append(RunStopped(seconds=session.seconds()))
        except Exception as error:
            self._events.append(failure(error))


def warm_up() -> threading.Thread:
    """Import the engine in the background, so that the first Run need not wait for torch."""

    def load() -> None:
        import torch

        import kdstudio.engine.trainer  # noqa: F401

        torch.set_num_threads(1)

    thread = threading.Thread(target=load, name="warm-up", daemon=True)
    thread.start()
    return thread
