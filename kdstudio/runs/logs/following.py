"""Writing runs' logs for another tool, once or for as long as they run."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.logs.declaration import LogTool
from kdstudio.runs.logs.logged_run import LoggedRun

LOOK_SECONDS = 1.0
"""Between two looks at the runs that are followed."""


def log_runs(tool: LogTool, folders: Iterable[RunFolder], *, follow: bool = False) -> Iterator[str]:
    """Write the log of each run and yield where it is; with ``follow``, as soon as the run is over.

    Whoever closes it leaves the logs as they are, whole; to begin again doubles nothing.
    """
    tool.check_installed()
    waiting = [(folder, followed(tool, folder)) for folder in folders] if follow else []
    if not follow:
        for folder in folders:
            yield tool.write(LoggedRun(folder)).place
    while waiting:
        for folder, steps in list(waiting):
            if (place := next(steps)) is not None:
                waiting.remove((folder, steps))
                yield place
        if waiting:
            time.sleep(LOOK_SECONDS)


def followed(tool: LogTool, folder: RunFolder) -> Iterator[str | None]:
    """Keep a run's log up to date at each ``next``; yields None while it runs, and at last where it is."""
    run = log = None
    while folder.is_running():
        if run is None or log is None:
            run = LoggedRun(folder)
            log = tool.write(run)
        elif (points := run.poll()) is None:
            log = tool.write(run)
        elif points:
            log.add(points)
        yield None
    yield tool.write(LoggedRun(folder)).place
