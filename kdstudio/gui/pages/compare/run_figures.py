"""The figures of the chosen runs: their errors side by side, or all that the strategy of one declares."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from kdstudio.engine.identity import EXIT
from kdstudio.engine.views import FigureView
from kdstudio.gui.exit_panel import ExitsPanel
from kdstudio.gui.pages.compare.entries import Entry
from kdstudio.gui.pages.compare.overlay_panel import TITLE as CURVES
from kdstudio.gui.pages.compare.overlay_panel import OverlayPanel
from kdstudio.gui.pages.compare.pareto_panel import TITLE as COSTS
from kdstudio.gui.pages.compare.pareto_panel import ParetoPanel
from kdstudio.gui.plots.bars import BarPlot
from kdstudio.gui.plots.results import ResultPlot
from kdstudio.gui.plots.stack import PlotStack
from kdstudio.gui.theme import Theme
from kdstudio.runs.axes import Axes, axes_of
from kdstudio.runs.claim_figures import figure_axes, figure_curves
from kdstudio.runs.comparison import short_names
from kdstudio.runs.network_colours import series_of
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
        self.curves = OverlayPanel(theme)
        self._declared: dict[str, tuple[Axes, list[ResultCurve]]] = {}
        self._chosen: Sequence[Entry] = ()
        super().__init__({ERRORS: self.bars}, "Figures shown")
        self.turned.connect(self._show)

    def show_entries(self, chosen: Sequence[Entry]) -> None:
        """Offer what there is to see of ``chosen``; while they stay the same, so does what is in sight."""
        scored = [entry for entry in chosen if entry.summary.networks]
        self._show_errors([entry.named for entry in scored[:MOST_BARS]])
        before, self._chosen, self._declared = self._chosen, chosen, {}
        declared = self._declared_by(chosen[0]) if len(chosen) == 1 else {}
        offered: dict[str, QWidget] = {**declared, ERRORS: self.bars}
        if len(scored) > 1 or any(entry.is_gathered for entry in scored):
            offered[CURVES] = self.curves
        if scored:
            offered[COSTS] = self.costs
        self.offer(offered)
        if [entry.runs for entry in before] != [entry.runs for entry in chosen]:
            self.show_widget(next(iter(offered)))

    def _declared_by(self, entry: Entry) -> dict[str, QWidget]:
        """Return what the claim of one run draws, what its strategy declares, and its exits."""
        summary = entry.summary
        rows, planned = list(summary.networks.values()), summary.planned.values()
        tokens = series_of([*planned, *rows])
        figures = summary.claim.figures if summary.claim else ()
        found = [(figure_axes(figure), figure_curves(figure, tokens)) for figure in figures]
        views = [view for view in summary.views if isinstance(view, FigureView)]
        found += [(axes_of(view), curves(view, rows, planned=planned)) for view in views]
        self._declared = {
            axes.title: (axes, drawn) for axes, drawn in found if any(curve.points for curve in drawn)
        }
        offered: dict[str, QWidget] = dict.fromkeys(self._declared, self.plot)
        if not entry.is_gathered and any(row.kind == EXIT for row in rows):
            offered[EXITS] = self.exits
        return offered

    def _show(self, name: str) -> None:
        if name in self._declared:
            self.plot.show_curves(*self._declared[name])
        elif name == EXITS:
            self.exits.show_run(self._chosen[0].group.run)
        elif name == COSTS:
            self.costs.show_entries(self._chosen)
        elif name == CURVES:
            self.curves.show_entries(self._chosen)

    def _show_errors(self, scored: list[Summary]) -> None:
        errors = errors_by_network(scored).items()
        self.bars.show_bars(
            short_names(scored),
            {name: [spread and spread.mean for spread in spreads] for name, spreads in errors},
            y="errors (images)",
            spreads={name: [spread.deviation if spread else 0.0 for spread in each] for name, each in errors},
            tokens=series_of(row for summary in scored for row in summary.identities.values()),
        )
