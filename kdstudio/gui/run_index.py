"""The list of runs that all pages share, looked at again every second in the background."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from PySide6.QtCore import QObject, QTimer, Signal

from kdstudio.gui.background import BackgroundJob
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.index import RunIndex
from kdstudio.runs.labels import NOTHING, Labels
from kdstudio.runs.summary import Summary
from kdstudio.runs.trash import empty_trash

EVERY_MILLISECONDS = 1000


class SharedIndex(QObject):
    """Tells when any run has come, gone or changed, whoever writes it."""

    changed = Signal()

    def __init__(self, runs: Path, parent: QObject | None = None) -> None:
        """Look at ``runs`` from now on."""
        super().__init__(parent)
        self.summaries: dict[RunFolder, Summary] = {}
        """Runs that can be read, the newest first; other ones only when that has been told."""
        self.damaged: dict[RunFolder, Summary] = {}
        """What stands for those that cannot, and says why."""
        self.labels: dict[RunFolder, Labels] = {}
        """What people say of runs."""
        self._index = RunIndex(runs)
        self._one_at_a_time = Lock()
        self._job = BackgroundJob("index", self)
        self._job.done.connect(self._take)
        self._timer = QTimer(self, interval=EVERY_MILLISECONDS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self._look()
        BackgroundJob("trash", self).start(lambda _progress: empty_trash(runs))

    def name_of(self, run: RunFolder) -> str:
        """Return the title of ``run``, or else its folder's name, and whether it came with the package."""
        name = self.labels.get(run, NOTHING).title or run.name
        return f"{name} (recorded)" if run.is_recorded else name

    def _look(self) -> None:
        if not self._job.is_busy:
            index, one_at_a_time = self._index, self._one_at_a_time

            def look(_progress: object) -> None:
                with one_at_a_time:
                    index.refresh()

            self._job.start(look)

    def look_now(self) -> None:
        """Look at once and wait for it: something has been done here that shows."""
        with self._one_at_a_time:
            self._index.refresh()
        self._take()

    def _take(self, *_done: object) -> None:
        found, damaged, labels = self._index.summaries, self._index.damaged, self._index.labels
        before = (self.labels, self.damaged, [*self.summaries.items()])
        if (labels, damaged, [*found.items()]) != before:
            self.summaries, self.damaged, self.labels = found, damaged, labels
            self.changed.emit()
