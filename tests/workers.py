"""Workers for tests: forked from one process that has torch already, so that each is there at once."""

import os
import subprocess
import sys
from multiprocessing import get_all_start_methods, get_context

from kdstudio.runs.queue import serving

CAN_FORK = "forkserver" in get_all_start_methods()
PRELOADED = ["torch", "torchvision.datasets", "kdstudio.engine.trainer", "tests.workers"]


def nothing():
    """Change nothing in the worker."""


def forking():
    context = get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


class ForkedWorker:
    """A worker as ``subprocess.Popen`` would have it; ``hook`` is called in it first."""

    def __init__(self, runs, hook=nothing):
        context = forking()
        read, write = context.Pipe(duplex=False)
        self._process = context.Process(
            target=serve, args=(str(runs), read, dict(os.environ), hook), daemon=True
        )
        self._process.start()
        read.close()
        self.stdin = os.fdopen(os.dup(write.fileno()), "wb")
        write.close()
        self.pid = self._process.pid

    def poll(self):
        return self._process.exitcode

    def wait(self, timeout=None):
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("worker", timeout)
        return self._process.exitcode

    def kill(self):
        self._process.kill()


def serve(runs, read, environment, hook):
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(read.fileno(), 0)
    sys.stdin = open(0)  # noqa: SIM115
    sys.argv = ["worker", runs]
    offline()
    hook()
    serving.main()


def offline():
    """Nothing goes online: the published files lie at an address that does not exist."""
    from torchvision.datasets import MNIST

    MNIST.mirrors = ["file:///nonexistent/"]


def fetch_for_ever():
    """Let every preparation go on until it is stopped."""
    from kdstudio.engine.events import Preparing
    from kdstudio.runs.queue import working

    def slow(_experiment, _runs, _name, tell, *, allow_code):
        while True:
            tell(Preparing(what="fetching", fraction=0.0))

    working.new_session = slow


def lose_torch():
    """Let the engine be missing."""
    import builtins

    load = builtins.__import__

    def refuse(name, *more, **options):
        if name.startswith("kdstudio.engine.context"):
            raise ImportError("libtorch_cpu.so: cannot open shared object file")
        return load(name, *more, **options)

    builtins.__import__ = refuse


def fail_at_once():
    """End before anything can be begun."""
    os.write(2, b"no engine here\n")
    os._exit(3)
