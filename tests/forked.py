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

    ``errors`` is where its standard error goes, if it has one of its own.
    """

    def __init__(self, program, *arguments, errors=None):
        context = forking()
        read, write = context.Pipe(duplex=False)
        hear, say = context.Pipe(duplex=False)
        told = None if errors is None else Connection(os.dup(errors.fileno()), readable=False)
        self._process = context.Process(
            target=become, args=(program, arguments, read, say, told, dict(os.environ), sys.path), daemon=True
        )
        self._process.start()
        for end in filter(None, (read, say, told)):
            end.close()
        self.stdin, self.stdout = own_file(write, "wb"), own_file(hear, "rb")
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


def become(program, arguments, read, say, told, environment, path):
    """In the fork: take the pipes for standard input and output."""
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:] = path
    os.dup2(read.fileno(), 0)
    os.dup2(say.fileno(), 1)
    if told is not None:
        os.dup2(told.fileno(), 2)
    for end in filter(None, (read, say, told)):
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
