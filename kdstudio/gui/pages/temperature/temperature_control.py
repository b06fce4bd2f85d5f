"""A slider and a number for the temperature, on a log scale."""

from __future__ import annotations

from math import log

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QSlider, QWidget

from kdstudio.gui.layout import shape_number, tip

LOWEST, HIGHEST, USUAL = 0.5, 50.0, 4.0
STEPS = 400
LEAST_WIDTH = 90
"""Of the slider, in pixels."""
EXAMPLE = (
    "Logits are divided by T before the softmax. Logits (5, 1) give 0.982 and 0.018 at T = 1, "
    "0.599 and 0.401 at T = 10."
)


class TemperatureControl(QWidget):
    """Slider and number follow each other."""

    changed = Signal(float)

    def __init__(self, usual: float = USUAL) -> None:
        """Begin at the temperature that is ``usual``."""
        super().__init__()
        self.number = QDoubleSpinBox(minimum=LOWEST, maximum=HIGHEST, decimals=1, singleStep=0.5)
        shape_number(self.number)
        self.number.setAccessibleName("Temperature")
        self.slider = QSlider(Qt.Orientation.Horizontal, minimum=0, maximum=STEPS)
        self.slider.setMinimumWidth(LEAST_WIDTH)
        self.slider.setToolTip(tip(EXAMPLE))
        self.slider.setAccessibleName("Temperature, on a log scale")
        self.number.setValue(usual)
        self.slider.setValue(position(usual))
        self.number.valueChanged.connect(self._follow_number)
        self.slider.valueChanged.connect(self._follow_slider)
        label = QLabel("Temperature T")
        label.setToolTip(tip(EXAMPLE))
        label.setBuddy(self.number)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.number)

    @property
    def value(self) -> float:
        """The temperature."""
        return self.number.value()

    def _follow_slider(self, place: int) -> None:
        with QSignalBlocker(self.number):
            self.number.setValue(LOWEST * (HIGHEST / LOWEST) ** (place / STEPS))
        self.changed.emit(self.value)

    def _follow_number(self, temperature: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(position(temperature))
        self.changed.emit(temperature)


def position(temperature: float) -> int:
    """Where the slider stands at ``temperature``."""
    return round(STEPS * log(temperature / LOWEST) / log(HIGHEST / LOWEST))
