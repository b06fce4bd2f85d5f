"""The workers that one process has started: as many as the queue may have, and has something for."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from kdstudio.errors import KDStudioError
from kdstudio.runs.queue.entry import Entry
from kdstudio.runs.queue.process import WorkerProcess
from kdstudio.runs.queue.queue import Queue

IDLE_SECONDS = 0.3
"""How long a worker that runs nothing may take to end."""


class Workers:
    """Worker processes, which end with this one unless they are told to keep on."""

    def __init__(self, queue: Queue) -> None:
        """None yet."""
        self._queue = queue
        self._all: list[WorkerProcess] = []
        self._numbers: set[int] = set()
        """Of all that there have been."""

    def __bool__(self) -> bool:
        """Tell whether there is one."""
        return bool(self._all)

    @property
    def are_alive(self) -> bool:
        """Tell whether one of them still is."""
        return any(worker.is_alive for worker in self._all)

    def have(self, entry: Entry) -> bool:
        """Tell whether one of them, which may have ended, runs ``entry`` or ran it last."""
        return entry.worker in self._numbers and not entry.elsewhere

    def start(self, count: int = 1) -> None:
        """Have so many, which load the engine at once."""
        while len(self._all) < count:
            self._all.append(WorkerProcess(self._queue.runs))
            self._numbers.add(self._all[-1].pid)

    def work(self, entries: Sequence[Entry], *, allow_code: bool | None = None) -> None:
        """Let them take what is due of ``entries``; where it is more than they can take, more are started."""
        busy = sum(entry.state == "running" and self.have(entry) for entry in entries)
        due = sum(entry.is_due for entry in entries)
        self.start(min(busy + due, self._queue.workers))
        for worker in self._all:
            worker.work(allow_code=allow_code)

    def check(self) -> None:
        """Forget those that have ended by themselves; KDStudioError where another would end so, too."""
        self._queue.check_there()
        for worker in self.take_ended():
            if worker.cannot_write:
                raise KDStudioError(
                    f"nothing can be written to {self._queue.runs}; make room there, or let it be written to"
                )
            if not (worker.has_gone or self._queue.has_begun(worker.pid)):
                raise KDStudioError(
                    "a process that was to run what waits has ended before it could begin; mend what stands "
                    f"at the end of {self._queue.log_file}, and try again"
                )

    def take_ended(self) -> list[WorkerProcess]:
        """Return those that have ended by themselves, and forget them."""
        ended = [worker for worker in self._all if not worker.is_alive]
        for worker in ended:
            worker.leave()
        self._all = [worker for worker in self._all if worker not in ended]
        return ended

    def keep_on(self) -> None:
        """Let them go on without this process, until nothing waits any more."""
        for worker in self._all:
            worker.keep_on()
        self._all = []

    def leave(self) -> None:
        """Want them no more: they keep their runs with checkpoints, and end."""
        for worker in self._all:
            worker.leave()

    def finish(self, seconds: float) -> None:
        """Wait for their ends, but no longer than that, and not where one only loads what it would need."""
        running = {entry.worker for entry in self._queue.entries() if entry.state == "running"}
        until = monotonic() + seconds
        for worker in self._all:
            rest = max(until - monotonic(), IDLE_SECONDS)
            if not worker.wait(rest if worker.pid in running else IDLE_SECONDS):
                worker.kill()
