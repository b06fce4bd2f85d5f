"""The list of the claims: number, state, time, and what the slide says."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QListView

from kdstudio.gui.choosing.rows import ChoiceDelegate, ChoiceModel
from kdstudio.runs.choices import Choice


class CourseList(QListView):
    """One claim is chosen; it stays so when the rows change."""

    turned = Signal()
    """Another one is chosen."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__(objectName="choices")
        self._rows = ChoiceModel((), self)
        self.setModel(self._rows)
        self.setItemDelegate(ChoiceDelegate(self))
        self.setAccessibleName("Claims of the lecture")
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    @property
    def row(self) -> int:
        """Number of the one chosen, from 0."""
        return max(self.currentIndex().row(), 0)

    def texts(self) -> list[str]:
        """All that the rows say."""
        return [f"{row.title}  {row.name}\n{row.line}" for row in self._rows.choices]

    def show_rows(self, rows: Sequence[Choice]) -> None:
        """Show ``rows``; the one chosen stays in its place."""
        if self._rows.choices == list(rows):
            return
        row = self.row
        with QSignalBlocker(self):
            self._rows.show(rows)
            self.choose(row)

    def choose(self, row: int) -> None:
        """Choose the one at ``row``, or the nearest."""
        last = self._rows.rowCount() - 1
        self.setCurrentIndex(self._rows.index(min(max(row, 0), last)))

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:  # noqa: N802
        """Tell."""
        super().selectionChanged(selected, deselected)
        if selected.count():
            self.turned.emit()
