"""The shift of a bias: a slider, the fit, and what becomes of the predictions."""

from __future__ import annotations

from math import ceil
from statistics import fmean

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSlider

from kdstudio.gui.html import Html, bold, joined, table
from kdstudio.gui.layout import Card, text_label, tip
from kdstudio.gui.pages.unseen.unseen_analysis import UnseenAnalysis
from kdstudio.gui.spoken import spoken_share
from kdstudio.runs.predictions import Part
from kdstudio.runs.unseen import Outcome

HOW = (
    "The fit raises or lowers the bias until the mean predicted probability of its class over the validation "
    "images is the share of that class in the training images. It looks at no label of these images, and "
    "never at the test images."
)
TITLES: dict[Part, str] = {"validation": "Validation images", "test": "Test images (report only)"}
STEPS = 20
"""Steps of the slider to a shift of 1."""
LEAST_REACH = 6


class ShiftCard(Card):
    """Moves the biases of all classes that a network never saw alike, or puts each at its fit."""

    shifted = Signal()
    complained = Signal(str, str)

    def __init__(self) -> None:
        """Empty until :meth:`show_network`."""
        super().__init__("Shift of the bias")
        self.biases: dict[int, float] = {}
        """The shift in force, by class."""
        self.reach = LEAST_REACH
        self._found: UnseenAnalysis | None = None
        self._network = ""
        self._before: dict[Part, Outcome] = {}
        self.shift_text, self.figures = text_label(), text_label()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setPageStep(STEPS)
        self.slider.setAccessibleName("Added to the bias")
        self.slider.valueChanged.connect(self._slide)
        self.fit_button = QPushButton("Fit without test labels", objectName="primary")
        self.fit_button.setToolTip(tip(HOW))
        self.fit_button.clicked.connect(self._fit)
        self.zero_button = QPushButton("No shift")
        self.zero_button.clicked.connect(lambda: self.slider.setValue(0))
        buttons = QHBoxLayout()
        buttons.addWidget(self.fit_button, 1)
        buttons.addWidget(self.zero_button)
        self.add(self.shift_text)
        self.add(self.slider)
        self.column.addLayout(buttons)
        self.add(text_label(HOW, "muted"))
        self.add(self.figures)

    @property
    def middle(self) -> float:
        """Mean of the shift in force."""
        return fmean(self.biases.values())

    @property
    def fitted(self) -> float | None:
        """Mean of the fitted shift; None where nothing could be fitted."""
        fit = self._found.fits.get(self._network) if self._found else None
        return fmean(fit.values()) if fit else None

    def show_network(self, found: UnseenAnalysis, network: str) -> None:
        """Begin with the fit of ``network``."""
        self._found, self._network = found, network
        self.reach = max(LEAST_REACH, ceil(1.5 * abs(self.fitted or 0.0)))
        self._before = {part: found.predictions.outcome(network, part, {}) for part in TITLES}
        with QSignalBlocker(self.slider):
            self.slider.setRange(-self.reach * STEPS, self.reach * STEPS)
        if self.fitted is None:
            self._slide(0)
        else:
            self._fit()

    def _fit(self) -> None:
        """Put the fitted shift in force, each class its own."""
        if self._found is None:
            return
        if self._network in self._found.faults:
            self.complained.emit(self._found.faults[self._network], "")
            return
        fit = self._found.fits[self._network]
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(STEPS * fmean(fit.values())))
        self._shift(fit)

    def _slide(self, place: int) -> None:
        """Shift all these classes alike."""
        if self._found is not None:
            classes = self._found.predictions.shifted_classes(self._network)
            self._shift(dict.fromkeys(classes, place / STEPS))

    def _shift(self, biases: dict[int, float]) -> None:
        assert self._found is not None
        predictions = self._found.predictions
        self.biases = biases
        names = predictions.class_names
        shifts = joined((joined((bold(names[n]), f" {bias:+.2f}")) for n, bias in biases.items()), ", ")
        self.shift_text.setText(joined(("Added to the bias of ", shifts)))
        after = {part: predictions.outcome(self._network, part, biases) for part in TITLES}
        self.figures.setText(figures(self._before, after))
        self.shifted.emit()


def figures(before: dict[Part, Outcome], after: dict[Part, Outcome]) -> Html:
    """Errors and accuracy on the unseen classes, before and after the shift."""
    rows: list[tuple[str, ...]] = []
    for part, title in TITLES.items():
        both = before[part], after[part]
        rows += [
            (joined((bold(title), f", {before[part].count:,}")),),
            ("errors", *(f"{found.errors:,}" for found in both)),
            ("unseen classes right", *(spoken_share(found.unseen) for found in both)),
        ]
    return table(("", "as trained", "shifted"), rows, "lrr", full_width=True)
