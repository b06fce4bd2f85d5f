"""The queue's workers for tests, forked and offline."""

import os
import sys

from kdstudio.runs.queue import serving
from tests.forked import Forked


def nothing():
    """Change nothing in the worker."""


def forked_worker(runs, hook=nothing):
    """A worker that serves the queue of ``runs``; ``hook`` is called in it first."""
    return Forked(serve, str(runs), hook)


def serve(runs, hook):
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


def meet_a_full_disk_once():
    """Let one write of the run fail, when its teacher has learned for a while."""
    from tests.full_disk import FullDisk

    FullDisk(40, once=True).mount()


def fill_the_disk():
    """Let nothing more be written from there on."""
    from tests.full_disk import FullDisk

    FullDisk(40).mount()


def fail_at_once():
    """End before anything can be begun."""
    os.write(2, b"no engine here\n")
    os._exit(3)
