"""What is known of all runs in a folder; only what has changed is read again."""

from __future__ import annotations

from pathlib import Path

from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder, run_folders
from kdstudio.runs.summary import Summary

Stamp = tuple[int, int]
"""When the summary was written, and its length."""


class RunIndex:
    """Summaries by run folder, the newest first; damaged ones are left out."""

    def __init__(self, runs: Path) -> None:
        """Nothing read yet."""
        self.runs = runs
        self.summaries: dict[RunFolder, Summary] = {}
        self._stamps: dict[RunFolder, Stamp] = {}

    def refresh(self) -> bool:
        """Look at the folder again; tells whether anything is other than before.

        May be called from another thread than the one that reads :attr:`summaries`, which is replaced
        as a whole.
        """
        found: dict[RunFolder, Summary] = {}
        stamps: dict[RunFolder, Stamp] = {}
        for folder in run_folders(self.runs):
            try:
                status = folder.summary_file.stat()
                stamps[folder] = (status.st_mtime_ns, status.st_size)
                found[folder] = self._summary(folder, stamps[folder])
            except (KDStudioError, FileNotFoundError):
                continue
        changed = [*found.items()] != [*self.summaries.items()]
        self.summaries, self._stamps = found, stamps
        return changed

    def _summary(self, folder: RunFolder, stamp: Stamp) -> Summary:
        known = self.summaries.get(folder)
        if known is None or stamp != self._stamps.get(folder) or known.status in ("running", "paused"):
            return folder.summary()
        return known
