"""The same curve of all chosen runs in one plot."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox

from kdstudio.declaration import ProgressCallback
from kdstudio.gui.background import BackgroundJob
from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.pages.compare.entries import Entry
from kdstudio.gui.pages.compare.figure_panel import FigurePanel
from kdstudio.gui.plots.curves import CurvePlot
from kdstudio.gui.theme import Theme
from kdstudio.runs.comparison import short_names
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.overlaid import ACCURACY, PARTS, LogReader, overlaid
from kdstudio.runs.state import RunState

TITLE = "Curves of the selected runs"
TITLES = {"result": "of the result", "control": "of the control", "reference": "of the teacher"}
"""How the boxes call what stands for a run."""
X = "epoch of the stage"
MOST = 12
NARROWEST = 150
READING, NOTHING = "Reading the runs' logs …", "None of these runs has such a curve."


class OverlayPanel(FigurePanel):
    """A box chooses what is drawn, another one of which network; each run or group of seeds is a curve."""

    def __init__(self, theme: Theme) -> None:
        """No runs."""
        self.plot = CurvePlot(theme, TITLE, X, ACCURACY)
        super().__init__(self.plot)
        self._states: dict[RunFolder, RunState] = {}
        self._reader, self._job = LogReader(), BackgroundJob("overlay", self)
        self._job.done.connect(self._take)
        self._job.failed.connect(lambda error: self.tell(str(error)))
        self.what_box, self.part_box, self.log = Choices(), Choices(), QCheckBox("log")
        self.log.setToolTip("Logarithmic axis")
        self.log.toggled.connect(self.plot.set_log)
        for part in reversed(PARTS):
            self.part_box.addItem(TITLES[part], part)
        for box, name in ((self.what_box, "Curve shown"), (self.part_box, "Network shown")):
            box.setSizeAdjustPolicy(Choices.SizeAdjustPolicy.AdjustToContents)
            box.setAccessibleName(name)
            box.currentIndexChanged.connect(self._draw)
            box.setMinimumWidth(NARROWEST)
            self.plot.head.addWidget(box)
        self.plot.head.addWidget(self.log)

    def show_entries(self, chosen: Sequence[Entry]) -> None:
        """Draw the curves of ``chosen``, once their logs have been read beside the window."""
        self._chosen = chosen[:MOST]
        if not self.isVisible():
            return
        runs = [run for entry in self._chosen for run in entry.group.names]
        if not self._states.keys() >= {*runs}:
            self.tell(READING)
        self._job.start(partial(_read, self._reader, runs))

    def _take(self, states: dict[RunFolder, RunState]) -> None:
        self._states = states
        self._draw()

    def _draw(self) -> None:
        part = self.part_box.currentData()
        found = [overlaid(entry.group, part, self._states) for entry in self._chosen]
        self._offer(list(dict.fromkeys(what for each in found for what in each)))
        what = self.what_box.currentText()
        is_share = what == ACCURACY
        self.plot.clear()
        self.plot.name_axes(X, f"{what} (%)" if is_share else what)
        names = short_names([entry.titled for entry in self._chosen])
        for number, (name, each) in enumerate(zip(names, found, strict=True)):
            if what in each:
                drawn = each[what].scaled(100) if is_share else each[what]
                self.plot.show_seeds(number, name, number, number, drawn)
        self.tell("" if any(what in each for each in found) else NOTHING)

    def _offer(self, wanted: list[str]) -> None:
        """Offer these; another choice of runs keeps the curve that is shown where it is there."""
        box = self.what_box
        if wanted != [box.itemText(place) for place in range(box.count())]:
            before = box.currentText()
            with QSignalBlocker(box):
                box.clear()
                box.addItems(wanted)
                box.setCurrentIndex(max(box.findText(before), 0))


def _read(
    reader: LogReader, runs: Sequence[RunFolder], _progress: ProgressCallback
) -> dict[RunFolder, RunState]:
    return reader.read(runs)
