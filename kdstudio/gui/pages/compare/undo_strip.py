"""A line that tells what has been deleted, for as long as it can be undone here."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from kdstudio.errors import KDStudioError
from kdstudio.gui.layout import MARGIN
from kdstudio.runs.trash import Thrown, empty_trash

UNDO_KEY = "Ctrl+Z"


class UndoStrip(QFrame):
    """Hidden until something is deleted; the latest is undone first."""

    undone = Signal(object)
    """Runs that are there again."""
    complained = Signal(str)

    def __init__(self) -> None:
        """Nothing is deleted yet."""
        super().__init__(objectName="card")
        self._thrown: list[Thrown] = []
        self.told = QLabel()
        self.undo = QAction("Undo", self, enabled=False)
        self.undo.triggered.connect(self._undo)
        self.undo_button = QPushButton("Undo", toolTip=f"Put them back where they were ({UNDO_KEY})")
        self.undo_button.clicked.connect(self.undo.trigger)
        self.empty_button = QPushButton("Delete for good", toolTip="Free the disk space now")
        self.empty_button.clicked.connect(self._empty)
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN, 6, MARGIN, 6)
        row.addWidget(self.told, 1)
        row.addWidget(self.undo_button)
        row.addWidget(self.empty_button)
        self.hide()

    def tell(self, thrown: Thrown) -> None:
        """Offer to undo it."""
        self._thrown.append(thrown)
        self._show()

    def _show(self) -> None:
        self.undo.setEnabled(bool(self._thrown))
        self.setVisible(bool(self._thrown))
        if self._thrown:
            runs = self._thrown[-1].runs
            what = f"'{runs[0].name}'" if len(runs) == 1 else f"{len(runs)} runs"
            self.told.setText(f"Deleted {what}. Kept for a day, then gone.")

    def _undo(self) -> None:
        thrown = self._thrown.pop()
        try:
            thrown.take_back()
        except KDStudioError as error:
            self.complained.emit(str(error))
        self._show()
        self.undone.emit(thrown.runs)

    def _empty(self) -> None:
        for runs in {thrown.runs[0].path.parent for thrown in self._thrown}:
            empty_trash(runs, older_than=0)
        self._thrown.clear()
        self._show()
