"""How far the run of a claim is: a line of words, and a bar."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from kdstudio.gui.layout import text_label

WHOLE = 1000
HEIGHT = 10
"""Of the bar, in pixels."""


class ProgressLine(QWidget):
    """Hidden while nothing is told."""

    def __init__(self) -> None:
        """Hidden."""
        super().__init__()
        self.words = text_label()
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bar = QProgressBar(minimum=0, maximum=WHOLE, textVisible=False)
        self.bar.setFixedHeight(HEIGHT)
        self.bar.setAccessibleName("Progress of the claim's run")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.words)
        column.addWidget(self.bar)
        self.hide()

    def show_progress(self, words: str, fraction: float | None) -> None:
        """Say ``words``, empty for nothing; a ``fraction`` of None stands for one that nobody knows."""
        self.words.setText(words)
        self.bar.setMaximum(0 if fraction is None else WHOLE)
        if fraction is not None:
            self.bar.setValue(round(WHOLE * fraction))
        self.setVisible(bool(words))
