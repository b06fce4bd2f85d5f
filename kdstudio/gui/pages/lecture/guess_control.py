"""Where a class guesses: a slider and a number for a figure, or three directions to choose from."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QDoubleSpinBox, QHBoxLayout, QPushButton, QSlider, QWidget

from kdstudio.gui.layout import shape_number
from kdstudio.runs.guesses import DIRECTIONS, Guess, Question

STEPS = 200
LEAST_WIDTH = 120
"""Of the slider, in pixels."""


class GuessControl(QWidget):
    """Asks one question; nothing is guessed until something is moved or pressed."""

    guessed = Signal(object)
    """The guess."""

    def __init__(self) -> None:
        """Ask nothing."""
        super().__init__()
        self._most = 1.0
        self.slider = QSlider(Qt.Orientation.Horizontal, minimum=0, maximum=STEPS)
        self.slider.setMinimumWidth(LEAST_WIDTH)
        self.slider.setPageStep(STEPS // 10)
        self.number = QDoubleSpinBox()
        shape_number(self.number)
        self.slider.valueChanged.connect(self._follow_slider)
        self.number.valueChanged.connect(self._follow_number)
        self.directions = {word: QPushButton(word, checkable=True) for word in DIRECTIONS}
        self._group = QButtonGroup(self, exclusive=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.slider, 1)
        row.addWidget(self.number)
        for word, button in self.directions.items():
            self._group.addButton(button)
            button.setMinimumWidth(LEAST_WIDTH)
            button.clicked.connect(lambda _checked, guess=word: self.guessed.emit(guess))
            row.addWidget(button)
        row.addStretch(0)

    def ask(self, question: Question, guess: Guess | None) -> None:
        """Ask ``question``, of which ``guess`` is known already."""
        for widget in (self.slider, self.number):
            widget.setVisible(question.most is not None)
            widget.setAccessibleName(f"Guess: {question.text}")
        for button in self.directions.values():
            button.setVisible(question.most is None)
        if question.most is None:
            self._group.setExclusive(False)  # else the one chosen for another question stays so
            for word, button in self.directions.items():
                button.setChecked(word == guess)
            self._group.setExclusive(True)
            return
        self._most = question.most
        figure = question.most / 2 if guess is None or isinstance(guess, str) else guess
        with QSignalBlocker(self.number), QSignalBlocker(self.slider):
            self.number.setDecimals(question.digits)
            self.number.setSingleStep(10**-question.digits)
            self.number.setRange(0, question.most)
            self.number.setValue(figure)
            self.slider.setValue(self._place(figure))

    def _place(self, figure: float) -> int:
        return round(STEPS * figure / self._most)

    def _follow_slider(self, place: int) -> None:
        with QSignalBlocker(self.number):
            self.number.setValue(self._most * place / STEPS)
        self.guessed.emit(self.number.value())

    def _follow_number(self, figure: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._place(figure))
        self.guessed.emit(figure)
