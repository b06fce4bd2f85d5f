"""The plots of the live page: losses term by term, accuracies, course, classes; one drawn a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from statistics import fmean

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QSizePolicy, QSlider, QWidget

from kdstudio.engine.confusion import class_accuracies
from kdstudio.engine.identity import SEED
from kdstudio.engine.views import FigureView
from kdstudio.gui.layout import GAP, Card
from kdstudio.gui.pages.live_run.live_curves import (
    draw_accuracies,
    draw_by_stage,
    draw_by_term,
    epochs_of,
    tokens_of,
)
from kdstudio.gui.plots.bars import BarPlot
from kdstudio.gui.plots.curves import CurvePlot
from kdstudio.gui.plots.matrix import MatrixPlot
from kdstudio.gui.plots.results import ResultPlot
from kdstudio.gui.plots.stack import PlotStack
from kdstudio.gui.theme import Theme
from kdstudio.runs.axes import axes_of
from kdstudio.runs.confusions import read_confusion
from kdstudio.runs.log import RunFollower
from kdstudio.runs.results import curves
from kdstudio.runs.summary import class_name
from kdstudio.runs.unseen import marked_classes

FRAME_MILLISECONDS, FIRST_MILLISECONDS = 80, 10
"""From one plot to the next; sooner where another run is shown."""
MOST_NETWORKS = 6
"""Whose classes are drawn side by side; of more, the latest."""
RAW, WEIGHTED = "Loss terms, unweighted", "Loss terms, weighted"
SHARES, RATES, SPEEDS = "Each term's share of the gradient", "Learning rate", "Speed"
CLASSES, CONFUSION = "Accuracy per class", "Confusion of the latest network"
ACCURACY = "Validation accuracy"
SLIDER = 42
"""Width of that of the smoothing."""
BESIDE_STYLE = 2
"""Dots: curves of the run beside."""


class LivePlots(QWidget):
    """Curves of one run, and of another one beside it if that is wanted."""

    def __init__(self, theme: Theme) -> None:
        """Empty until a run is shown."""
        super().__init__()
        self.run: RunFollower | None = None
        self.beside: RunFollower | None = None
        self._stale = False
        self._declared: dict[str, FigureView] = {}
        epoch = "epoch of the stage"
        self.losses = CurvePlot(theme, RAW, epoch, "loss")
        self.weighted = CurvePlot(theme, WEIGHTED, epoch, "weight × loss")
        self.shares = CurvePlot(theme, SHARES, epoch, "share (%)", (0, 100))
        self.rates = CurvePlot(theme, RATES, epoch, "learning rate")
        self.speeds = CurvePlot(theme, SPEEDS, epoch, "images a second")
        self.accuracy = CurvePlot(theme, ACCURACY, epoch, "accuracy (%)", (0, 100))
        self.figure = ResultPlot(theme)
        self.classes = BarPlot(theme, CLASSES, "accuracy (%)")
        self.confusion = MatrixPlot(theme, CONFUSION)
        self.terms = PlotStack({RAW: self.losses, WEIGHTED: self.weighted}, "Losses shown")
        self.course = PlotStack({SHARES: self.shares, RATES: self.rates, SPEEDS: self.speeds}, "Course shown")
        self.scores = PlotStack({ACCURACY: self.accuracy}, "Scores shown")
        self.predictions = PlotStack({CLASSES: self.classes, CONFUSION: self.confusion}, "Predictions shown")
        self._curve_plots = (self.losses, self.weighted, self.shares, self.rates, self.speeds, self.accuracy)
        for plot in (*self._curve_plots, self.figure, self.classes):
            plot.hide_title()  # it is chosen above
        self._add_controls()
        self._lay_out()
        self._waiting: list[Callable[[], None]] = []
        self._timer = QTimer(self, interval=FRAME_MILLISECONDS)
        self._timer.timeout.connect(self._redraw)

    def _add_controls(self) -> None:
        log = QCheckBox("log")
        smoothing = QSlider(Qt.Orientation.Horizontal, minimum=0, maximum=98, value=0)
        smoothing.setFixedWidth(SLIDER)
        smoothing.setAccessibleName("Smoothing")
        smoothing.setToolTip("Smooths the curves; the raw ones stay visible behind.")
        for plot in (self.losses, self.weighted):
            log.toggled.connect(plot.set_log)
            smoothing.valueChanged.connect(lambda value, plot=plot: plot.set_smoothing(value / 100))
        self.terms.head.addWidget(log)
        log.setToolTip("Logarithmic axis of the losses")
        self.terms.head.addSpacing(4)
        for widget in (QLabel("smoothing"), smoothing):
            self.terms.head.addWidget(widget)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        for place, stack in enumerate((self.terms, self.scores, self.course, self.predictions)):
            card = Card()
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            card.add(stack, 1)
            grid.addWidget(card, place // 2, place % 2)
            grid.setColumnStretch(place % 2, 1)
            grid.setRowStretch(place // 2, 3 - place // 2)
            stack.turned.connect(self.redraw_soon)

    def show_runs(self, run: RunFollower, beside: RunFollower | None) -> None:
        """Draw ``run`` anew, and ``beside`` with it."""
        self.run, self.beside = run, beside
        for plot in self._curve_plots:
            plot.clear()
        self._declared, self._waiting = {}, []
        self.scores.offer({ACCURACY: self.accuracy})
        self.course.show_widget(RATES)
        self.course.set_available(SHARES, False)
        self._timer.setInterval(FIRST_MILLISECONDS)
        self.follow()

    def follow(self) -> None:
        """Take in what has happened; drawing waits for the next frame, and while nobody looks."""
        if self.run is None:
            return
        if self.run.state.curves.shares and not self.course.is_available(SHARES):
            self.course.set_available(SHARES, True)
            self.course.show_widget(SHARES)
        for plot in self._curve_plots:
            plot.expect(max(epochs_of(run) for run, _ending, _style in self._runs()))
        if self.run.state.rows and not self._declared:
            self._offer_figures(self.run)
        self.redraw_soon()

    def _offer_figures(self, run: RunFollower) -> None:
        """Offer what the strategy declares, as soon as there is something to be drawn."""
        rows = run.state.rows.values()
        found = [view for view in run.state.views if isinstance(view, FigureView)]
        drawn = [v for v in found if any(curve.points for curve in curves(v, rows, "validation"))]
        if drawn:
            self._declared = {view.title: view for view in drawn}
            self.scores.offer({ACCURACY: self.accuracy, **dict.fromkeys(self._declared, self.figure)})
            self.scores.show_widget(drawn[0].title)

    def redraw_soon(self) -> None:
        """Draw in the next frames."""
        self._stale = True
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Catch up with what happened while the page was hidden."""
        super().showEvent(event)
        if self._stale:
            self._timer.start()

    def _redraw(self) -> None:
        """Draw one plot a frame, in turn, so that no frame takes long."""
        if not self._waiting:
            if not self._stale:
                self._timer.stop()
                return
            self._stale = False
            self._waiting = [self._draw_predictions, self._draw_course, self._draw_scores, self._draw_terms]
        self._waiting.pop()()
        if not self._waiting:
            self._timer.setInterval(FRAME_MILLISECONDS)

    def _runs(self) -> Iterator[tuple[RunFollower, str, int]]:
        """The run and the one beside, with what its curves' names end with, and their first dashes."""
        if self.run:
            yield self.run, "", 0
        if self.beside:
            yield self.beside, " (beside)", BESIDE_STYLE

    def _draw_terms(self) -> None:
        for run, ending, first in self._runs():
            if self.terms.shown() == RAW:
                draw_by_term(self.losses, run, run.state.curves.losses, ending, first)
            else:
                draw_by_term(self.weighted, run, run.state.curves.weighted, ending, first)

    def _draw_scores(self) -> None:
        shown = self.scores.shown()
        if shown in self._declared and self.run:
            view, rows = self._declared[shown], self.run.state.rows.values()
            drawn = curves(view, rows, "validation", self.run.state.identities.values())
            self.figure.show_curves(axes_of(view, "validation"), drawn)
            return
        for run, ending, style in self._runs():
            draw_accuracies(self.accuracy, run, ending, style)

    def _draw_course(self) -> None:
        shown = self.course.shown()
        for run, ending, style in self._runs():
            found = run.state.curves
            if shown == SHARES:
                draw_by_term(self.shares, run, found.shares, ending, style, 100)
                continue
            plot, of_stages = (
                (self.rates, found.learning_rate) if shown == RATES else (self.speeds, found.speed)
            )
            draw_by_stage(plot, run, of_stages, ending, style)

    def _draw_predictions(self) -> None:
        if self.run is None:
            return
        if self.predictions.shown() == CONFUSION:
            self._draw_confusion(self.run)
        else:
            self._draw_classes(self.run)

    def _draw_confusion(self, run: RunFollower) -> None:
        state = run.state
        for name in reversed(state.rows):
            if found := read_confusion(run.folder, name):
                counts = np.array(found.confusion, dtype=float)
                shares = counts / counts.sum(1, keepdims=True).clip(min=1)
                classes = [class_name(state.class_names, number) for number in state.classes_of(name)]
                self.confusion.show_matrix(classes, shares, tokens_of(run)[name])
                return

    def _draw_classes(self, run: RunFollower) -> None:
        """Draw a bar for each network and class: the mean over those that differ in the seed alone."""
        state, siblings = run.state, dict[str, list[str]]()
        for name, row in state.rows.items():
            siblings.setdefault(row.without(SEED).name, []).append(name)
        percents = {}
        for network in [*siblings][-MOST_NETWORKS:]:
            if found := [_percents(run, name) for name in siblings[network]]:
                percents[network] = [_mean(shares) for shares in zip(*found, strict=True)]
        known = {name: shares for name, shares in percents.items() if any(s is not None for s in shares)}
        marked = marked_classes(state.class_names, state.left_out)
        self.classes.show_bars(marked, known, y="accuracy (%)", tokens=tokens_of(run))


def _percents(run: RunFollower, network: str) -> list[float | None]:
    """Return the accuracy on each class of the data; None where nothing is known yet."""
    found = read_confusion(run.folder, network)
    shares = class_accuracies(found.confusion) if found else ()
    known = dict(zip(run.state.classes_of(network), shares, strict=False))
    return [
        None if (share := known.get(number)) is None else 100 * share
        for number in range(len(run.state.class_names))
    ]


def _mean(shares: Iterable[float | None]) -> float | None:
    known = [share for share in shares if share is not None]
    return fmean(known) if known else None
