"""The live page: losses term by term, accuracy of every network, learning rate, classes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QSizePolicy, QSlider, QStackedLayout, QWidget

from kdstudio.engine.events import Event
from kdstudio.gui.layout import GAP, MARGIN, Card
from kdstudio.gui.plots.bars import BarPlot
from kdstudio.gui.plots.curves import CurvePlot
from kdstudio.gui.theme import Theme
from kdstudio.runs.curves import RunCurves

FRAME_MILLISECONDS = 80
EMPTY = "Nothing has run yet.\nChoose a preset on the Experiment page and press Run (Ctrl+R)."


class LivePage(QWidget):
    """Curves of the run that goes on, or went last."""

    def __init__(self, theme: Theme) -> None:
        """Empty until a run begins."""
        super().__init__()
        self.curves = RunCurves()
        self._stale = False
        self.losses = CurvePlot(theme, "Loss terms, unweighted", "epoch of the stage", "loss (nats)")
        self.accuracy = CurvePlot(theme, "Validation accuracy", "epoch of the stage", "accuracy (%)")
        self.rates = CurvePlot(theme, "Learning rate", "epoch of the stage", "learning rate")
        self.classes = BarPlot(theme, "Accuracy per class, latest scores", "accuracy (%)")
        self._add_controls()
        grid = QGridLayout()
        grid.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        grid.setSpacing(GAP)
        for place, plot in enumerate((self.losses, self.accuracy, self.rates, self.classes)):
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
        log.toggled.connect(self.losses.set_log)
        smoothing = QSlider(Qt.Orientation.Horizontal, minimum=0, maximum=98, value=0)
        smoothing.setFixedWidth(90)
        smoothing.setAccessibleName("Smoothing")
        smoothing.setToolTip("Smooths the curves; the raw ones stay visible behind.")
        smoothing.valueChanged.connect(lambda value: self.losses.set_smoothing(value / 100))
        for widget in (log, QLabel("smoothing"), smoothing):
            self.losses.head.addWidget(widget)

    def begin(self) -> None:
        """Forget the last run's curves."""
        self.curves = RunCurves()
        for plot in (self.losses, self.accuracy, self.rates):
            plot.clear()
        self._stack.setCurrentIndex(1)

    def follow(self, events: list[Event]) -> None:
        """Add what has happened; drawing waits for the next frame, and while nobody looks."""
        self.curves.add(events)
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
            self._waiting = [self._draw_classes, self._draw_rates, self._draw_accuracy, self._draw_losses]
        self._waiting.pop()()

    def _draw_losses(self) -> None:
        styles: dict[str, int] = {}
        for key, series in self.curves.losses.items():
            style = styles[key.stage] = styles.get(key.stage, -1) + 1
            self.losses.show_series(key, f"{key.stage}: {key.term}", key.stage, style, series)

    def _draw_accuracy(self) -> None:
        for network, series in self.curves.accuracy.items():
            self.accuracy.show_series(network, network, network, 0, series.scaled(100))

    def _draw_rates(self) -> None:
        for stage, series in self.curves.learning_rate.items():
            self.rates.show_series(stage, stage, stage, 0, series)

    def _draw_classes(self) -> None:
        percents = {
            name: [None if share is None else 100 * share for share in scores.per_class]
            for name, scores in self.curves.scores.items()
        }
        names = self.curves.class_names
        self.classes.show_bars(names, percents, y="accuracy (%)", shown_as="{:.0f}")
