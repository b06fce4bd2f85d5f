"""The figures of the chosen runs: their errors side by side, or all that the strategy of one declares."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QWidget

from kdstudio.engine.identity import EXIT
from kdstudio.engine.views import FigureView
from kdstudio.gui.exit_panel import ExitsPanel
from kdstudio.gui.pareto_panel import TITLE as COSTS
from kdstudio.gui.pareto_panel import ParetoPanel
from kdstudio.gui.plots.bars import BarPlot
from kdstudio.gui.plots.results import ResultPlot
from kdstudio.gui.plots.stack import PlotStack
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import series_of
from kdstudio.runs.comparison import short_names
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.results import ResultCurve, curves, errors_by_network
from kdstudio.runs.summary import Summary

ERRORS = "Test errors after the last epoch"
EXITS = "Early exits, timed, and leaving at the first that is sure"
MOST_BARS = 6


class RunFigures(PlotStack):
    """One of several figures; another choice of runs turns to the first that its strategy declares."""

    def __init__(self, theme: Theme) -> None:
        """No runs."""
        self.bars = BarPlot(theme, ERRORS, "errors (images)")
        self.plot = ResultPlot(theme)
        for plot in (self.bars, self.plot):
            plot.hide_title()  # it is chosen above
        self.exits = ExitsPanel(theme)
        self.costs = ParetoPanel(theme)
        self._declared: dict[str, tuple[FigureView, list[ResultCurve]]] = {}
        self._chosen: dict[RunFolder, Summary] = {}
        super().__init__({ERRORS: self.bars}, "Figures shown")
        self.turned.connect(self._show)

    def show_runs(self, chosen: Mapping[RunFolder, Summary]) -> None:
        """Offer what there is to see of ``chosen``; while they stay the same, so does what is in sight."""
        summaries = list(chosen.values())
        self._show_errors([summary for summary in summaries if summary.networks][:MOST_BARS])
        before, self._chosen, self._declared = self._chosen, dict(chosen), {}
        offered: dict[str, QWidget] = {ERRORS: self.bars}
        if len(summaries) == 1:
            rows = list(summaries[0].networks.values())
            for view in summaries[0].views:
                if isinstance(view, FigureView):
                    drawn = curves(view, rows, planned=summaries[0].planned.values())
                    if any(curve.points for curve in drawn):
                        self._declared[view.title] = view, drawn
                        offered[view.title] = self.plot
            if any(row.kind == EXIT for row in rows):
                offered[EXITS] = self.exits
        declared = [name for name in offered if name != ERRORS]
        if any(summary.networks for summary in summaries):
            offered[COSTS] = self.costs
        self.offer(offered)
        if [*before] != [*self._chosen]:
            self.show_widget(next(iter(declared), ERRORS))

    def _show(self, name: str) -> None:
        if name in self._declared:
            self.plot.show_curves(*self._declared[name])
        elif name == EXITS:
            self.exits.show_run(next(iter(self._chosen)))
        elif name == COSTS:
            self.costs.show_runs(self._chosen)

    def _show_errors(self, scored: list[Summary]) -> None:
        tokens = series_of(row for summary in scored for row in summary.identities.values())
        self.bars.show_bars(
            short_names(scored),
            errors_by_network(scored),
            y="errors (images)",
            shown_as="{:.0f}",
            tokens=tokens,
        )
