"""What a strategy declares against the temperature; most runs have no such card."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QSizePolicy

from kdstudio.engine.views import FigureView
from kdstudio.gui.layout import PlotCard, text_label
from kdstudio.gui.plots.results import ResultPlot
from kdstudio.gui.theme import Theme
from kdstudio.runs.axes import axes_of
from kdstudio.runs.figures import figure_called
from kdstudio.runs.results import ResultCurve, curves
from kdstudio.runs.summary import Summary

COORDINATE = "temperature"
HEIGHT = 340


class FigureCard(PlotCard):
    """The first figure of a run whose axis is the temperature."""

    def __init__(self, theme: Theme) -> None:
        """Hidden until such a figure is shown."""
        super().__init__()
        self.plot = ResultPlot(theme)
        self.note = text_label(name="muted")
        self.add(self.plot, 1)
        self.add(self.note)
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
            self.plot.show_curves(axes_of(view), drawn)
            on_validation = curves(view, summary.networks.values(), "validation")
            self.note.setText(" ".join(filter(None, (spread_note(drawn), best_note(view, on_validation)))))
        return bool(drawn)


def spread_note(drawn: Sequence[ResultCurve]) -> str:
    """Say what the bands are, where there are any."""
    has_bands = any(len(point.y.values) > 1 for curve in drawn for point in curve.points)
    return "Means and standard deviations over the seeds." if has_bands else ""


def best_note(view: FigureView, on_validation: Sequence[ResultCurve]) -> str:
    """Name the best point of each line; the test images have no say in it."""
    sign = -1 if figure_called(view.y).lower_is_better else 1
    best = [
        f"{max(curve.points, key=lambda point: sign * point.y.mean).name} ({curve.text})"
        for curve in on_validation
        if curve.points
    ]
    return f"Best on validation: {'; '.join(best)}." if best else ""
