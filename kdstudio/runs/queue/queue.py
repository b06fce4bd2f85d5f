"""The queue of a runs folder: what waits, in which order, and what is done with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from filelock import FileLock, Timeout

from kdstudio.engine.experiment import Experiment
from kdstudio.errors import KDStudioError
from kdstudio.machine import host
from kdstudio.runs.files import make_folder, write_atomically, writing
from kdstudio.runs.folder import PATIENCE, RunFolder
from kdstudio.runs.names import check_new_name
from kdstudio.runs.presets import to_toml
from kdstudio.runs.queue.described import described
from kdstudio.runs.queue.entry import LEFT, Entry, EntryState
from kdstudio.runs.queue.folder import QueueFolder
from kdstudio.runs.reading import read_file

FOLDER = ".queue"
ALL = "worker-all"
"""Lock of somebody who has workers elsewhere, so that there is a place for none here."""
DIGITS = 8
"""Of the number of workers, at most."""


class Taken(NamedTuple):
    """An entry that is to be run, with its lock, held."""

    entry: Entry
    lock: FileLock


class Place(NamedTuple):
    """That of one worker among those that may be at work at once, with its lock, held."""

    number: int
    """From 0."""
    lock: FileLock


def most_workers() -> int:
    """How many workers have a core of their own on this machine."""
    return os.cpu_count() or 1


class Queue:
    """The entries of a runs folder; any number of processes may have one open."""

    def __init__(self, runs: Path) -> None:
        """Nothing is made before there is something to keep."""
        self.runs = runs
        self.folder = QueueFolder(runs / FOLDER)

    def entries(self) -> list[Entry]:
        """Read all entries, in their order."""
        return self.folder.entries()

    @property
    def log_file(self) -> Path:
        """What workers, and code that they run, have printed."""
        return self.folder.log_file

    @property
    def workers(self) -> int:
        """How many runs may go on at once: as many as were wished for, and this machine has cores for."""
        try:
            wished = int(read_file(self._workers_file, DIGITS))
        except (OSError, ValueError):
            return 1
        return min(max(wished, 1), most_workers())

    def want_workers(self, count: int) -> None:
        """Let so many runs go on at once from now on; what runs goes on to its end."""
        make_folder(self.runs, "runs folder")
        make_folder(self.folder.path, "queue")
        with writing("queue", self.folder.path, "try again"):
            write_atomically(self._workers_file, str(count))

    @property
    def _workers_file(self) -> Path:
        return self.folder.path / "workers"

    def take_place(self) -> Place | None:
        """Take the first free worker's place; None where as many are at work as may be."""
        for number in range(self.workers):
            name = f"worker-{number + 1}"
            if not self.folder.is_locked(name):
                lock = self.folder.lock(name)
                with suppress(Timeout):
                    lock.acquire(timeout=PATIENCE)  # somebody may look whether it is held
                    if not self.folder.is_locked(ALL):
                        return Place(number, lock)
                    lock.release()
        return None

    @contextmanager
    def all_places(self) -> Iterator[str]:
        """Keep the places of all workers, for somebody who has others elsewhere; yields the lock's name.

        Raises KDStudioError where one of them is at work, or expected.
        """
        lock = self.folder.lock(ALL)
        try:
            with suppress(Timeout):
                lock.acquire(timeout=PATIENCE)
            if not lock.is_locked or self._works_beside(ALL):
                raise KDStudioError(f"another process works this queue off already{self.told_running()}")
            yield ALL
        finally:
            lock.release()

    def told_running(self) -> str:
        """Say what others run, where they do."""
        running = [entry for entry in self.entries() if entry.state == "running"]
        told = (f"process {e.worker} on {e.host} runs '{e.run or e.name}'" for e in running)
        return "".join(f": {each}" for each in told)

    @contextmanager
    def expecting_workers(self) -> Iterator[None]:
        """Say that it is worked off, also while workers load: nobody sets aside what waits meanwhile."""
        lock = self.folder.lock("worker-starter")
        with suppress(Timeout):  # where another one says so already
            lock.acquire(timeout=PATIENCE)
        try:
            yield
        finally:
            lock.release()

    @property
    def has_worker(self) -> bool:
        """Tell whether somebody works it off."""
        return self._works_beside()

    def _works_beside(self, own: str = "") -> bool:
        """Tell whether somebody holds a worker's lock, other than the one called ``own``."""
        names = (file.stem for file in self.folder.path.glob("worker-*.lock"))
        return any(self.folder.is_locked(name) for name in names if name != own)

    def has_begun(self, process: int) -> bool:
        """Tell whether the worker of this number has ever taken anything."""
        return any(entry.worker == process for entry in self.entries())

    def add(
        self, experiment: Experiment, *, folder_name: str = "", run: str = "", allow_code: bool = False
    ) -> Entry:
        """Put an experiment at the end of the line; with ``run`` the one of that folder, to be resumed."""
        check_new_name(folder_name, self.runs)
        now = datetime.now().astimezone()
        with self.folder.changing() as entries:
            return self.folder.write(
                Entry(
                    key=f"{now:%Y%m%d-%H%M%S}-{uuid4().hex[:6]}",
                    name=experiment.name,
                    what=described(experiment),
                    experiment=to_toml(experiment),
                    added=now.isoformat(timespec="seconds"),
                    position=_behind(entries),
                    folder_name=folder_name,
                    run=run,
                    allow_code=allow_code,
                )
            )

    def resume(self, folder: RunFolder, *, allow_code: bool = False) -> Entry:
        """Put a run in line to be resumed; one entry a run."""
        for entry in self.entries():
            if entry.run == folder.name:
                self.retry([entry.key], allow_code=allow_code)
                return self.entry(entry.key)
        return self.add(folder.experiment(), run=folder.name, allow_code=allow_code)

    def entry(self, key: str) -> Entry:
        """Find an entry by the beginning of its key; KDStudioError where none, or several, are found."""
        found = [entry for entry in self.entries() if entry.key.startswith(key)]
        if len(found) != 1:
            raise KDStudioError(
                f"{'no entry' if not found else 'several entries'} '{key}' in the queue; "
                "'kdstudio queue list' shows them"
            )
        return found[0]

    def _change(self, keys: Collection[str], change: Callable[[Entry], Entry]) -> None:
        with self.folder.changing() as entries:
            for entry in entries.values():
                if entry.key in keys and (changed := change(entry)) != entry:
                    self.folder.write(changed)

    def cancel(self, keys: Collection[str]) -> None:
        """Take out of the line what waits, or was left; what runs is stopped with a checkpoint."""

        def end(entry: Entry) -> Entry:
            if entry.state == "running":
                self.folder.file(entry.key, ".stop").touch()
                return entry
            return entry.with_state("cancelled") if entry.can_be_cancelled else entry

        self._change(keys, end)

    def retry(self, keys: Collection[str], *, allow_code: bool = False) -> None:
        """Let what is over, or set aside, wait again, at the place that it had; what has begun is resumed."""

        def wait(entry: Entry) -> Entry:
            if not entry.can_go_on:
                return entry
            run = entry.run if (self.runs / entry.run).is_dir() else ""
            return entry.with_state(
                "waiting", run=run, allow_code=allow_code, deaths=0, message="", details="", field=()
            )

        self._change(keys, wait)

    def duplicate(self, keys: Collection[str], *, allow_code: bool = False) -> None:
        """Put the same experiments in line once more."""
        for entry in self.entries():
            if entry.key in keys:
                self.add(entry.read(), allow_code=allow_code)

    def move(self, keys: Collection[str], by: int) -> None:
        """Let what waits change places with its neighbours, ``by`` places further back."""
        with self.folder.changing() as entries:
            line = _waiting(entries)
            free = [*range(len(line))]
            for key in sorted(set(line) & set(keys), key=line.index, reverse=by > 0):
                place = line.index(key)
                goal = min(max(place + by, free[0]), free[-1])
                free.remove(goal)  # they keep their order, and none passes another at an end
                line.insert(goal, line.pop(place))
            self._order(entries, line)

    def place(self, keys: Collection[str], before: str = "") -> None:
        """Put what waits before another entry that waits, or at the end."""
        with self.folder.changing() as entries:
            line = _waiting(entries)
            chosen = [key for key in line if key in keys]
            rest = [key for key in line if key not in keys]
            at = rest.index(before) if before in rest else len(rest)
            self._order(entries, rest[:at] + chosen + rest[at:])

    def _order(self, entries: dict[str, Entry], line: list[str]) -> None:
        """Give the positions that there are to the entries of ``line``."""
        positions = sorted(entries[key].position for key in line)
        for key, position in zip(line, positions, strict=True):
            if entries[key].position != position:
                self.folder.write(entries[key].model_copy(update={"position": position}))

    def remove(self, keys: Collection[str]) -> None:
        """Forget entries that nobody runs; runs stay where they are."""
        with self.folder.changing() as entries:
            for entry in entries.values():
                if entry.key in keys and entry.state != "running":
                    self.folder.remove(entry.key)

    @property
    def is_held(self) -> bool:
        """Tell whether nothing more is to be taken."""
        return self._hold_file.exists()

    def hold(self, *, held: bool) -> None:
        """Let nothing more be taken, or go on; what runs goes on to its end."""
        if held:
            make_folder(self.folder.path, "queue")
            self._hold_file.touch()
        else:
            self._hold_file.unlink(missing_ok=True)

    @property
    def _hold_file(self) -> Path:
        return self.folder.path / "held"

    def set_aside(self) -> list[Entry]:
        """On another day, with nobody at work: let nothing begin by itself; returns what can go on.

        What was allowed to run code is no longer.
        """
        due = [entry.key for entry in self.entries() if entry.is_due]
        if due and not self.has_worker:
            self._change(due, _set_aside)
        return [entry for entry in self.entries() if entry.state in LEFT]

    def take(self) -> Taken | None:
        """Take the first that is due, for good: it says that it runs, and its lock is held."""
        if self.is_held or not any(entry.is_due for entry in self.entries()):
            return None
        with self.folder.changing() as entries:
            for entry in entries.values():
                if not entry.is_due:
                    continue
                lock = self.folder.lock(entry.key)
                with suppress(Timeout):
                    lock.acquire(timeout=PATIENCE)  # somebody may look whether it is held
                    self.folder.file(entry.key, ".stop").unlink(missing_ok=True)
                    run = entry.run if (self.runs / entry.run).is_dir() else ""
                    taken = entry.with_state(
                        "running",
                        run=run,
                        doing="preparing",
                        tries=entry.tries + 1,
                        worker=os.getpid(),
                        host=host(),
                    )
                    return Taken(self.folder.write(taken), lock)
        return None

    def note(self, entry: Entry, state: EntryState = "running", **changes: object) -> Entry:
        """Write what has become of an entry, by whoever runs it."""
        return self.write(entry.with_state(state, **changes))

    def write(self, entry: Entry) -> Entry:
        """Write an entry as it is, by whoever runs it; returns it.

        Raises KDStudioError where the folder has gone: none is made in its place.
        """
        self.check_there()
        with self.folder.changing():
            return self.folder.write(entry)

    def check_there(self) -> None:
        """Raise KDStudioError where the folder has gone meanwhile."""
        if not self.folder.path.is_dir():
            raise self.gone()

    def gone(self) -> KDStudioError:
        """Say that the folder is not the one any more that it was."""
        return KDStudioError(
            f"the runs folder {self.runs} has gone, or another is in its place; put it back, then "
            "'kdstudio queue run' goes on from the last checkpoints"
        )

    def is_to_stop(self, key: str) -> bool:
        """Tell whether somebody wishes that the entry, which runs, is stopped."""
        return self.folder.file(key, ".stop").exists()


def _set_aside(entry: Entry) -> Entry:
    """Let what is due begin by nobody's word but a new one."""
    return entry.with_state("set aside" if entry.state == "waiting" else "interrupted", allow_code=False)


def _waiting(entries: dict[str, Entry]) -> list[str]:
    return [entry.key for entry in entries.values() if entry.state == "waiting"]


def _behind(entries: dict[str, Entry]) -> float:
    return max((entry.position for entry in entries.values()), default=0.0) + 1
