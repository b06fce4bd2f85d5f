"""The queue of a runs folder: what waits, in which order, and what is done with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from filelock import FileLock, Timeout

from kdstudio.engine.experiment import Experiment
from kdstudio.errors import KDStudioError
from kdstudio.runs.files import make_folder
from kdstudio.runs.folder import PATIENCE, RunFolder
from kdstudio.runs.presets import to_toml
from kdstudio.runs.queue.described import described
from kdstudio.runs.queue.entry import LEFT, Entry, EntryState
from kdstudio.runs.queue.folder import QueueFolder

FOLDER = ".queue"


class Taken(NamedTuple):
    """An entry that is to be run, with its lock, held."""

    entry: Entry
    lock: FileLock


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
        """What the worker, and code that it runs, has printed."""
        return self.folder.path / "worker.log"

    def worker_lock(self) -> FileLock:
        """Return the lock of the one worker."""
        return self.folder.lock("worker")

    @property
    def has_worker(self) -> bool:
        """Tell whether somebody works it off."""
        return self.folder.is_locked("worker")

    def add(
        self, experiment: Experiment, *, folder_name: str = "", run: str = "", allow_code: bool = False
    ) -> Entry:
        """Put an experiment at the end of the line; with ``run`` the one of that folder, to be resumed."""
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
        """Take out of the line what waits; what runs is stopped with a checkpoint."""

        def end(entry: Entry) -> Entry:
            if entry.state == "running":
                self.folder.file(entry.key, ".stop").touch()
            return entry.with_state("cancelled") if entry.state in ("waiting", "set aside") else entry

        self._change(keys, end)

    def retry(self, keys: Collection[str], *, allow_code: bool = False) -> None:
        """Let what is over, or set aside, wait again, at the place that it had; what has begun is resumed."""

        def wait(entry: Entry) -> Entry:
            if not entry.can_go_on:
                return entry
            run = entry.run if (self.runs / entry.run).is_dir() else ""
            return entry.with_state(
                "waiting", run=run, allow_code=allow_code, message="", details="", field=()
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
        waiting = [entry.key for entry in self.entries() if entry.state == "waiting"]
        if waiting and not self.has_worker:
            self._change(waiting, lambda entry: entry.with_state("set aside", allow_code=False))
        return [entry for entry in self.entries() if entry.state in LEFT]

    def take(self) -> Taken | None:
        """Take the first that waits, for good: it says that it runs, and its lock is held."""
        if self.is_held or not any(entry.state == "waiting" for entry in self.entries()):
            return None
        with self.folder.changing() as entries:
            for entry in entries.values():
                if entry.state != "waiting":
                    continue
                lock = self.folder.lock(entry.key)
                with suppress(Timeout):
                    lock.acquire(timeout=PATIENCE)  # somebody may look whether it is held
                    self.folder.file(entry.key, ".stop").unlink(missing_ok=True)
                    news = {"doing": "preparing", "tries": entry.tries + 1, "worker": os.getpid()}
                    taken = entry.with_state("running", **news)
                    return Taken(self.folder.write(taken), lock)
        return None

    def note(self, entry: Entry, state: EntryState = "running", **changes: object) -> Entry:
        """Write what has become of an entry, by whoever runs it."""
        with self.folder.changing():
            return self.folder.write(entry.with_state(state, **changes))

    def is_to_stop(self, key: str) -> bool:
        """Tell whether somebody wishes that the entry, which runs, is stopped."""
        return self.folder.file(key, ".stop").exists()


def _waiting(entries: dict[str, Entry]) -> list[str]:
    return [entry.key for entry in entries.values() if entry.state == "waiting"]


def _behind(entries: dict[str, Entry]) -> float:
    return max((entry.position for entry in entries.values()), default=0.0) + 1
