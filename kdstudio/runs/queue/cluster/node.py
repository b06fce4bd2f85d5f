"""A run on a node of the cluster: the same work as that of a worker on this machine, told from afar."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from kdstudio import __version__
from kdstudio.errors import KDStudioError
from kdstudio.machine import host
from kdstudio.runs.files import write_atomically
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.locks import is_held
from kdstudio.runs.queue.cluster.bringing import Bundle, Gathering, unpack
from kdstudio.runs.queue.cluster.exchange import News, Wanted
from kdstudio.runs.queue.entry import Entry, EntryState
from kdstudio.runs.queue.queue import Queue
from kdstudio.runs.queue.shares import OMP
from kdstudio.runs.queue.working import Work
from kdstudio.runs.reading import read_file

LOOK_SECONDS = 0.5
"""How often a node asks what is wanted of it."""
LONGEST_MARK = 100

Tell = Callable[[list[News]], Wanted]
"""Hands news to the scheduler, and brings back what it wants."""


@dataclass(frozen=True)
class Terms:
    """What a node is told beside the entry."""

    task: str
    """Whose box of the exchange is its own."""
    runs: str
    """The runs folder, as the scheduler sees it."""
    mark: str
    """What stands in the file ``MARK`` there."""
    lock: str
    """A lock there that the scheduler holds."""
    cores: int
    allow_code: bool
    version: str = __version__


MARK = "scheduler"
"""File of the queue by which a node tells whether it sees the same folder."""


def sees(queue: Path, mark: str, lock: str) -> bool:
    """Tell whether this machine shares the folder of the queue, its locks included, and may write there."""
    with suppress(OSError):
        same = read_file(queue / MARK, LONGEST_MARK).decode() == mark
        return same and is_held(queue / f"{lock}.lock") and os.access(queue.parent, os.W_OK)
    return False


class Correspondence:
    """The queue as a node has it: what it would note is told, and what is wanted is asked for."""

    def __init__(self, runs: Path, tell: Tell, *, brings: bool) -> None:
        """With ``brings`` nobody but this node sees ``runs``, so that what is new there is told, too."""
        self.runs = runs
        self._tell = tell
        self._gathering = Gathering() if brings else None
        self._wanted: Wanted = "go on"
        self._asked = 0.0
        self._folder: RunFolder | None = None

    def note(self, entry: Entry, state: EntryState = "running", **changes: object) -> Entry:
        """Tell what has become of the entry; returns it. Its end is told by whoever returns it, once."""
        entry = entry.with_state(state, **changes)
        if entry.run:
            self._folder = RunFolder(self.runs / entry.run)
        self._send([*self._brought(), *[entry] * (state == "running")])
        return entry

    def after_event(self, folder: RunFolder) -> None:
        """Tell what is new in the run's folder, now and then."""
        if self._gathering and self._gathering.is_time:
            self._folder = folder
            self._send([*self._brought()])

    def wants_leaving(self) -> bool:
        """Tell whether the run is to be kept for another day."""
        self._look()
        return self._wanted == "leave"

    def is_to_stop(self, _key: str) -> bool:
        """Tell whether it is to stop."""
        self._look()
        return self._wanted == "stop"

    def _look(self) -> None:
        if monotonic() - self._asked > LOOK_SECONDS:
            self._send([])

    def _brought(self) -> list[Bundle]:
        if self._gathering is None or self._folder is None:
            return []
        return [self._gathering.changed(self._folder)]

    def _send(self, news: list[News]) -> None:
        before, self._wanted = self._wanted, self._tell(news)
        self._asked = monotonic()
        if self._gathering and self._folder and self._wanted != before and self._wanted in ("go on", "pause"):
            with suppress(OSError):
                write_atomically(self._folder.control_file, self._wanted, durable=False)


def carry_out(entry: Entry, terms: Terms, exchange: Any, parcel: Bundle | None) -> Entry | None:  # noqa: ANN401
    """Run an entry to its end; returns it with what has become of it.

    Returns None where the run is to go on but neither the runs folder is seen nor a ``parcel`` has come.
    """
    import ray

    def tell(news: list[News]) -> Wanted:
        try:
            wanted: Wanted = ray.get(exchange.tell.remote(terms.task, news))
        except ray.exceptions.RayError:  # nobody hears it any more
            return "leave"
        return wanted

    if terms.version != __version__:
        raise KDStudioError(
            f"{host()} has KD Studio {__version__}, and the scheduler {terms.version}; install the same"
        )
    entry = entry.model_copy(update={"host": host(), "worker": os.getpid(), "doing": "preparing"})
    os.environ[OMP] = str(terms.cores)
    runs = Path(terms.runs)
    if sees(Queue(runs).folder.path, terms.mark, terms.lock):
        return _work(entry, terms, Correspondence(runs, tell, brings=False))
    if entry.run and parcel is None:
        return None
    with tempfile.TemporaryDirectory(prefix="kdstudio-run-") as own:
        if parcel:
            unpack(parcel, Path(own))
        return _work(entry, terms, Correspondence(Path(own), tell, brings=True))


def _work(entry: Entry, terms: Terms, queue: Correspondence) -> Entry:
    entry = queue.note(entry, doing=entry.doing)
    work = Work(queue, queue.wants_leaving, allow_code=terms.allow_code, runs=queue.after_event)
    return work.run(entry)
