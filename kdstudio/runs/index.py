"""What is known of all runs in a folder; only what has changed is read again."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder, recorded_runs, run_folders
from kdstudio.runs.labels import Labels, labels_file, read_labels
from kdstudio.runs.reading import Stamp, stamp_of
from kdstudio.runs.summary import Summary

LIVE = ("running", "paused")


class RunIndex:
    """Summaries by run folder, and what people say of runs.

    The newest come first, those that came with the package last.
    """

    def __init__(self, runs: Path) -> None:
        """Nothing read yet."""
        self.runs = runs
        self.summaries: dict[RunFolder, Summary] = {}
        """Of runs that are whole."""
        self.damaged: dict[RunFolder, Summary] = {}
        """What stands for those that cannot be read, and says why."""
        self.labels: dict[RunFolder, Labels] = {}
        """Of those that have any."""
        self._stamps: dict[RunFolder, Stamp | None] = {}
        self._label_stamps: dict[RunFolder, Stamp] = {}

    def refresh(self) -> bool:
        """Look at the folder again; tells whether anything is other than before.

        May be called from another thread than the one that reads :attr:`summaries`, :attr:`damaged` and
        :attr:`labels`, which are replaced as a whole.
        """
        stamps: dict[RunFolder, Stamp | None] = {}
        known = self.damaged | self.summaries
        found: dict[RunFolder, Summary] = {}
        for folder in (*run_folders(self.runs), *recorded_runs()):
            stamps[folder] = stamp_of(folder.summary_file)
            read = self._summary(folder, stamps[folder], known.get(folder))
            if read.status != "damaged" or folder.is_run():  # it may have been deleted this moment
                found[folder] = read
        whole = {folder: each for folder, each in found.items() if each.status != "damaged"}
        broken = {folder: each for folder, each in found.items() if each.status == "damaged"}
        labels = self._read_labels(found)
        now, before = (labels, whole, broken), (self.labels, self.summaries, self.damaged)
        changed = now != before or [*whole] != [*self.summaries]
        self.labels, self.summaries, self.damaged, self._stamps = labels, whole, broken, stamps
        return changed

    def _read_labels(self, folders: Iterable[RunFolder]) -> dict[RunFolder, Labels]:
        stamps: dict[RunFolder, Stamp] = {}
        for folder in folders:
            if stamp := stamp_of(labels_file(folder)):
                stamps[folder] = stamp
        before, self._label_stamps = self._label_stamps, stamps
        found: dict[RunFolder, Labels] = {}
        for folder, stamp in stamps.items():
            with suppress(KDStudioError):
                known = self.labels.get(folder) if stamp == before.get(folder) else None
                found[folder] = known or read_labels(folder)
        return found

    def _summary(self, folder: RunFolder, stamp: Stamp | None, known: Summary | None) -> Summary:
        """Read the summary anew where the file or the run's state may be another; without a file always."""
        if known is None or stamp is None or stamp != self._stamps.get(folder) or _is_past(known, folder):
            return folder.read()
        return known


def _is_past(known: Summary, folder: RunFolder) -> bool:
    """Tell whether a run has been killed since, or is gone on with, though nothing has been written."""
    return known.status in (*LIVE, "interrupted") and (known.status in LIVE) != folder.is_running()
