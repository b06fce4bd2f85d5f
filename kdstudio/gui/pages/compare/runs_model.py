"""The rows of the table of runs: those of several seeds unfold to their runs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor

from kdstudio.gui.pages.compare.entries import COLUMNS, RUN_COLUMN, STATE_COLUMN, Column, Entry
from kdstudio.gui.theme import Theme

SORTED_BY = Qt.ItemDataRole.UserRole
ENTRY = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
Rows = Sequence[tuple[Entry, list[Entry]]]
TOP = 2**31
"""Internal identifier of a row that is in no other; others have the number of theirs."""


class RunsModel(QAbstractItemModel):
    """Entries, and within some of them others."""

    renamed = Signal(object, str)
    """A run, and what it shall be called."""

    def __init__(self, theme: Theme) -> None:
        """No runs; states are coloured by ``theme``."""
        super().__init__()
        self._theme = theme
        self._rows: Rows = []

    def show(self, rows: Rows) -> bool:
        """Show these; tells whether the views have kept their places, where only cells have changed."""
        if [_runs(row) for row in rows] == [_runs(row) for row in self._rows]:
            before, self._rows = self._rows, rows
            for place, (old, new) in enumerate(zip(before, rows, strict=True)):
                self._tell(QModelIndex(), place, old[0], new[0])
                for inside, entries in enumerate(zip(old[1], new[1], strict=True)):
                    self._tell(self.index(place, 0), inside, *entries)
            return True
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()
        return False

    def _tell(self, parent: QModelIndex, row: int, old: Entry, new: Entry) -> None:
        if old is not new:
            self.dataChanged.emit(self.index(row, 0, parent), self.index(row, len(COLUMNS) - 1, parent))

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """Return the place of a cell."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() if parent.isValid() else TOP)

    def parent(self, child: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008
        """Return the row that another is in."""
        if not child.isValid() or child.internalId() == TOP:
            return QModelIndex()
        return self.createIndex(child.internalId(), 0, TOP)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        """How many rows there are, or are within one."""
        if not parent.isValid():
            return len(self._rows)
        inside = parent.internalId() != TOP or parent.column()
        return 0 if inside else len(self._rows[parent.row()][1])

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        """How much is told of each."""
        return len(COLUMNS)

    def entry(self, index: Index) -> Entry:
        """Return what stands in a row."""
        if index.internalId() == TOP:
            return self._rows[index.row()][0]
        return self._rows[index.internalId()][1][index.row()]

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let runs be renamed where their name stands, but for those that came with the package."""
        usual = super().flags(index)
        if not index.isValid() or index.column() != RUN_COLUMN:
            return usual
        entry = self.entry(index)
        fixed = entry.is_gathered or entry.summary.recorded or entry.is_damaged
        return usual if fixed else usual | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Tell what a cell holds."""
        entry, column = self.entry(index), COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return entry.texts[index.column()]
            case Qt.ItemDataRole.EditRole:
                return entry.title
            case Qt.ItemDataRole.ToolTipRole:
                return column.tip(entry)
            case Qt.ItemDataRole.TextAlignmentRole:
                return side(column)
            case Qt.ItemDataRole.ForegroundRole if index.column() == STATE_COLUMN:
                return QColor(self._theme.colours[entry.colour])
            case Qt.ItemDataRole.ForegroundRole if entry.is_damaged:
                return QColor(self._theme.colours["muted"])
            case _ if role == SORTED_BY:
                return column.value(entry)
            case _ if role == ENTRY:
                return entry
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        """Ask for another name; it shows when it has been written."""
        entry, name = self.entry(index), " ".join(str(value).split())
        if role == Qt.ItemDataRole.EditRole and name != entry.title:
            self.renamed.emit(entry.group.run, name)
        return True

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Tell what stands above a column."""
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return side(COLUMNS[section])
        return COLUMNS[section].title if role == Qt.ItemDataRole.DisplayRole else None


def _runs(row: tuple[Entry, list[Entry]]) -> object:
    return row[0].runs


def side(column: Column) -> Qt.AlignmentFlag:
    """Numbers stand at the right."""
    across = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
    return across | Qt.AlignmentFlag.AlignVCenter
