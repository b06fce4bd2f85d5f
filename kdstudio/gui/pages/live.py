"""The live page: losses term by term, accuracy of every network, learning rate, classes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QSizePolicy, QSlider, QStackedLayout, QWidget

from kdstudio.engine.events import Event
from kdstudio.gui.layout import GAP, MARGIN, Card
from kdstudio.gui.plots.bars import BarPlot
from kdstudio.gui.plots.curves import CurvePlot
from kdstudio.gui.plots.matrix import MatrixPlot
from kdstudio.gui.plots.stack import PlotStack
from kdstudio.gui.plots.sweep import SweepPlot
from kdstudio.gui.theme import Theme
from kdstudio.runs.curves import LossKey, RunCurves, Series
from kdstudio.runs.unseen import marked_classes

FRAME_MILLISECONDS = 80
RAW, WEIGHTED = "Loss terms, unweighted", "Loss terms, weighted"
SHARES, RATES, SPEEDS = "Each term's share of the gradient", "Learning rate", "Speed"
CLASSES, CONFUSION = "Accuracy per class", "Confusion of the latest network"
ACCURACY, SWEEP = "Validation accuracy", "Accuracy against temperature"
EMPTY = "Nothing has run yet.\nChoose a preset on the Experiment page and press Run (Ctrl+R)."


class LivePage(QWidget):
    """Curves of the run that goes on, or went last."""

    def __init__(self, theme: Theme) -> None:
        """Empty until a run begins."""
        super().__init__()
        self.curves = RunCurves()
        self._stale = False
        epoch = "epoch of the stage"
        self.losses = CurvePlot(theme, RAW, epoch, "loss")
        self.weighted = CurvePlot(theme, WEIGHTED, epoch, "weight × loss")
        self.shares = CurvePlot(theme, SHARES, epoch, "share of the gradients (%)")
        self.rates = CurvePlot(theme, RATES, epoch, "learning rate")
        self.speeds = CurvePlot(theme, SPEEDS, epoch, "images a second")
        self.accuracy = CurvePlot(theme, ACCURACY, epoch, "accuracy (%)")
        self.sweep = SweepPlot(theme, SWEEP, "validation accuracy (%)")
        self.classes = BarPlot(theme, CLASSES, "accuracy (%)")
        self.confusion = MatrixPlot(theme, CONFUSION)
        self.terms = PlotStack({RAW: self.losses, WEIGHTED: self.weighted}, "Losses shown")
        self.course = PlotStack({SHARES: self.shares, RATES: self.rates, SPEEDS: self.speeds}, "Course shown")
        self.scores = PlotStack({ACCURACY: self.accuracy, SWEEP: self.sweep}, "Scores shown")
        self.predictions = PlotStack({CLASSES: self.classes, CONFUSION: self.confusion}, "Predictions shown")
        for plot in (self.losses, self.weighted, self.shares, self.rates, self.speeds, self.accuracy):
            plot.heading.hide()
        for plot in (self.sweep, self.classes):
            plot.heading.hide()
        self._add_controls()
        grid = QGridLayout()
        grid.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        grid.setSpacing(GAP)
        for place, plot in enumerate((self.terms, self.scores, self.course, self.predictions)):
            card = Card()
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            card.add(plot, 1)
            grid.addWidget(card, place // 2, place % 2)
        grid.setRowStretch(0, 3)
        grid.setRowStretch(1, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        plots = QWidget()
        plots.setLayout(grid)
        empty = QLabel(EMPTY, objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(plots)
        self._waiting: list[Callable[[], None]] = []
        self._timer = QTimer(self, interval=FRAME_MILLISECONDS)
        self._timer.timeout.connect(self._redraw)

    def _add_controls(self) -> None:
        log = QCheckBox("log axis")
        smoothing = QSlider(Qt.Orientation.Horizontal, minimum=0, maximum=98, value=0)
        smoothing.setFixedWidth(90)
        smoothing.setAccessibleName("Smoothing")
        smoothing.setToolTip("Smooths the curves; the raw ones stay visible behind.")
        for plot in (self.losses, self.weighted):
            log.toggled.connect(plot.set_log)
            smoothing.valueChanged.connect(lambda value, plot=plot: plot.set_smoothing(value / 100))
        for widget in (log, QLabel("smoothing"), smoothing):
            self.terms.head.addWidget(widget)
        for deck in (self.terms, self.course, self.scores, self.predictions):
            deck.turned.connect(self._redraw_soon)

    def begin(self) -> None:
        """Forget the last run's curves."""
        self.curves = RunCurves()
        for plot in (self.losses, self.weighted, self.shares, self.rates, self.speeds, self.accuracy):
            plot.clear()
        for deck, first, later in ((self.scores, ACCURACY, SWEEP), (self.course, RATES, SHARES)):
            deck.show_widget(first)
            deck.set_available(later, False)
        self._stack.setCurrentIndex(1)

    def follow(self, events: list[Event]) -> None:
        """Add what has happened; drawing waits for the next frame, and while nobody looks."""
        self.curves.add(events)
        self._offer(self.scores, SWEEP, bool(self.curves.sweep))
        self._offer(self.course, SHARES, bool(self.curves.shares))
        self._redraw_soon()

    def _offer(self, deck: PlotStack, name: str, there: bool) -> None:
        """Turn to a plot when it first has something to show."""
        if there and not deck.is_available(name):
            deck.set_available(name, True)
            deck.show_widget(name)

    def _redraw_soon(self) -> None:
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
            self._waiting = [self._draw_answers, self._draw_course, self._draw_scores, self._draw_terms]
        self._waiting.pop()()

    def _draw_terms(self) -> None:
        shown = self.terms.shown()
        self._draw_by_term(
            *((self.losses, self.curves.losses) if shown == RAW else (self.weighted, self.curves.weighted))
        )

    def _draw_by_term(self, plot: CurvePlot, curves: dict[LossKey, Series], factor: float = 1.0) -> None:
        styles: dict[str, int] = {}
        for key, series in curves.items():
            style = styles[key.stage] = styles.get(key.stage, -1) + 1
            scaled = series if factor == 1 else series.scaled(factor)
            plot.show_series(key, f"{key.stage}: {key.term}", key.stage, style, scaled)

    def _draw_scores(self) -> None:
        if self.scores.shown() == SWEEP:
            self.sweep.show_students(self.curves.sweep)
            return
        for name, series in self.curves.accuracy.items():
            self.accuracy.show_series(name, name, name, 0, series.scaled(100))

    def _draw_course(self) -> None:
        shown = self.course.shown()
        if shown == SHARES:
            self._draw_by_term(self.shares, self.curves.shares, 100)
            return
        plot, curves = (
            (self.rates, self.curves.learning_rate) if shown == RATES else (self.speeds, self.curves.speed)
        )
        for stage, series in curves.items():
            plot.show_series(stage, stage, stage, 0, series)

    def _draw_answers(self) -> None:
        if self.predictions.shown() == CLASSES:
            self._draw_classes()
        elif self.curves.scores:
            network, scores = list(self.curves.scores.items())[-1]
            counts = np.array(scores.confusion, dtype=float)
            shares = counts / counts.sum(1, keepdims=True).clip(min=1)
            self.confusion.show_matrix(self.curves.names_of(network), shares, network)

    def _draw_classes(self) -> None:
        percents = {
            name: [None if share is None else 100 * share for share in self.curves.per_class(name)]
            for name in self.curves.scores
        }
        names = marked_classes(self.curves.class_names, self.curves.left_out)
        self.classes.show_bars(names, percents, y="accuracy (%)", shown_as="{:.0f}")
