"""What is known of all runs in a folder; only what has changed is read again."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder, recorded_runs, run_folders
from kdstudio.runs.labels import Labels, labels_file, read_labels
from kdstudio.runs.summary import Summary

Stamp = tuple[int, int]
"""When a file was written, and its length."""


class RunIndex:
    """Summaries by run folder, and what people say of runs; damaged ones are left out.

    The newest come first, those that came with the package last.
    """

    def __init__(self, runs: Path) -> None:
        """Nothing read yet."""
        self.runs = runs
        self.summaries: dict[RunFolder, Summary] = {}
        self.labels: dict[RunFolder, Labels] = {}
        """Of those that have any."""
        self._stamps: dict[RunFolder, Stamp] = {}
        self._label_stamps: dict[RunFolder, Stamp] = {}

    def refresh(self) -> bool:
        """Look at the folder again; tells whether anything is other than before.

        May be called from another thread than the one that reads :attr:`summaries` and :attr:`labels`,
        which are replaced as a whole.
        """
        found: dict[RunFolder, Summary] = {}
        stamps: dict[RunFolder, Stamp] = {}
        for folder in (*run_folders(self.runs), *recorded_runs()):
            try:
                stamps[folder] = _stamp(folder.summary_file)
                found[folder] = self._summary(folder, stamps[folder])
            except (KDStudioError, FileNotFoundError):
                continue
        labels = self._read_labels(found)
        changed = labels != self.labels or [*found.items()] != [*self.summaries.items()]
        self.summaries, self._stamps, self.labels = found, stamps, labels
        return changed

    def _read_labels(self, folders: Iterable[RunFolder]) -> dict[RunFolder, Labels]:
        stamps: dict[RunFolder, Stamp] = {}
        for folder in folders:
            with suppress(FileNotFoundError):
                stamps[folder] = _stamp(labels_file(folder))
        before, self._label_stamps = self._label_stamps, stamps
        found: dict[RunFolder, Labels] = {}
        for folder, stamp in stamps.items():
            with suppress(KDStudioError):
                known = self.labels.get(folder) if stamp == before.get(folder) else None
                found[folder] = known or read_labels(folder)
        return found

    def _summary(self, folder: RunFolder, stamp: Stamp) -> Summary:
        known = self.summaries.get(folder)
        if known is None or stamp != self._stamps.get(folder) or known.status in ("running", "paused"):
            return folder.summary()
        return known


def _stamp(file: Path) -> Stamp:
    status = file.stat()
    return status.st_mtime_ns, status.st_size
