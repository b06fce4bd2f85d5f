"""Accuracy against cost of the chosen runs, with the front of those that none beats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QStandardItemModel

from kdstudio.engine.views import FigureView
from kdstudio.errors import KDStudioError
from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.pages.compare.entries import Entry
from kdstudio.gui.pages.compare.figure_panel import FigurePanel
from kdstudio.gui.plots.results import ResultPlot
from kdstudio.gui.theme import Theme
from kdstudio.runs.axes import axes_of
from kdstudio.runs.comparison import short_names
from kdstudio.runs.exporting.records import MeasuredFile, measured_files
from kdstudio.runs.gathered_runs import RunGroup
from kdstudio.runs.pareto import Cost, MeasuredRun, accuracy_against, costs_of

TITLE = "Accuracy against cost, with the front"
WIDE = 20
"""How many times the least cost the greatest is, for a logarithmic axis."""
UNKNOWN = "latency: Export measures it"


class ParetoPanel(FigurePanel):
    """A box chooses the cost; latencies are there once they have been measured."""

    def __init__(self, theme: Theme) -> None:
        """No runs."""
        self.plot = ResultPlot(theme)
        super().__init__(self.plot)
        self._runs: list[MeasuredRun] = []
        self._damaged: list[str] = []
        self.cost_box = Choices()
        self.cost_box.setSizeAdjustPolicy(Choices.SizeAdjustPolicy.AdjustToContents)
        self.cost_box.setAccessibleName("Cost shown")
        self.cost_box.currentTextChanged.connect(self._draw)
        self.plot.head.addWidget(self.cost_box)

    def show_entries(self, chosen: Sequence[Entry]) -> None:
        """Show all networks of ``chosen``; the cost stays the same where it is still offered."""
        self._chosen = chosen
        self._runs, self._damaged = [], []
        for name, entry in zip(short_names([entry.named for entry in chosen]), chosen, strict=True):
            files = tuple(self._files_of(entry.group))
            self._runs.append(MeasuredRun(name, entry.summary.networks, files))
        self._offer(costs_of(self._runs))
        self._draw()

    def _files_of(self, group: RunGroup) -> Iterator[MeasuredFile]:
        """Find the files of all its runs, by the names that the networks have in the group."""
        for run, names in group.names.items():
            try:
                for file in measured_files(run):
                    yield file.model_copy(update={"network": names.get(file.network, file.network)})
            except KDStudioError as error:
                self._damaged.append(str(error))

    def _offer(self, costs: list[Cost]) -> None:
        before = self.cost_box.currentText()
        with QSignalBlocker(self.cost_box):
            self.cost_box.clear()
            for cost in costs:
                self.cost_box.addItem(cost.name, cost)
            if not all(run.files for run in self._runs):
                self._add_unknown()
            self.cost_box.setCurrentIndex(max(self.cost_box.findText(before), 0))

    def _add_unknown(self) -> None:
        """Tell in the list how there come to be latencies."""
        self.cost_box.addItem(UNKNOWN)
        model = self.cost_box.model()
        assert isinstance(model, QStandardItemModel)
        model.item(self.cost_box.count() - 1).setEnabled(False)

    def _draw(self) -> None:
        cost = self.cost_box.currentData()
        if cost is None:
            return
        drawn = accuracy_against(cost, self._runs)
        costs = [point.x for curve in drawn for point in curve.points]
        wide = bool(costs) and max(costs) >= WIDE * min(costs) > 0
        view = FigureView(title=TITLE, x=cost.figure, log_x=wide)
        self.plot.show_curves(axes_of(view, along=cost.axis), drawn)
        lacking = [run.name for run in self._runs if cost.runtime and not accuracy_against(cost, [run])]
        missing = f"Not measured: {', '.join(lacking)}; Export does it." if lacking else ""
        self.tell(" ".join(filter(None, (cost.how, missing, *self._damaged))))
