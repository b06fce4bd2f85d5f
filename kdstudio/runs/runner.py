"""The process that runs a run on this machine, and ending it where it hears nothing any more."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder

if TYPE_CHECKING:
    import psutil

PATIENCE = 10.0
"""Seconds for a process that was killed to be gone."""


@dataclass(frozen=True)
class Runner:
    """A process that has the lock of a run in its hands, which no file of a stranger can claim of another."""

    run: RunFolder
    process: psutil.Process

    def __str__(self) -> str:
        """``process 4242 (python -m kdstudio run mine.toml), begun at 10:03 on 2025-05-04``."""
        begun = datetime.fromtimestamp(self.process.create_time())
        return f"process {self.process.pid} ({self._command()}), begun at {begun:%H:%M on %Y-%m-%d}"

    def _command(self) -> str:
        import psutil

        with suppress(psutil.Error):
            return " ".join(self.process.cmdline())
        return str(self.process.name())

    def end(self) -> None:
        """Kill it and what it has begun; KDStudioError where it no longer runs the run, or stays."""
        import psutil

        try:
            if not _holds(self.process, self.run):
                raise KDStudioError(f"{self} no longer runs '{self.run.name}', so it was left alone")
            begun = self.process.children(recursive=True)
            self.process.kill()  # a psutil.Process is known by its start too: never another with its number
            for each in begun:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
        except psutil.NoSuchProcess:  # by itself, just now
            return
        except psutil.AccessDenied as error:
            raise KDStudioError(
                f"process {self.process.pid} may not be ended by you; ask its user"
            ) from error
        _, alive = psutil.wait_procs([self.process, *begun], PATIENCE)
        if alive:
            raise KDStudioError(
                f"process {alive[0].pid} was killed and is still there; it may be waiting for a disk"
            )


def find_runner(run: RunFolder) -> Runner:
    """Find who runs ``run``; KDStudioError where nobody does, or nobody here whom one may look at."""
    import psutil

    if not run.is_running():
        raise KDStudioError(f"run '{run.name}' is not running, so it cannot be ended")
    holders = {found.pid: found for found in psutil.process_iter() if _holds(found, run)}
    holders.pop(os.getpid(), None)
    for found in holders.values():
        with suppress(psutil.Error):
            if found.ppid() not in holders:  # what it has forked holds the lock too
                return Runner(run, found)
    raise KDStudioError(
        f"no process of yours on this machine runs '{run.name}'; end it where it runs, "
        "or as the user who runs it"
    )


def _holds(process: psutil.Process, run: RunFolder) -> bool:
    """Tell whether it has the lock's file open for more than reading, as who asks whether it is held has."""
    import psutil

    lock = os.path.normcase(os.path.realpath(run.lock_file))
    with suppress(psutil.Error, OSError):
        return any(
            os.path.normcase(file.path) == lock and getattr(file, "mode", "") != "r"
            for file in process.open_files()
        )
    return False
