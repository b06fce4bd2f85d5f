"""Processes for tests, forked from one that has the libraries already, so that each is there at once."""

import os
import subprocess
import sys
from importlib import import_module
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection

CAN_FORK = "forkserver" in get_all_start_methods()
PRELOADED = [
    "torch",
    "torch.export",
    "torchvision.datasets",
    "timm",
    "onnxruntime",
    "openvino",
    "executorch.runtime",
    "kdstudio.engine.trainer",
    "kdstudio.runs.exporting.measuring",
    "kdstudio.runs.exporting.writing",
    "tests.workers",
]
"""What is not installed is passed over. Importing ExecuTorch alone takes 9 s of processor time."""


def forking():
    context = get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


class Forked:
    """Runs ``program(*arguments)``, seen from outside as ``subprocess.Popen`` has it.

    With a file for its ``errors``, its standard output is heard here, too.
    """

    def __init__(self, program, *arguments, errors=None):
        context = forking()
        ends = {}
        ends[0], write = context.Pipe(duplex=False)
        self.stdin = own_file(write, "wb")
        if errors is not None:
            hear, ends[1] = context.Pipe(duplex=False)
            self.stdout = own_file(hear, "rb")
            ends[2] = Connection(os.dup(errors.fileno()), readable=False)
        self._process = context.Process(
            target=become, args=(program, arguments, ends, dict(os.environ), sys.path), daemon=True
        )
        self._process.start()
        for end in ends.values():
            end.close()
        self.pid = self._process.pid

    def poll(self):
        return self._process.exitcode

    def wait(self, timeout=None):
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("forked", timeout)
        return self._process.exitcode

    def kill(self):
        self._process.kill()


def own_file(connection, mode):
    file = os.fdopen(os.dup(connection.fileno()), mode)
    connection.close()
    return file


def become(program, arguments, ends, environment, path):
    """In the fork: take ``ends`` of pipes for the standard files of these numbers."""
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:] = path
    for number, end in ends.items():
        os.dup2(end.fileno(), number)
        end.close()
    sys.stdin = open(0)  # noqa: SIM115
    program(*arguments)


def run_module(module):
    """Do what ``python -m module`` does with a module of ours."""
    sys.argv = [module]
    import_module(module).main()


def launch(module, errors):
    """Start a module as ``kdstudio.runs.exporting.child.launch`` does."""
    return Forked(run_module, module, errors=errors)
