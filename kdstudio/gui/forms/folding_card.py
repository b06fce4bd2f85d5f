"""A card that can be folded to one line that says what is in it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from kdstudio.gui.forms.disclosure import Arrow
from kdstudio.gui.layout import Card, text_label, tip


class FoldingCard(Card):
    """Its heading is a button; beside it, how many fields are changed."""

    folded = Signal(bool)
    reset_wanted = Signal()
    """What is changed in the card is to be as in preset or file again."""

    def __init__(self, heading: str, *, folded: bool) -> None:
        """Empty; fill it with :meth:`add`, which puts everything below the heading."""
        super().__init__()
        self.fold_button = Arrow(heading, "fold")
        self.fold_button.setChecked(not folded)
        self.changes = QToolButton(objectName="changed", visible=False)
        self.changes.clicked.connect(self.reset_wanted)
        self.summary = text_label("", "muted")
        head = QHBoxLayout()
        head.addWidget(self.fold_button)
        head.addStretch(1)
        head.addWidget(self.changes)
        head.addLayout(self.head)
        self._body = QWidget()
        inside = QVBoxLayout(self._body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(self.column.spacing())
        for part in (self._body, self.summary):
            self.column.addWidget(part)
        self.column.insertLayout(0, head)
        self.column = inside
        self.fold_button.toggled.connect(self._fold)
        self._fold(self.fold_button.isChecked())

    def add_button(self, button: QPushButton) -> None:
        """Put ``button`` beside the heading."""
        self.head.addWidget(button)

    def unfold(self) -> None:
        """Show what is in it."""
        self.fold_button.setChecked(True)

    def show_changes(self, titles: Iterable[str]) -> None:
        """Say how many fields are changed, and which."""
        titles = list(titles)
        self.changes.setText(f"● {len(titles)} changed")
        self.changes.setToolTip(tip(f"{', '.join(titles)}; a click puts all of it back"))
        self.changes.setAccessibleName(f"{len(titles)} changed in {self.fold_button.text()}: put back")
        self.changes.setVisible(bool(titles))

    def _fold(self, is_open: bool) -> None:
        self._body.setVisible(is_open)
        self.summary.setVisible(not is_open)
        self.folded.emit(not is_open)
