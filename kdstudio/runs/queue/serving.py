"""The worker as a process of its own: it takes one entry after the other, for as long as it is wanted.

Its standard input says what is wanted, a word a line: ``work``, or ``keep on`` without whoever started it.
Where it ends, whoever started the worker has gone: the run is kept with a checkpoint, and the worker ends.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import psutil
from filelock import Timeout

from kdstudio.engine.experiment import REGISTRIES
from kdstudio.runs.folder import PATIENCE
from kdstudio.runs.queue.process import KEEP_ON
from kdstudio.runs.queue.queue import Queue
from kdstudio.runs.queue.working import Work

LOOK_SECONDS = 0.05
"""How often it is looked whether there is something to do."""
LOG_BYTES = 2**20
"""How long the log may become; then it begins anew."""
NICENESS = 5
"""The machine's other work, and its windows, come first."""


class Orders:
    """What whoever started the worker wants."""

    def __init__(self) -> None:
        """Listen from now on."""
        self.may_work = Event()
        self.keeps_on = False
        """Whether nobody follows any more, and all that waits is to be done."""
        self.is_over = False
        Thread(target=self._listen, name="orders", daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin:
            if line.strip() == KEEP_ON:
                self.keeps_on = True
            self.may_work.set()
        self.is_over = not self.keeps_on
        self.may_work.set()


def serve(runs: Path) -> None:
    """Work off the queue of ``runs`` until nobody wants it any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: whoever started this one decides
    orders, queue = Orders(), Queue(runs)
    log = _own_log(queue)
    _step_back()
    _warm_up()
    work = Work(queue, lambda: orders.is_over, runs=lambda _folder: _shorten(log))
    orders.may_work.wait()
    with _alone(queue, orders):
        while not orders.is_over:
            taken = queue.take()
            if taken:
                work.carry_out(taken)
            elif orders.keeps_on:
                return
            else:
                Event().wait(LOOK_SECONDS)


@contextmanager
def _alone(queue: Queue, orders: Orders) -> Iterator[None]:
    """Wait until no other worker is there."""
    lock = queue.worker_lock()
    while not orders.is_over:
        with suppress(Timeout):
            lock.acquire(timeout=PATIENCE)
            break
    try:
        yield
    finally:
        lock.release()


def _own_log(queue: Queue) -> Path:
    """Let what is printed, by whatever, go to the end of a file."""
    log = queue.log_file
    log.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for output in (1, 2):
        os.dup2(file, output)
    os.close(file)
    return log


def _shorten(log: Path) -> None:
    with suppress(OSError):
        if log.stat().st_size > LOG_BYTES:
            os.truncate(log, 0)


def _step_back() -> None:
    with suppress(psutil.Error, OSError):
        windows = getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", None)
        psutil.Process().nice(NICENESS if windows is None else windows)


def _warm_up() -> None:
    """Import the engine now, and all that can be chosen, so that the first run need not wait for it."""
    with suppress(ImportError):  # who needs it is told
        import numpy.random  # noqa: F401
        import torch

        import kdstudio.engine.trainer  # noqa: F401

        torch.set_num_threads(1)
        for registry in REGISTRIES:
            len(registry)


def main() -> None:
    """Serve, and end at once: what an interpreter takes apart at its end keeps nobody waiting."""
    serve(Path(sys.argv[1]))
    os._exit(0)


if __name__ == "__main__":
    main()
