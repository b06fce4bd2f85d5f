"""The page of classes never seen: what a student knows of them, and what a shift of a bias mends."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from kdstudio.engine.confusion import class_accuracies
from kdstudio.gui.html import bold, joined, paragraphs
from kdstudio.gui.layout import GAP, Card, PlotCard, text_label
from kdstudio.gui.pages.reading_page import ReadingPage
from kdstudio.gui.pages.unseen.shift_card import STEPS, TITLES, ShiftCard
from kdstudio.gui.pages.unseen.unseen_analysis import UnseenAnalysis, analyse
from kdstudio.gui.plots.bars import BarPlot
from kdstudio.gui.plots.shifts import ShiftCurves
from kdstudio.gui.run_index import SharedIndex
from kdstudio.gui.run_picker import RunPicker, saved_networks
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.comparison import main_result
from kdstudio.runs.confusions import read_confusion
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.network_colours import darkest, series_by_name
from kdstudio.runs.summary import Summary
from kdstudio.runs.unseen import marked_classes, unseen_classes

EMPTY = (
    "No run yet whose student never saw some classes.\nRun digits-no-threes (half a minute) or "
    "mnist-no-threes from the Experiment page,\nor leave classes out in the student's training; here you "
    "will see what it knows of them all the same."
)
PRESETS = ("digits-no-threes", "mnist-no-threes")
BARS_MILLISECONDS = 40
SIDE_WIDTH = 340


class UnseenPage(ReadingPage):
    """Runs that leave classes out: accuracy class by class, and a slider for the bias."""

    def __init__(self, theme: Theme, index: SharedIndex) -> None:
        """Offer the runs of ``index``."""
        picker = RunPicker(index, networks_that_left_out, {"Network": main_result})
        super().__init__(picker, EMPTY, analyse, "bias", PRESETS)
        self.shown: UnseenAnalysis | None = None
        self.network = ""
        """The network whose bias is shifted."""
        self._summary: Summary | None = None
        """The run's when that network was chosen: the picker may be ahead when the bars follow."""
        self._tokens: dict[str, Token] = {}
        self.bars = BarPlot(theme, "Test accuracy of each class", "accuracy (%)")
        self.curves = {part: ShiftCurves(theme, title) for part, title in TITLES.items()}
        self.shift = ShiftCard()
        self.shift.shifted.connect(self._follow_shift)
        self.shift.complained.connect(self.complained)
        self.published_card, self.published = Card("In the paper"), text_label()
        self.published_card.add(self.published)
        self._lay_out_reading(self._make_content())
        self.head.addStretch(4)
        self._later = QTimer(self, interval=BARS_MILLISECONDS, singleShot=True)
        self._later.timeout.connect(self._show_bars)

    def _make_content(self) -> QWidget:
        side = QWidget()
        side.setFixedWidth(SIDE_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.shift)
        column.addWidget(self.published_card)
        column.addStretch(1)
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        bars, *curves = (PlotCard() for _ in range(1 + len(self.curves)))
        bars.add(self.bars, 1)
        grid.addWidget(bars, 0, 0, 1, 2)
        for place, (card, plot) in enumerate(zip(curves, self.curves.values(), strict=True)):
            card.add(plot, 1)
            grid.addWidget(card, 1, place)
            grid.setColumnStretch(place, 1)
            grid.setRowStretch(place, 1)
        grid.addWidget(side, 0, 2, 2, 1)
        return content

    def _follow(self) -> None:
        super()._follow()
        if self.shown and self.shown.folder == self.picker.run and self._is_other(self.shown):
            self._show_network()

    def _is_other(self, found: UnseenAnalysis) -> bool:
        """Tell whether the network chosen is not in sight; one that has come since ``found`` is read next."""
        (network,) = self.picker.networks
        return network != self.network and network in found.predictions.unseen

    def _show(self, found: UnseenAnalysis) -> None:
        if self.picker.networks[0] not in found.predictions.unseen:
            return
        self.shown = found
        about = self.picker.summary.experiment.get("about", {})
        published = [joined((f"{f['what']}: ", bold(f["value"]))) for f in about.get("published", ())]
        self.published.setText(paragraphs(*published))
        self.published_card.setVisible(bool(published))
        self._show_network()

    def _show_network(self) -> None:
        """Begin with the fit of the network chosen, and draw its curves."""
        assert self.shown is not None
        predictions = self.shown.predictions
        (self.network,), self._summary = self.picker.networks, self.picker.summary
        self._tokens = series_by_name(self._summary.identities)
        self.shift.show_network(self.shown, self.network)
        reach = self.shift.reach
        shifts = np.linspace(-reach, reach, 2 * reach * STEPS + 1)
        classes = predictions.shifted_classes(self.network)
        names = ", ".join(predictions.class_names[number] for number in classes)
        for part, plot in self.curves.items():
            curve = predictions.course(self.network, part, classes, shifts)
            token = self._tokens[self.network]
            plot.show_course(curve, token, f"added to the bias of {names}", self.shift.fitted)

    def _follow_shift(self) -> None:
        """Move the markers at once; the bars follow when the slider rests."""
        for plot in self.curves.values():
            plot.mark(self.shift.middle)
        self._later.start()

    def _show_bars(self) -> None:
        assert self.shown is not None
        assert self._summary is not None
        predictions, network = self.shown.predictions, self.network
        summary, run = self._summary, self.shown.folder
        kinds, rows = (summary.comparison.reference, summary.comparison.control), summary.networks
        others = [n for n, row in rows.items() if row.kind in kinds and row.shares_trial_with(rows[network])]
        wanted = [name for name in rows if name in (*others, network)]
        counted = {name: found.confusion for name in wanted if (found := read_confusion(run, name))}
        shifted = f"{network}, shifted"
        counted[shifted] = predictions.scores(network, "test", self.shift.biases).confusion
        shares = {name: class_accuracies(confusion) for name, confusion in counted.items()}
        percents = {name: [None if s is None else 100 * s for s in found] for name, found in shares.items()}
        tokens = {**self._tokens, shifted: darkest(self._tokens[self.network])}
        marked = marked_classes(predictions.class_names, predictions.unseen_by(network))
        self.bars.show_bars(marked, percents, y="accuracy (%)", tokens=tokens)


def networks_that_left_out(run: RunFolder, summary: Summary) -> dict[str, str]:
    """Offer the networks that left classes out of their training, and are kept."""
    unseen = unseen_classes(summary)
    return {name: name for name in saved_networks(run, summary) if name in unseen}
