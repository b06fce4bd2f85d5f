"""What is told of a program that ended unexpectedly: when, what it ran, and where its log is."""

from __future__ import annotations

from pathlib import Path

from kdstudio.fault_log import Crash, log_file
from kdstudio.runs.index import RunIndex
from kdstudio.runs.queue.queue import Queue


def told(crash: Crash, runs: Path) -> str:
    """Say it in a line, with the runs in ``runs`` that were going on then and can go on."""
    names = interrupted(crash, runs)
    were = "was" if len(names) == 1 else "were"
    left = f"; {', '.join(names)} {were} interrupted and can go on" if names else ""
    return f"{crash}{left}; its log is {log_file()}"


def interrupted(crash: Crash, runs: Path) -> list[str]:
    """Names of the runs that have been left in mid-run since the program began."""
    index, since = RunIndex(runs), crash.began
    index.refresh()
    lined_up = {entry.run for entry in Queue(runs).entries() if entry.state == "interrupted"}
    return [
        folder.name
        for folder, summary in index.summaries.items()
        if (summary.status == "interrupted" or folder.name in lined_up)
        and folder.summary_file.stat().st_mtime >= since.timestamp()
    ]
