"""Joining a Ray cluster, or starting one here; nowhere else is Ray imported by whoever schedules."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from kdstudio.errors import KDStudioError
from kdstudio.given import reason

LOCAL, AUTO = "local", "auto"
CLIENT = "ray://"
REACH_SECONDS = 5.0
"""How long a machine may take to answer at all."""
JOIN_SECONDS = 30.0
"""How long a cluster may take to let somebody join; Ray itself would wait for two minutes, and end us."""
STORE_BYTES = 100 * 2**20
"""Of a cluster that is started here: what passes between its processes is small."""
QUIET = {"RAY_USAGE_STATS_ENABLED": "0"}
"""Nothing is sent to the makers of Ray."""
TRY = "import sys, ray; ray.init(address=sys.argv[1], log_to_driver=False); ray.shutdown()"
LONGEST_REASON = 300


@contextmanager
def joined(address: str) -> Iterator[Any]:
    """Yield Ray's module, connected; KDStudioError where it is not installed or does not answer.

    ``address`` is ``HOST:PORT`` of its head, ``ray://HOST:PORT`` from outside, ``auto`` on one of its nodes,
    or ``local``: then a cluster of this machine alone is started, and ended at the end.
    """
    ray = _ray()
    if address != LOCAL:
        _check_answers(address)
    with ExitStack() as leaving:
        leaving.callback(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        options: dict[str, Any] = {"address": address}
        if address == LOCAL:
            folder = tempfile.mkdtemp(prefix="kdstudio-ray-", dir=None if sys.platform == "win32" else "/tmp")
            leaving.callback(shutil.rmtree, folder, ignore_errors=True)
            options |= {
                "include_dashboard": False,
                "object_store_memory": STORE_BYTES,
                "_temp_dir": folder,  # a short path: it holds sockets
            }
        leaving.callback(ray.shutdown)
        try:
            ray.init(**options, log_to_driver=False, logging_level="ERROR")
        except Exception as error:
            raise _unreachable(address, str(error)) from error
        _silence()
        yield ray


def _ray() -> Any:  # noqa: ANN401
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise KDStudioError(
            """--ray needs Ray; 'uv pip install "kdstudio[cluster]"' installs what is missing"""
        ) from error
    return ray


def _silence() -> None:
    """Keep Ray from printing what nodes report into what was asked for; it has no option for that."""
    with suppress(ImportError):
        from ray._private import worker

        worker.print_to_stdstream = lambda *_report, **_options: None


def _check_answers(address: str) -> None:
    """Raise KDStudioError where no cluster can be joined there; a process of its own tries it."""
    if address != AUTO:
        _check_reachable(address)
    try:
        tried = subprocess.run(
            [sys.executable, "-c", TRY, address],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=JOIN_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise _unreachable(address, f"it let nobody join within {JOIN_SECONDS:.0f} s") from error
    if tried.returncode:
        lines = tried.stderr.decode(errors="replace").strip().splitlines()
        raise _unreachable(address, lines[-1] if lines else f"exit code {tried.returncode}")


def _check_reachable(address: str) -> None:
    place, _, port = address.removeprefix(CLIENT).rpartition(":")
    if not (place and port.isdigit()):
        raise KDStudioError(
            f"'{address}' is no address of a Ray cluster; give HOST:PORT, {CLIENT}HOST:PORT, {AUTO} "
            f"or {LOCAL}"
        )
    try:
        with socket.create_connection((place, int(port)), timeout=REACH_SECONDS):
            pass
    except (OSError, OverflowError) as error:
        raise _unreachable(address, reason(error)) from error


def _unreachable(address: str, reason: str) -> KDStudioError:
    with suppress(IndexError):
        reason = reason.strip().splitlines()[0]
    return KDStudioError(
        f"no Ray cluster can be joined at '{address}' ({reason[:LONGEST_REASON]}); 'ray start --head' begins "
        f"one, and '--ray {LOCAL}' has one on this machine alone"
    )
