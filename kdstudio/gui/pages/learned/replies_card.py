"""What networks answer to one picture: bars of probabilities, at a temperature."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from kdstudio.gui.html import Html, bold, lines, table
from kdstudio.gui.layout import PlotCard, text_label
from kdstudio.gui.pages.temperature.temperature_control import TemperatureControl
from kdstudio.gui.pictures import enlarged
from kdstudio.gui.plots.softened import SoftenedBars
from kdstudio.gui.spoken import spoken_share
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.trying import Replies

HINT = (
    "Teacher, baseline and student answer side by side.\n{} a picture, paste one (Ctrl+V) or choose a file: "
    "it is scaled and cropped\nas the images that the networks have learned from."
)
PICTURE = 96
MOST_ROWS = 12
CONTROL_WIDTH = 330


class RepliesCard(PlotCard):
    """Bars side by side, the picture as the networks see it, and what was done to it."""

    def __init__(self, theme: Theme) -> None:
        """Nothing answered yet."""
        super().__init__()
        self.shown: Replies | None = None
        self.tokens: Mapping[str, Token] = {}
        self._rows: list[str] = []
        self.temperature = TemperatureControl(1.0)
        self.temperature.setFixedWidth(CONTROL_WIDTH)
        self.temperature.changed.connect(self._show_lengths)
        self.bars = SoftenedBars(theme, "Answers")
        self.bars.head.addWidget(self.temperature)
        self.seen = QLabel(alignment=Qt.AlignmentFlag.AlignTop)
        self.seen.setAccessibleName("The picture as the networks see it")
        self.verdicts, self.notes = text_label(), text_label(name="muted")
        self.verdicts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.verdicts.setWordWrap(False)
        self.notes.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.message = text_label(name="muted")
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.error = text_label(name="error")
        self.error.setAlignment(Qt.AlignmentFlag.AlignCenter)
        place = QWidget()
        self.stack = QStackedLayout(place)
        for widget in (self.message, self.error, self._make_answers()):
            self.stack.addWidget(widget)
        self.add(place, 1)

    def _make_answers(self) -> QWidget:
        answers = QWidget()
        column = QVBoxLayout(answers)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addWidget(self.seen)
        top.addWidget(self.verdicts)
        top.addWidget(self.notes, 1)
        column.addLayout(top)
        column.addWidget(self.bars, 1)
        return answers

    def invite(self, *, drawing: bool) -> None:
        """Say what can be done."""
        self.message.setText(HINT.format("Draw a figure, drop" if drawing else "Drop"))

    def forget(self) -> None:
        """Show what to do."""
        self.shown = None
        self.stack.setCurrentWidget(self.message)

    def refuse(self, reason: str) -> None:
        """Say why there is no answer."""
        self.shown = None
        self.error.setText(reason)
        self.stack.setCurrentWidget(self.error)

    def show_replies(self, found: Replies) -> None:
        """Show what was answered."""
        self.shown = found
        pixels = found.picture.pixels.permute(1, 2, 0).numpy()
        self.seen.setPixmap(enlarged(pixels, PICTURE, self.devicePixelRatioF()))
        height, width, _channels = pixels.shape
        self.notes.setText(lines(f"As the networks see it: {width}×{height} pixels.", *found.picture.notes))
        answers = found.probabilities()
        self._rows = likeliest(answers, found.class_names)
        self.bars.show_rows(self._rows, {name: name for name in answers}, self.tokens)
        self._show_lengths()
        self.stack.setCurrentIndex(2)

    def _show_lengths(self) -> None:
        if self.shown is not None:
            answers = self.shown.probabilities(self.temperature.value)
            lengths = {name: [shares.get(row, 0.0) for row in self._rows] for name, shares in answers.items()}
            self.bars.set_lengths({name: np.array(values) for name, values in lengths.items()})
            self.verdicts.setText(verdicts(answers))


def verdicts(answers: Mapping[str, Mapping[str, float]]) -> Html:
    """What each network says, and how sure it is."""
    rows = []
    for network, shares in answers.items():
        said = max(shares, key=shares.__getitem__)
        rows.append((f"{network} says", bold(said), spoken_share(shares[said])))
    return table(("", "", ""), rows, "llr")


def likeliest(answers: Mapping[str, Mapping[str, float]], classes: tuple[str, ...]) -> list[str]:
    """Classes to show, in their order: all, or of many those that some network thinks likeliest."""
    if len(classes) <= MOST_ROWS:
        return list(classes)
    best = sorted(classes, key=lambda name: -max(shares.get(name, 0.0) for shares in answers.values()))
    return [name for name in classes if name in best[:MOST_ROWS]]
