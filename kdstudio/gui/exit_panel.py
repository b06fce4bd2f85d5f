"""The early exits of a run: read and timed in the background, then plotted."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedLayout, QWidget

from kdstudio.engine.views import FigureView
from kdstudio.gui.background import RunReader
from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.layout import text_label
from kdstudio.gui.plots.results import ResultPlot
from kdstudio.gui.theme import Theme
from kdstudio.runs.axes import axes_of
from kdstudio.runs.early_exits import CostKey, ExitReport, read_exits
from kdstudio.runs.failure import failure
from kdstudio.runs.folder import RunFolder

COUNTED, TIMED = "work counted", "time measured here"
TITLE = "Test accuracy of early exits"


class ExitsPanel(QWidget):
    """Accuracy against cost of the run shown; the run read last is kept."""

    def __init__(self, theme: Theme) -> None:
        """Nothing to show yet."""
        super().__init__()
        self.shown: ExitReport | None = None
        self.reader = RunReader(read_exits, "exits", self)
        self.reader.message.connect(self._tell)
        self.reader.found.connect(self._show)
        self.reader.failed.connect(lambda error: self._tell(failure(error).message))
        self.plot = ResultPlot(theme)
        self.plot.hide_title()  # it stands above, where the plot is chosen
        self.cost_box = Choices()
        self.cost_box.setSizeAdjustPolicy(Choices.SizeAdjustPolicy.AdjustToContents)
        for title, cost in ((COUNTED, "multiply_adds"), (TIMED, "latency")):
            self.cost_box.addItem(title, cost)
        self.cost_box.setAccessibleName("Cost shown")
        self.cost_box.currentIndexChanged.connect(self._draw)
        self.plot.head.addWidget(self.cost_box)
        self.text = text_label("", "muted")
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.text)
        self._stack.addWidget(self.plot)

    def show_run(self, run: RunFolder) -> None:
        """Look at the exits of ``run`` once the thread is free."""
        self.reader.want(run)

    def _tell(self, text: str) -> None:
        self.text.setText(text)
        self._stack.setCurrentWidget(self.text)

    def _show(self, report: ExitReport) -> None:
        self.shown = report
        self.cost_box.setItemText(self.cost_box.findData("latency"), f"time in {report.runtime}")
        self._draw()
        self._stack.setCurrentWidget(self.plot)

    def _draw(self) -> None:
        if self.shown:
            cost: CostKey = self.cost_box.currentData()
            along = f"latency in {self.shown.runtime} (ms, measured here)" if cost == "latency" else ""
            axes = axes_of(FigureView(title=TITLE, x=cost), along=along)
            self.plot.show_curves(axes, self.shown.curves(cost))
