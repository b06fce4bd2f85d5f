"""Whether a run's log can be read to its end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

from kdstudio.runs.checking.fault import Fault
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.reading import open_file, reason_of
from kdstudio.runs.survey import survey


def log_faults(folder: RunFolder) -> Iterator[Fault]:
    """Look at the log: what a kill or a loss of power has left at its end is cut."""
    name = folder.events_file.name
    try:
        with open_file(folder.events_file) as file:
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        reason = f"cannot be read: {reason_of(error)}"
        yield Fault(name, reason, "the run has no curves, and cannot go on; scores and networks are there")
        return
    log = survey(folder)
    if rest := size - log.size:
        cut = partial(os.truncate, folder.events_file, log.size)
        yield Fault(name, f"its last {rest:,} bytes are no whole line", "cut off", cut)
    if count := len(log.unreadable):
        reason = f"{count:,} line{'' if count == 1 else 's'} cannot be read"
        yield Fault(name, reason, "whatever else it tells is read; curves may lack points")
