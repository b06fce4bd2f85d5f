"""The test image that is looked at: a slider through all of them, and a button to the next mistake."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
)

from kdstudio.gui.html import bold, joined
from kdstudio.gui.layout import MARGIN, PlotCard, shape_number, text_label
from kdstudio.gui.pictures import enlarged
from kdstudio.runs.dark_knowledge import DarkKnowledge

PICTURE = 132
WIDTH = 196


class SampleCard(PlotCard):
    """One image at a time."""

    changed = Signal()

    def __init__(self, least_height: int) -> None:
        """Empty until :meth:`show_knowledge`."""
        super().__init__("Image", least_height)
        self._found: DarkKnowledge | None = None
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._picture.setAccessibleName("The image")
        self._picture.setFixedHeight(PICTURE)
        self.truth = text_label()
        self.number, self.slider = QSpinBox(), QSlider(Qt.Orientation.Horizontal)
        shape_number(self.number)
        self.number.setAccessibleName("Sample")
        self.slider.setAccessibleName("Samples")
        self.number.valueChanged.connect(self.slider.setValue)
        self.slider.valueChanged.connect(self.number.setValue)
        self.number.valueChanged.connect(self._show_sample)
        self.mistake_button = QPushButton("Next mistake")
        self.mistake_button.setToolTip("The next image that the student gets wrong")
        self.mistake_button.clicked.connect(self._go_to_mistake)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.slider, 1)
        row.addWidget(self.number)
        self.add(self._picture)
        self.column.addLayout(row)
        self.add(self.truth)
        self.column.addStretch(1)
        self.add(self.mistake_button)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
        self.setFixedWidth(WIDTH + 2 * MARGIN)

    @property
    def sample(self) -> int:
        """Number of the image."""
        return self.number.value()

    def show_knowledge(self, found: DarkKnowledge) -> None:
        """Go through the images of ``found``."""
        self._found = found
        last = len(found.predictions.labels) - 1
        for control in (self.slider, self.number):
            with QSignalBlocker(control):
                control.setMaximum(last)
        self.number.setToolTip(f"Number of the test image, 0 to {last}")
        self.mistake_button.setEnabled(found.next_mistake(0) is not None)
        self._show_sample()

    def picture(self, pixels: int, ratio: float) -> QPixmap | None:
        """Return the image so large, for a screen with ``ratio`` device pixels in one."""
        if self._found is None:
            return None
        return enlarged(self._found.predictions.picture(self.sample), pixels, ratio)

    def _show_sample(self) -> None:
        if self._found is None:
            return
        predictions = self._found.predictions
        truth = predictions.class_names[int(predictions.labels[self.sample])]
        self.truth.setText(joined(("It is of class ", bold(truth), ".")))
        self._picture.setPixmap(self.picture(PICTURE, self.devicePixelRatioF()))
        self.changed.emit()

    def _go_to_mistake(self) -> None:
        if self._found is not None:
            self.number.setValue(self._found.next_mistake(self.sample) or 0)
