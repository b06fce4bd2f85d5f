"""The page of classes never seen: what a student knows of them, and what a shift of a bias mends."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import fmean

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from kdstudio.errors import KDStudioError
from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.layout import GAP, Card, text_label
from kdstudio.gui.pages.run_page import RunPage
from kdstudio.gui.plots.bars import BarPlot
from kdstudio.gui.plots.shifts import ShiftCurves
from kdstudio.gui.theme import Theme
from kdstudio.runs.comparison import ORDER
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.predictions import Part
from kdstudio.runs.summary import NetworkSummary, Summary
from kdstudio.runs.unseen import Outcome, UnseenPredictions, marked_classes, read_unseen, runs_with_unseen

EMPTY = (
    "No run yet whose student never saw some classes.\nRun digits-no-threes (half a minute) or "
    "mnist-no-threes from the Experiment page,\nor leave classes out in the student's training; here you "
    "will see what it knows of them all the same."
)
HOW = (
    "The fit raises or lowers the bias until the mean predicted probability of its class over the validation "
    "images is the share of that class in the training images. It looks at no label of these images, and "
    "never at the test images."
)
PARTS: tuple[Part, ...] = ("validation", "test")
TITLES = {"validation": "Validation images", "test": "Test images (report only)"}
STEPS = 20
"""Steps of the slider to a shift of 1."""
LEAST_REACH = 6
BARS_MILLISECONDS = 40
SIDE_WIDTH = 340


@dataclass(frozen=True)
class UnseenAnalysis:
    """What the background thread brings: the predictions of one run, with every fit."""

    folder: RunFolder
    predictions: UnseenPredictions
    fits: dict[str, dict[int, float]]
    faults: dict[str, str]
    """Why a network's biases could not be fitted."""


class UnseenPage(RunPage):
    """Runs that leave classes out: accuracy class by class, and a slider for the bias."""

    def __init__(self, theme: Theme, runs: Path) -> None:
        """Offer the runs in ``runs``."""
        super().__init__(runs, "bias")
        self._summaries: dict[RunFolder, Summary] = {}
        self.shown: UnseenAnalysis | None = None
        self.biases: dict[int, float] = {}
        """The shift in force, by class."""
        self._before: dict[Part, Outcome] = {}
        self._recorded: dict[str, NetworkSummary] = {}
        self.bars = BarPlot(theme, "Test accuracy of each class", "accuracy (%)")
        self.curves = {part: ShiftCurves(theme, TITLES[part]) for part in PARTS}
        self._make_controls()
        head, row = self._make_head((("Run", self.run_box, 3), ("Network", self.network_box, 1)))
        row.addStretch(2)
        self._lay_out(head, self._make_content(), EMPTY)
        self._later = QTimer(self, interval=BARS_MILLISECONDS, singleShot=True)
        self._later.timeout.connect(self._show_bars)

    def _make_controls(self) -> None:
        self.network_box = Choices()
        self.run_box.currentIndexChanged.connect(self._want)
        self.network_box.currentIndexChanged.connect(self._show_network)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setPageStep(STEPS)
        self.slider.valueChanged.connect(self._slide)
        self.fit_button = QPushButton("Fit without test labels", objectName="primary")
        self.fit_button.setToolTip(HOW)
        self.fit_button.clicked.connect(self._fit)
        self.zero_button = QPushButton("No shift")
        self.zero_button.clicked.connect(lambda: self.slider.setValue(0))
        self._shift_text, self._figures, self._published = (text_label() for _ in range(3))
        self.slider.setAccessibleName("Added to the bias")

    def _make_content(self) -> QWidget:
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        grid.addWidget(plot_card(self.bars), 0, 0, 1, 2)
        for column, part in enumerate(PARTS):
            grid.addWidget(plot_card(self.curves[part]), 1, column)
            grid.setColumnStretch(column, 1)
        grid.addWidget(self._make_side(), 0, 2, 2, 1)
        grid.setRowStretch(0, 1)
        grid.setRowStretch(1, 1)
        return content

    def _make_side(self) -> QWidget:
        shift, self._published_card = Card("Shift of the bias"), Card("In the paper")
        buttons = QHBoxLayout()
        buttons.addWidget(self.fit_button, 1)
        buttons.addWidget(self.zero_button)
        shift.add(self._shift_text)
        shift.add(self.slider)
        shift.column.addLayout(buttons)
        shift.add(text_label(HOW, "muted"))
        shift.add(self._figures)
        self._published_card.add(self._published)
        side = QWidget()
        side.setFixedWidth(SIDE_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(shift)
        column.addWidget(self._published_card)
        column.addStretch(1)
        return side

    def refresh(self) -> None:
        """Offer every run that leaves classes out; the one chosen stays chosen."""
        self._summaries = runs_with_unseen(self._runs)
        self._offer(self._summaries)
        self._want()

    def _want(self) -> None:
        run = self.run_box.run
        if run is not None:
            self.reader.want(run)

    def _read(self, run: RunFolder, *_wanted: object) -> UnseenAnalysis:
        """Read the run's predictions and fit every network that left classes out."""
        predictions = read_unseen(run)
        made = UnseenAnalysis(run, predictions, {}, {})
        for network in predictions.unseen:
            try:
                made.fits[network] = predictions.fit(network)
            except KDStudioError as error:
                made.faults[network] = str(error)
        return made

    def _show(self, found: UnseenAnalysis) -> None:
        if found.folder not in self._summaries:  # deleted while it was read
            return
        self.shown = found
        self._recorded = self._summaries[found.folder].networks
        about = self._summaries[found.folder].experiment.get("about", {})
        self._published.setText(
            "<br><br>".join(f"{f['what']}: <b>{f['value']}</b>" for f in about.get("published", ()))
        )
        self._published_card.setVisible(bool(self._published.text()))
        before = self.network_box.currentData() or "student"
        self.network_box.blockSignals(True)
        self.network_box.clear()
        for name in found.predictions.unseen:
            self.network_box.addItem(name, name)
        last = self.network_box.count() - 1
        place = self.network_box.findData(before)
        self.network_box.setCurrentIndex(place if place >= 0 else last)
        self.network_box.blockSignals(False)
        self._show_network()
        self._show_content()

    @property
    def network(self) -> str:
        """The network whose bias is shifted."""
        return str(self.network_box.currentData())

    def _show_network(self) -> None:
        """Draw the curves of the chosen network, and start at its fit."""
        assert self.shown is not None
        predictions, network = self.shown.predictions, self.network
        fit = self.shown.fits.get(network)
        middle = fmean(fit.values()) if fit else 0.0
        reach = max(LEAST_REACH, ceil(1.5 * abs(middle)))
        shifts = np.linspace(-reach, reach, 2 * reach * STEPS + 1)
        classes = predictions.shifted_classes(network)
        shifted = ", ".join(predictions.class_names[number] for number in classes)
        for part, plot in self.curves.items():
            course = predictions.course(network, part, classes, shifts)
            plot.show_course(course, network, f"added to the bias of {shifted}", middle if fit else None)
        self._before = {part: predictions.outcome(network, part, {}) for part in PARTS}
        self.slider.blockSignals(True)
        self.slider.setRange(-reach * STEPS, reach * STEPS)
        self.slider.blockSignals(False)
        if fit:
            self._fit()
        else:
            self._slide(0)

    def _fit(self) -> None:
        """Put the fitted shift in force, each class its own."""
        if self.shown is None:
            return
        if self.network in self.shown.faults:
            self.complained.emit(self.shown.faults[self.network], "")
            return
        fit = self.shown.fits[self.network]
        self.slider.blockSignals(True)
        self.slider.setValue(round(STEPS * fmean(fit.values())))
        self.slider.blockSignals(False)
        self._show_shift(fit)

    def _slide(self, place: int) -> None:
        """Shift all these classes alike."""
        if self.shown is not None:
            classes = self.shown.predictions.shifted_classes(self.network)
            self._show_shift(dict.fromkeys(classes, place / STEPS))

    def _show_shift(self, biases: dict[int, float]) -> None:
        """Show what is quick at once: figures and markers; the bars follow when the slider rests."""
        assert self.shown is not None
        predictions, network = self.shown.predictions, self.network
        self.biases = biases
        names = predictions.class_names
        told = ", ".join(f"<b>{names[number]}</b> {bias:+.2f}" for number, bias in biases.items())
        self._shift_text.setText(f"Added to the bias of {told}")
        for plot in self.curves.values():
            plot.mark(fmean(biases.values()))
        after = {part: predictions.outcome(network, part, biases) for part in PARTS}
        self._figures.setText(figures(self._before, after))
        self._later.start()

    def _show_bars(self) -> None:
        if self.shown is None:
            return
        predictions, network = self.shown.predictions, self.network
        recorded = self._recorded  # with a teacher that another run has trained
        wanted = dict.fromkeys([*ORDER, network])
        found = {name: recorded[name].test for name in wanted if name in recorded}
        found[f"{network}, shifted"] = predictions.scores(network, "test", self.biases)
        percents = {
            name: [None if share is None else 100 * share for share in scores.per_class]
            for name, scores in found.items()
        }
        marked = marked_classes(predictions.class_names, predictions.unseen_by(network))
        self.bars.show_bars(marked, percents, y="accuracy (%)", shown_as="{:.0f}")


def plot_card(plot: QWidget) -> Card:
    """Make a card as large as its place in the grid, whatever is in it."""
    card = Card()
    card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
    card.add(plot, 1)
    return card


def figures(before: dict[Part, Outcome], after: dict[Part, Outcome]) -> str:
    """Errors and accuracy on the unseen classes, before and after the shift."""
    rows = ""
    for part in PARTS:
        rows += f"<tr><td colspan='3'><b>{TITLES[part]}</b>, {before[part].count:,}</td></tr>"
        errors = (f"{found[part].errors:,}" for found in (before, after))
        right = (percent(found[part].unseen) for found in (before, after))
        for what, cells in (("errors", errors), ("unseen classes right", right)):
            rows += f"<tr><td>{what}</td>" + "".join(f"<td align='right'>{c}</td>" for c in cells) + "</tr>"
    head = "<tr><td></td><td align='right'>as trained</td><td align='right'>shifted</td></tr>"
    return f"<table cellspacing='4' width='100%'>{head}{rows}</table>"


def percent(share: float | None) -> str:
    """``87.1 %``; a dash for what is not there."""
    return "–" if share is None else f"{share:.1%}".replace("%", " %")
