"""A table of texts in a dialog: whole rows are chosen, nothing is edited, all of it can be saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from kdstudio.gui.saving.tables import save_table

LEFT, RIGHT = (
    side | Qt.AlignmentFlag.AlignVCenter for side in (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight)
)


class ListTable(QTableWidget):
    """One column takes what room the others leave."""

    def __init__(self, name: str, columns: Mapping[str, Qt.AlignmentFlag], broadest: int = 0) -> None:
        """No rows; ``columns`` are headings with the side that their cells stand at."""
        super().__init__(0, len(columns))
        self._sides = tuple(columns.values())
        self.setHorizontalHeaderLabels(list(columns))
        for column, side in enumerate(self._sides):
            self.horizontalHeaderItem(column).setTextAlignment(side)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(broadest, QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName(name)
        self.saving = save_table(self, name)

    def add_row(self, texts: Sequence[str], tip: str = "", *, usable: bool = True) -> None:
        """Put a row below the others; one that is not ``usable`` cannot be chosen."""
        row = self.rowCount()
        self.insertRow(row)
        for column, (text, side) in enumerate(zip(texts, self._sides, strict=True)):
            item = QTableWidgetItem(text)
            item.setTextAlignment(side)
            item.setToolTip(tip)
            if not usable:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.setItem(row, column, item)

    def chosen_rows(self) -> list[int]:
        """Numbers of the selected rows, from the top."""
        return sorted(index.row() for index in self.selectionModel().selectedRows())
