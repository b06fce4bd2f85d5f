"""What a strategy declares against the temperature; most runs have no such card."""

from __future__ import annotations

from PySide6.QtWidgets import QSizePolicy

from kdstudio.engine.views import FigureView
from kdstudio.gui.layout import PlotCard
from kdstudio.gui.plots.results import ResultPlot
from kdstudio.gui.theme import Theme
from kdstudio.runs.results import curves
from kdstudio.runs.summary import Summary

COORDINATE = "temperature"
HEIGHT = 340


class FigureCard(PlotCard):
    """The first figure of a run whose axis is the temperature."""

    def __init__(self, theme: Theme) -> None:
        """Hidden until such a figure is shown."""
        super().__init__()
        self.plot = ResultPlot(theme)
        self.add(self.plot, 1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self.hide()

    def show_run(self, summary: Summary) -> bool:
        """Show the run's figure; tells whether it has one."""
        views = (view for view in summary.views if isinstance(view, FigureView) and view.x == COORDINATE)
        view = next(views, None)
        drawn = curves(view, summary.networks.values()) if view else []
        self.setVisible(bool(drawn))
        if view:
            self.plot.show_curves(view, drawn)
        return bool(drawn)
