"""A table of results that sorts by what its cells say."""

from __future__ import annotations

from math import inf

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtWidgets import QHeaderView, QSizePolicy, QTableView

from kdstudio.gui.saving.tables import save_table
from kdstudio.runs.result_tables import ResultTable

SORTED_BY = Qt.ItemDataRole.UserRole
BROADEST = 260
"""Width of a column of long names."""
LEAST_HEIGHT = 110
EMPTY = ResultTable("", (), (), 0)
SIDES = {"l": Qt.AlignmentFlag.AlignLeft, "r": Qt.AlignmentFlag.AlignRight}
Index = QModelIndex | QPersistentModelIndex


class ResultModel(QAbstractTableModel):
    """The cells of one table."""

    def __init__(self) -> None:
        """No table."""
        super().__init__()
        self._table = EMPTY

    def show(self, table: ResultTable) -> None:
        """Show ``table`` instead."""
        self.beginResetModel()
        self._table = table
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        """How many rows it has."""
        return 0 if parent.isValid() else len(self._table.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        """How many columns it has."""
        return 0 if parent.isValid() else len(self._table.head)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Tell what a cell holds."""
        text = self._table.body[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(index.column())
        if role == SORTED_BY:
            return leading_number(text) if self._table.align[index.column()] == "r" else text
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Tell what stands above a column."""
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(section)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        heading = self._table.head[section]
        return in_two_lines(heading) if self._table.align[section] == "r" else heading

    def _side(self, column: int) -> Qt.AlignmentFlag:
        return SIDES[self._table.align[column]] | Qt.AlignmentFlag.AlignVCenter


def in_two_lines(heading: str) -> str:
    """Break a heading before its last word: numbers are narrow."""
    before, _, last = heading.rpartition(" ")
    return f"{before}\n{last}" if before else last


def leading_number(text: str) -> float:
    """Read the number that a cell begins with: ``1,204.8``, ``97.56%``, ``0.4 (0.5)``; else the smallest."""
    try:
        return float(text.split(" ")[0].replace(",", "").removesuffix("%"))
    except ValueError:
        return -inf


class ResultTableView(QTableView):
    """A table in its own order, until a click on a heading sorts it."""

    def __init__(self, name: str) -> None:
        """Empty; ``name`` tells those who cannot see what is shown here."""
        super().__init__(objectName="results")
        self._results = ResultModel()
        self._ordered = QSortFilterProxyModel(self)
        self._ordered.setSourceModel(self._results)
        self._ordered.setSortRole(SORTED_BY)
        self.setModel(self._ordered)
        self.setAccessibleName(name)
        self.saving = save_table(self, name)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # it scrolls
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setMaximumSectionSize(BROADEST)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self.setWordWrap(False)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)

    def show_table(self, table: ResultTable) -> None:
        """Show ``table``; it stays sorted as it was."""
        self._results.show(table)
