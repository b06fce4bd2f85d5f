"""A line that tells what has been deleted, for as long as it can be undone here."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction

from kdstudio.errors import KDStudioError
from kdstudio.gui.strip import Remedy, Strip
from kdstudio.runs.trash import Thrown, empty_trash

UNDO_KEY = "Ctrl+Z"


class UndoStrip(Strip):
    """Hidden until something is deleted; the latest is undone first."""

    undone = Signal(object)
    """Runs that are there again."""
    complained = Signal(str)

    def __init__(self) -> None:
        """Nothing is deleted yet."""
        super().__init__(
            Remedy("Undo", f"Put them back where they were ({UNDO_KEY})", lambda: self.undo.trigger()),
            Remedy("Delete for good", "Free the disk space now", self._empty),
        )
        self._thrown: list[Thrown] = []
        self.undo = QAction("Undo", self, enabled=False)
        self.undo.triggered.connect(self._undo)

    def tell(self, thrown: Thrown) -> None:
        """Offer to undo it."""
        self._thrown.append(thrown)
        self._show()

    def _show(self) -> None:
        self.undo.setEnabled(bool(self._thrown))
        self.say(_deleted(self._thrown[-1]) if self._thrown else "")

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


def _deleted(thrown: Thrown) -> str:
    what = f"'{thrown.runs[0].name}'" if len(thrown.runs) == 1 else f"{len(thrown.runs)} runs"
    return f"Deleted {what}. Kept for a day, then gone."
