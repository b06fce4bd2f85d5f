"""A line that says what is damaged of the chosen runs, offers to mend it, and tells what came of that."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction

from kdstudio.declaration import ProgressCallback
from kdstudio.gui.background import BackgroundJob
from kdstudio.gui.pages.compare.entries import Entry
from kdstudio.gui.strip import Remedy, Strip
from kdstudio.runs.checking.check import Checked, check, spoken
from kdstudio.runs.failure import failure
from kdstudio.runs.folder import RunFolder

MOST = 4
"""Lines that are told; more are counted."""


class MendStrip(Strip):
    """Hidden while the chosen runs can be read, and nothing has been done with them."""

    mended = Signal()
    """Files of runs may be others than before."""
    complained = Signal(str)

    def __init__(self, mend: QAction) -> None:
        """``mend`` is what the button does."""
        super().__init__(Remedy(mend.text(), mend.toolTip(), mend.trigger))
        (self.button,) = self.buttons.values()
        self._told_of: list[RunFolder] = []
        self._job = BackgroundJob("check", self)
        self._job.done.connect(self._tell)
        self._job.failed.connect(lambda error: self.complained.emit(failure(error).message))

    def show_entries(self, chosen: Sequence[Entry]) -> None:
        """Say what is damaged; what came of mending stays in sight while the same runs are chosen."""
        if self._told_of and self._told_of == [run for entry in chosen for run in entry.runs]:
            return
        self._told_of = []
        damaged = [entry for entry in chosen if entry.is_damaged]
        self.say(_some([f"{entry.name}: {entry.summary.error.partition('; ')[0]}" for entry in damaged]))
        self.button.setVisible(bool(damaged))

    def mend(self, runs: list[RunFolder]) -> None:
        """Look through ``runs`` beside the window, and mend what is safe."""
        self._told_of = runs
        self.say("Reading all files …")
        self.button.hide()

        def work(progress: ProgressCallback) -> list[Checked]:
            found = []
            for place, run in enumerate(runs):
                progress(run.title, place / len(runs))
                found.append(check(run, mend=True))
            return found

        self._job.start(work)

    def _tell(self, found: list[Checked]) -> None:
        if self._told_of:  # else others have been chosen since
            self.say(_some([f"{each.name}: {line}" for each in found for line in spoken(each)]))
        self.mended.emit()


def _some(lines: Sequence[str]) -> str:
    more = [f"and {len(lines) - MOST} more: 'kdstudio check' tells all"] if len(lines) > MOST else []
    return "\n".join([*lines[:MOST], *more])
