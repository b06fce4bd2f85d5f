"""The worker as a process of its own: it takes one entry after the other, for as long as it is wanted.

Its standard input says what is wanted, a word a line: ``work``, or ``keep on`` without whoever started it.
Where it ends, whoever started the worker has gone: the run is kept with a checkpoint, and the worker ends. So
it does where the system asks it to. Several share the machine: each has its place among them, and with it
cores and a GPU; one whose place is wanted no more ends after its run.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from time import sleep

import psutil

from kdstudio.engine.experiment import REGISTRIES
from kdstudio.errors import KDStudioError
from kdstudio.runs.queue.process import CANNOT_WRITE, CODE, KEEP_ON
from kdstudio.runs.queue.queue import Place, Queue
from kdstudio.runs.queue.shares import use_cores, use_gpu
from kdstudio.runs.queue.working import Work
from kdstudio.runs.signals import ending_signals

LOOK_SECONDS = 0.05
"""How often it is looked whether there is something to do."""
LOG_BYTES = 2**20
"""How long the log may become; then it begins anew."""
NICENESS = 5
"""The machine's other work, and its windows, come first."""


class Orders:
    """What whoever started the worker, or the system, wants."""

    def __init__(self) -> None:
        """Listen from now on."""
        self._came: SimpleQueue[None] = SimpleQueue()  # the one to which a handler of signals may add
        self.keeps_on = False
        """Whether nobody follows any more, and all that waits is to be done."""
        self.allow_code: bool | None = None
        """Whether code of the user's may be run, whatever the entries say."""
        self.is_over = False
        Thread(target=self._listen, name="orders", daemon=True).start()

    def wait(self) -> None:
        """Wait for the first of them."""
        self._came.get()

    def leave(self, *_signal: object) -> None:
        """Want the worker no more."""
        self.is_over = True
        self._came.put(None)

    def _listen(self) -> None:
        for line in sys.stdin:
            word = line.strip()
            if word in CODE.values():
                self.allow_code = word == CODE[True]
                continue
            if word == KEEP_ON:
                self.keeps_on = True
            self._came.put(None)
        if not self.keeps_on:
            self.leave()


def serve(runs: Path) -> None:
    """Work off the queue of ``runs`` until nobody wants it any more."""
    orders, queue = Orders(), Queue(runs)
    for one in ending_signals():
        signal.signal(one, orders.leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: whoever started this one decides
    log = _own_log(queue)
    _step_back()
    _warm_up()
    orders.wait()
    work = Work(
        queue, lambda: orders.is_over, allow_code=orders.allow_code, runs=lambda _folder: _shorten(log)
    )
    place = _wait_for_place(queue, orders)  # held until the process ends
    if place:
        use_gpu(place.number)
    while place and place.number < queue.workers and not orders.is_over:
        if taken := queue.take():
            use_cores(queue.workers)
            work.carry_out(taken)
        elif orders.keeps_on:
            return
        else:
            sleep(LOOK_SECONDS)


def _wait_for_place(queue: Queue, orders: Orders) -> Place | None:
    """Wait until fewer others work than may; None where it is wanted no more before."""
    while (place := queue.take_place()) is None and not orders.is_over:
        sleep(LOOK_SECONDS)
    return place


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
    try:
        serve(Path(sys.argv[1]))
    except KDStudioError as error:
        sys.stderr.write(f"{error}\n")
        os._exit(CANNOT_WRITE)
    os._exit(0)


if __name__ == "__main__":
    main()
