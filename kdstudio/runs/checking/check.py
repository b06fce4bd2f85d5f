"""Looking at all of a run, and mending what is safe to mend."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from kdstudio.runs.checking.fault import Fault, put_aside
from kdstudio.runs.checking.files import (
    checkpoint_faults,
    confusion_faults,
    leftovers,
    lock_faults,
    said_faults,
    weight_faults,
)
from kdstudio.runs.checking.log import log_faults
from kdstudio.runs.checking.summary import experiment_faults, summary_faults
from kdstudio.runs.files import UNFINISHED
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.queue.queue import Queue
from kdstudio.runs.reading import reason_of

PARTS: tuple[Callable[[RunFolder], Iterator[Fault]], ...] = (
    lock_faults,
    leftovers,
    log_faults,
    experiment_faults,
    summary_faults,
    checkpoint_faults,
    weight_faults,
    confusion_faults,
    said_faults,
)
"""In an order in which each may rely on what was mended before it."""


LONG_AGO = 3600.0
"""Seconds: nobody takes so long to make a run's folder."""


@dataclass
class Checked:
    """What is wrong with a run, or the queue."""

    name: str
    faults: list[Fault] = field(default_factory=list)
    """That are still there."""
    mended: list[Fault] = field(default_factory=list)
    remark: str = ""
    """Why it was not looked at."""

    @property
    def is_fine(self) -> bool:
        """Tell whether nothing is wrong any more."""
        return not self.faults

    def take(self, faults: Iterator[Fault], *, mend: bool) -> None:
        """Note faults; each is mended before the next is looked for."""
        for fault in faults:
            try:
                if mend and fault.mend:
                    fault.mend()
                    self.mended.append(fault)
                else:
                    self.faults.append(fault)
            except OSError as error:
                self.faults.append(Fault(fault.file, fault.reason, f"cannot be mended: {reason_of(error)}"))


def check(run: RunFolder, *, mend: bool = False) -> Checked:
    """Look at a run; one that goes on is left alone. To ``mend`` it is held, and none that came with us is.

    Raises KDStudioError where it cannot be held.
    """
    found = Checked(run.title)
    if run.is_running():
        found.remark = "is running, and was not looked at"
        return found
    if not mend:
        _look(run, found, mend=False)
        return found
    run.check_own("mended")
    found.take(lock_faults(run), mend=True)
    with run.hold():
        _look(run, found, mend=True)
    return found


def _look(run: RunFolder, found: Checked, *, mend: bool) -> None:
    for part in PARTS:
        try:
            found.take(part(run), mend=mend)
        except OSError as error:  # a folder in it that nobody may look into
            found.faults.append(Fault(".", f"cannot be read: {reason_of(error)}", "see who may read it"))
            return


def check_queue(runs: Path, *, mend: bool = False) -> Checked:
    """Look at the entries of a queue, and for runs that somebody was killed over while they were made."""
    queue, found = Queue(runs).folder, Checked("queue")
    queue.entries()
    found.take(_never_made(runs), mend=mend)

    def faults() -> Iterator[Fault]:
        for name, reason in queue.skipped.items():
            yield put_aside(queue.path / name, queue.path, reason, "so that it is run by nobody")

    if queue.skipped and mend:
        with queue.changing():
            found.take(faults(), mend=True)
    else:
        found.take(faults(), mend=False)
    return found


def _never_made(runs: Path) -> Iterator[Fault]:
    for path in runs.glob(f".*{UNFINISHED}"):
        if time.time() - path.stat().st_mtime > LONG_AGO:
            yield Fault(path.name, "is a run that was never made", "removed", partial(shutil.rmtree, path))


def spoken(found: Checked) -> Iterator[str]:
    """Say what was found and done, a line for each thing."""
    if found.remark:
        yield found.remark
    elif not found.faults and not found.mended:
        yield "fine"
    for fault in found.mended:
        yield f"{fault.file}: {fault.reason}; mended: {fault.remedy}"
    yield from (fault.text for fault in found.faults)
