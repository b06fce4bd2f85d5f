"""The worker's process, as whoever starts it sees it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

WORK, KEEP_ON = "work", "keep on"
"""What it is told, a word a line."""
CODE = {True: "allow code", False: "refuse code"}
"""What is said beforehand where the entries' own word on code does not count."""
CANNOT_WRITE = 74
"""Its exit code where the queue cannot be written, so that it has no other way to say so."""


class Process(Protocol):
    """A process, as :class:`subprocess.Popen` has it."""

    pid: int
    stdin: IO[bytes] | None

    def poll(self) -> int | None:
        """Return its exit code, once it has ended."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises TimeoutExpired."""

    def kill(self) -> None:
        """End it at once."""


def launch(runs: Path) -> Process:
    """Start a process that serves the queue of ``runs``; it ends with what it reads."""
    path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"}
    return subprocess.Popen(
        [sys.executable, "-m", "kdstudio.runs.queue.serving", str(runs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **path},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        start_new_session=True,  # neither Ctrl+C nor the end of a terminal is meant for it
    )


class WorkerProcess:
    """A worker that was started here, and ends with this process unless it is told to keep on."""

    def __init__(self, runs: Path) -> None:
        """Start it; it loads what it needs, and waits to be told to work."""
        self._process = launch(runs)
        self._works = False

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Tell whether it is there."""
        return self._process.poll() is None

    @property
    def has_gone(self) -> bool:
        """Tell whether it has ended of its own accord: fewer workers are wanted."""
        return self._process.poll() == 0

    @property
    def cannot_write(self) -> bool:
        """Tell whether it has ended since it could not write."""
        return self._process.poll() == CANNOT_WRITE

    def work(self, *, allow_code: bool | None = None) -> None:
        """Let it take what waits; once is enough. Whether code may run is what the entries say, or this."""
        if self._works:
            return
        self._works = True
        if allow_code is not None:
            self._say(CODE[allow_code])
        self._say(WORK)

    def keep_on(self) -> None:
        """Let it go on without this process, until nothing waits any more."""
        self._say(KEEP_ON)
        self.leave()

    def leave(self) -> None:
        """Want it no more: it keeps its run with a checkpoint, and ends."""
        with suppress(OSError):
            self._orders.close()

    def wait(self, seconds: float) -> bool:
        """Wait for its end; tells whether it has come."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return not self.is_alive

    def kill(self) -> None:
        """End it at once; what its run has kept stays."""
        self._process.kill()
        self._process.wait()

    @property
    def _orders(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _say(self, word: str) -> None:
        with suppress(OSError, ValueError):  # it has ended, or was told to
            self._orders.write(f"{word}\n".encode())
            self._orders.flush()
