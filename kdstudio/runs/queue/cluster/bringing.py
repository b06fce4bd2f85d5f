"""Runs of nodes that do not share the runs folder: what is new of them is brought to it as they go on.

A node gathers what has changed in its run's folder between two events; whoever schedules writes that into
the runs folder, in an order in which any beginning of it is a run that can go on.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from uuid import uuid4

from filelock import FileLock

from kdstudio.errors import KDStudioError
from kdstudio.runs.beginning import numbered
from kdstudio.runs.files import UNFINISHED, make_folder, write_atomically
from kdstudio.runs.folder import RunFolder

SECONDS, SHARE = 2.0, 0.05
"""How often it is gathered, and how much of a run's time that may take."""
LOG, LAST = "events.jsonl", ("checkpoint", "summary.json")
"""The log notes a checkpoint before that is in its place, and the summary comes last."""
OWN = (".lock", "control")
"""Of whoever runs it, and not brought."""

Stamp = tuple[int, int]


@dataclass(frozen=True)
class Bundle:
    """What has changed in a run's folder."""

    run: str
    """Name of the folder."""
    files: dict[str, bytes]
    """By path within it, in the order in which they are to be written."""
    gone: tuple[str, ...] = ()


class Gathering:
    """Finds what has changed in a run's folder since it was looked at last."""

    def __init__(self) -> None:
        """Nothing is known of the folder, so all of it is new."""
        self._known: dict[str, Stamp] = {}
        self._next = 0.0

    @property
    def is_time(self) -> bool:
        """Tell whether it may be looked at again."""
        return monotonic() >= self._next

    def changed(self, folder: RunFolder) -> Bundle:
        """Return what is new; nobody may write there meanwhile."""
        began = monotonic()
        now = {path.relative_to(folder.path).as_posix(): _stamp(path) for path in _files(folder.path)}
        new = [name for name, stamp in now.items() if self._known.get(name) != stamp]
        files = {name: (folder.path / name).read_bytes() for name in sorted(new, key=_turn)}
        gone = tuple(sorted(self._known.keys() - now.keys()))
        self._known = now
        self._next = monotonic() + max(SECONDS, (monotonic() - began) / SHARE)
        return Bundle(folder.name, files, gone)


def _files(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name not in OWN)
    return [path for path in found if not path.name.endswith(UNFINISHED)]


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _turn(name: str) -> tuple[int, str]:
    last = next((place for place, start in enumerate(LAST, start=2) if name.startswith(start)), 1)
    return (0 if name == LOG else last), name


def unpack(bundle: Bundle, runs: Path) -> RunFolder:
    """Write a whole run below ``runs``."""
    folder = RunFolder(runs / bundle.run)
    _write(bundle, folder.path)
    return folder


class Brought:
    """A run in the runs folder whose files come from a node; held as if it were run here."""

    def __init__(self, runs: Path, run: str = "") -> None:
        """``run`` is the name of the one that goes on; else it begins with the first bundle."""
        self._runs = runs
        self.folder = RunFolder(runs / run) if run else None
        self._lock: FileLock | None = self.folder.hold() if self.folder else None

    def take(self, bundle: Bundle) -> RunFolder:
        """Write what is new; KDStudioError where that cannot be."""
        if self.folder is None:
            self.folder = self._begin(bundle)
            self._lock = self.folder.hold()
        else:
            with self.folder.writing():
                _write(bundle, self.folder.path)
        return self.folder

    def _begin(self, bundle: Bundle) -> RunFolder:
        """Make the folder, all of it or none, under a name that is free."""
        make_folder(self._runs, "runs folder")
        aside = self._runs / f".{uuid4().hex}{UNFINISHED}"
        try:
            with RunFolder(aside).writing():
                _write(bundle, aside)
                for path in numbered(self._runs / bundle.run):
                    if not path.exists():
                        aside.rename(path)
                        return RunFolder(path)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        raise KDStudioError(f"no name is free for run '{bundle.run}' in {self._runs}")

    def close(self) -> None:
        """Hold it no longer."""
        if self._lock:
            self._lock.release()


def _write(bundle: Bundle, folder: Path) -> None:
    RunFolder(folder).network_file("").parent.mkdir(parents=True, exist_ok=True)  # empty at first
    for name, content in bundle.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == LOG:
            _write_log(path, content)
        else:
            write_atomically(path, content, durable=False)
    for name in bundle.gone:
        (folder / name).unlink(missing_ok=True)


def _write_log(path: Path, content: bytes) -> None:
    """Append what is new of a log, so that who follows it reads on; one that was rewritten is replaced."""
    before = path.read_bytes() if path.exists() else b""
    if before and content.startswith(before):
        with path.open("ab") as file:
            file.write(content[len(before) :])
    else:
        write_atomically(path, content, durable=False)
