"""What makes a run's results doubtful, in words that stay in sight and stand in nobody's way."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout

from kdstudio.engine.events import RunWarning
from kdstudio.gui.html import Html, bold, joined, paragraphs
from kdstudio.gui.layout import MARGIN, scrolled, text_label
from kdstudio.runs.summary import spoken_warnings

SIGN = "⚠"
TALLEST = 104
"""Height of the text; more of it scrolls."""


class WarningsStrip(QFrame):
    """Not there without warnings; folded away, their titles stay in one line."""

    def __init__(self) -> None:
        """No warnings."""
        super().__init__(objectName="warnings")
        self._shown: tuple[RunWarning, ...] = ()
        self._has_room = True
        self._wished: bool | None = None
        """Whether the user wants to read them; None where nobody has said."""
        self.heading = QLabel(objectName="warning")
        self.titles = QLabel()
        self.titles.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.fold = QToolButton(objectName="inline")
        self.fold.clicked.connect(self._turn)
        self.text = text_label()
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._scrolled = scrolled(self.text, "Warnings")
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.heading)
        head.addWidget(self.titles, 1)
        head.addWidget(self.fold)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, 6, MARGIN, 6)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self._scrolled)
        self._open()
        self.hide()

    @property
    def is_open(self) -> bool:
        """Tell whether the text can be read."""
        return not self._scrolled.isHidden()

    def show_warnings(self, warnings: Sequence[RunWarning]) -> None:
        """Show ``warnings``; the same ones stay open or folded away as the user has wished."""
        if tuple(warnings) == self._shown:
            return
        self._shown, self._wished = tuple(warnings), None
        self.heading.setText(f"{SIGN}  {spoken_warnings(len(warnings))}")
        self.text.setText(told(warnings))
        self.setVisible(bool(warnings))
        self._open()

    def give_room(self, has_room: bool) -> None:
        """Say whether there is room for the text; without it, it is folded away unless somebody wants it."""
        self._has_room = has_room
        self._open()

    def _turn(self) -> None:
        self._wished = not self.is_open
        self._open()

    def _open(self) -> None:
        self._scrolled.setVisible(self._has_room if self._wished is None else self._wished)
        self.fold.setText("Hide" if self.is_open else "Show")
        self.fold.setAccessibleName(f"{self.fold.text()} the warnings")
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Break lines elsewhere."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        height = self.text.heightForWidth(max(self.width() - 2 * MARGIN, 1))
        self._scrolled.setFixedHeight(max(0, min(height, TALLEST)))
        titles = "" if self.is_open else "; ".join(warning.title for warning in self._shown)
        room = self.titles.width()
        self.titles.setText(self.fontMetrics().elidedText(titles, Qt.TextElideMode.ElideRight, room))


def told(warnings: Sequence[RunWarning]) -> Html:
    """Write each warning with its figures and its remedy."""
    return paragraphs(*(joined((bold(f"{w.title}."), " ", w.message, " ", w.remedy)) for w in warnings))
