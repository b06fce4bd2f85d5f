"""The queue on disk: one file an entry in ``RUNS/.queue``, true whoever is killed at whatever moment.

What is to be changed is read again, changed and written under one lock. Whoever runs an entry holds the
entry's own lock, so that one that says ``running`` and is not held was left in mid-run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from kdstudio.errors import KDStudioError
from kdstudio.runs.files import make_folder, write_atomically, writing
from kdstudio.runs.locks import is_held
from kdstudio.runs.queue.entry import MOST_DEATHS, Entry
from kdstudio.runs.reading import MEGABYTE, read_json, reason_of

SUFFIX = ".json"
LARGEST = 8 * MEGABYTE
"""Bytes of an entry: an experiment, and what it failed with."""
BUSY_SECONDS = 10.0
"""How long another process's change is waited for."""
FILES = (SUFFIX, ".lock", ".stop")
"""Of one entry: itself, held by whoever runs it, and a wish for that one."""


class QueueFolder:
    """Entries in files; any number of processes may have one open."""

    def __init__(self, path: Path) -> None:
        """Nothing is made before there is something to keep."""
        self.path = path
        self.skipped: dict[str, str] = {}
        """Files that are no entries, and why."""
        self._known: dict[str, tuple[tuple[int, int], Entry]] = {}

    def entries(self) -> list[Entry]:
        """Read all entries, in their order; only files that have changed are read."""
        skipped, known = {}, {}
        for file in self._files():
            try:
                status = file.stat()
                stamp = (status.st_mtime_ns, status.st_size)
                kept = self._known.get(file.stem)
                known[file.stem] = kept if kept and kept[0] == stamp else (stamp, _read(file))
            except FileNotFoundError:  # removed this moment
                continue
            except (OSError, ValueError) as error:
                skipped[file.name] = reason_of(error)
        self._known, self.skipped = known, skipped
        return sorted(map(self._true, (entry for _, entry in known.values())), key=_order)

    def _files(self) -> list[Path]:
        return [file for file in self.path.glob(f"*{SUFFIX}") if not file.name.startswith(".")]

    def _true(self, entry: Entry) -> Entry:
        """Return ``entry`` as it is, where nobody runs what says that it runs."""
        if entry.state != "running" or self.is_locked(entry.key):
            return entry
        with suppress(OSError, ValueError):  # it may have ended between the two looks
            entry = _read(self.file(entry.key, SUFFIX))
        return self._left(entry) if entry.state == "running" else entry

    def _left(self, entry: Entry) -> Entry:
        """Return what whoever ran it has left by dying; what was to stop goes on by nobody's word."""
        is_to_stop = self.file(entry.key, ".stop").exists()
        deaths, why = MOST_DEATHS if is_to_stop else entry.deaths + 1, ""
        if deaths >= MOST_DEATHS and not is_to_stop:
            why = (
                f"{deaths} processes have died while they ran it, so it is left alone; see the end of "
                f"{self.log_file}, then 'kdstudio queue retry {entry.key}' lets it go on"
            )
        return entry.with_state("interrupted", died=True, deaths=deaths, message=why)

    @property
    def log_file(self) -> Path:
        """What workers, and code that they run, have printed."""
        return self.path / "worker.log"

    def file(self, key: str, suffix: str) -> Path:
        """Path of one of an entry's files."""
        return self.path / f"{key}{suffix}"

    def lock(self, name: str) -> FileLock:
        """Return the lock of an entry, or one of another name; it is not waited for."""
        make_folder(self.path.parent, "runs folder")
        make_folder(self.path, "queue")
        return FileLock(self.file(name, ".lock"), timeout=0, thread_local=False)

    def is_locked(self, name: str) -> bool:
        """Tell whether a process holds it."""
        return is_held(self.file(name, ".lock"))

    @contextmanager
    def changing(self) -> Iterator[dict[str, Entry]]:
        """Let nobody else change anything meanwhile; yields the entries by key, in order.

        Raises KDStudioError where the queue cannot be written.
        """
        lock = self.lock("queue")
        with writing("queue", self.path, "try again"):
            try:
                lock.acquire(timeout=BUSY_SECONDS)
            except Timeout as error:
                raise KDStudioError(f"another process does not let go of the queue in {self.path}") from error
            try:
                yield {entry.key: entry for entry in self.entries()}
            finally:
                lock.release()

    def write(self, entry: Entry) -> Entry:
        """Write an entry anew; while it is let change."""
        write_atomically(self.file(entry.key, SUFFIX), entry.model_dump_json(indent=1))
        return entry

    def remove(self, key: str) -> None:
        """Forget an entry."""
        for suffix in FILES:
            self.file(key, suffix).unlink(missing_ok=True)


def _read(file: Path) -> Entry:
    entry = Entry.model_validate(read_json(file, LARGEST))
    if entry.key != file.stem:
        raise ValueError(f"it calls itself '{entry.key}'")
    if Path(entry.run).name != entry.run:
        raise ValueError(f"its run '{entry.run}' is none of this folder")
    return entry


def _order(entry: Entry) -> tuple[float, str]:
    return entry.position, entry.key
