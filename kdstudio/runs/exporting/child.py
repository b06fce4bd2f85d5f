"""A process beside this one, so that what it loads can crash, hang or be cancelled without harm.

The window's process has a locale, threads and libraries of its own; exporters and runtimes get a fresh one.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from contextlib import suppress
from errno import ENOSPC
from tempfile import TemporaryFile
from threading import Thread
from typing import IO, TYPE_CHECKING, Any, Never, Self

from kdstudio.declaration import ProgressCallback
from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    import numpy as np

POLL_SECONDS = 0.1
NO_ROOM = 28
"""Exit code of a child that found the disk full."""
TOLD = "kdstudio: "
"""Before the last line of a child's standard error: what is meant for people."""


class ChildError(KDStudioError):
    """What a child could not do; its message is the reason."""


class Child:
    """Runs a module of ours with a task; ended with the ``with`` block, whatever happens in it."""

    def __init__(self) -> None:
        """Not started yet."""
        self._errors = TemporaryFile()  # noqa: SIM115  (closed with the child)
        self._started: subprocess.Popen[bytes] | None = None

    def start(self, module: str, task: dict[str, Any]) -> None:
        """Run ``module``; ``task`` is sent as the first line of its standard input."""
        self._started = launch(module, self._errors)
        self.tell(task)

    def __enter__(self) -> Self:
        """Use it in a ``with`` block."""
        return self

    def __exit__(self, *_raised: object) -> None:
        """End it."""
        self.close()

    def close(self) -> None:
        """End it, at once."""
        self._errors.close()
        if self._started is None:
            return
        self._started.kill()
        self._started.wait()
        for pipe in (self._orders, self._answers):
            with suppress(OSError):  # what it did not read any more
                pipe.close()

    def tell(self, task: dict[str, Any]) -> None:
        """Send one line of JSON."""
        self._send((json.dumps(task) + "\n").encode())

    def ask(self, task: dict[str, Any]) -> Any:  # noqa: ANN401
        """Send one line of JSON and wait for one. Raises ChildError with the reason where it fails."""
        self.tell(task)
        return self.hear()

    def hear(self) -> Any:  # noqa: ANN401
        """Wait for one line of JSON."""
        line = self._answers.readline()
        if not line:
            self._fail()
        return json.loads(line)

    def answer(self, images: np.ndarray) -> np.ndarray:
        """Send one batch and wait for what a file answers to it."""
        self.tell({"do": "answer", **shape_of(images)})
        self._send(images.tobytes())
        return read_array(self._answers, self.hear())

    def hear_while(self, progress: ProgressCallback, what: str) -> Any:  # noqa: ANN401
        """Wait for one line of JSON; ``progress``, called all the while, may raise to give up."""
        heard: list[Any] = []
        failed: list[BaseException] = []

        def listen() -> None:
            try:
                heard.append(self.hear())
            except BaseException as error:
                failed.append(error)

        listener = Thread(target=listen, daemon=True)
        listener.start()
        while listener.is_alive():
            progress(what, 0.0)
            listener.join(POLL_SECONDS)
        if failed:
            raise failed[0]
        return heard[0]

    @property
    def _process(self) -> subprocess.Popen[bytes]:
        assert self._started is not None
        return self._started

    @property
    def _orders(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _answers(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _send(self, content: bytes) -> None:
        try:
            self._orders.write(content)
            self._orders.flush()
        except OSError:
            self._fail()

    def _fail(self) -> Never:
        code = self._process.wait()
        if code == NO_ROOM:
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        told = [line.removeprefix(TOLD) for line in lines if line.startswith(TOLD)]
        raise ChildError((told or lines or [f"its process ended with code {code}"])[-1])


def launch(module: str, errors: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start ``module`` with pipes to and from it; what it says beside goes to the file ``errors``."""
    path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"}
    return subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env={**os.environ, **path},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def complain(error: BaseException) -> Never:
    """In the child: tell, in one line, why it ends, and end."""
    sys.stderr.write(f"\n{TOLD}{spoken(error)}\n")
    sys.stderr.flush()
    full = isinstance(error, OSError) and error.errno == ENOSPC
    os._exit(NO_ROOM if full else 1)  # what a runtime does at the interpreter's end is nobody's concern


def spoken(error: BaseException) -> str:
    """Say in one line what an exporter or a runtime raises: our own words, or the first cause of all."""
    while error.__cause__ is not None and not isinstance(error, KDStudioError):
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    first = " ".join(lines[:2]) if lines and lines[0].endswith(":") else "".join(lines[:1])
    if isinstance(error, KDStudioError):
        return first
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def say(answers: IO[bytes], what: object) -> None:
    """In the child: send one line of JSON."""
    answers.write((json.dumps(what) + "\n").encode())
    answers.flush()


def shape_of(values: np.ndarray) -> dict[str, Any]:
    """Tell what the bytes that follow are."""
    return {"shape": values.shape, "dtype": str(values.dtype)}


def read_array(file: IO[bytes], told: dict[str, Any]) -> np.ndarray:
    """Read what was told by :func:`shape_of`, from a pipe, which numpy's own readers cannot."""
    import numpy as np

    dtype = np.dtype(told["dtype"])
    content = bytearray(file.read(math.prod(told["shape"]) * dtype.itemsize))
    return np.frombuffer(content, dtype).reshape(told["shape"])


def own_output() -> IO[bytes]:
    """In the child: keep the standard output for answers; whatever else is printed goes to the errors."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers
