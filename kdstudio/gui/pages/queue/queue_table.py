"""The queue in a table: one entry a row, in the order of their turns; rows that wait can be dragged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QByteArray,
    QItemSelection,
    QItemSelectionModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QBrush, QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from kdstudio.gui.saving.tables import save_table
from kdstudio.gui.theme import Theme
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.queue.entry import Entry, EntryState, spoken_state
from kdstudio.runs.state import spoken_duration
from kdstudio.runs.summary import Summary

KEY = Qt.ItemDataRole.UserRole
MIME = "application/x-kdstudio-queue"
Index = QModelIndex | QPersistentModelIndex
Summaries = Mapping[RunFolder, Summary]


class Look(NamedTuple):
    """How a state is shown: a sign and a colour by its role, beside the word."""

    sign: str
    colour: str


LOOKS: dict[EntryState, Look] = {
    "waiting": Look("◌", "text"),
    "set aside": Look("○", "muted"),
    "running": Look("▶", "accent"),
    "interrupted": Look("■", "warning"),
    "done": Look("✔", "text"),
    "failed": Look("✖", "error"),
    "stopped": Look("■", "warning"),
    "cancelled": Look("○", "muted"),
}


class Row(NamedTuple):
    """An entry with its place in line, if it waits, and what its run has taken."""

    entry: Entry
    place: int
    seconds: float | None


def _state(row: Row) -> str:
    return f"{LOOKS[row.entry.state].sign}  {spoken_state(row.entry)}"


class Column(NamedTuple):
    """A column: what its cells say, and more of it as a tooltip."""

    title: str
    text: Callable[[Row], str]
    tip: Callable[[Row], str] = lambda _row: ""


COLUMNS = (
    Column("Place", lambda row: str(row.place) if row.place else ""),
    Column("Run", lambda row: row.entry.run or row.entry.name, lambda row: row.entry.key),
    Column("What", lambda row: row.entry.what, lambda row: row.entry.what),
    Column("State", _state, lambda row: row.entry.message),
    Column("Added", lambda row: f"{datetime.fromisoformat(row.entry.added):%d %b %H:%M}"),
    Column("Time", lambda row: "" if row.seconds is None else spoken_duration(row.seconds)),
)
WHAT, STATE = 2, 3


class QueueModel(QAbstractTableModel):
    """Entries, in order."""

    moved = Signal(object, str)
    """Keys that were dragged, and before which one they were let go; empty behind all."""

    def __init__(self, theme: Theme) -> None:
        """Nothing yet."""
        super().__init__()
        self._theme = theme
        self._rows: list[Row] = []

    def show(self, rows: list[Row]) -> None:
        """Show these; what was in sight and selected stays where only cells have changed."""
        same = [row.entry.key for row in rows] == [row.entry.key for row in self._rows]
        if not same:
            self.beginResetModel()
        self._rows = rows
        if not same:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        """How many entries there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        """How much is told of each."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Tell what a cell holds."""
        row, column = self._rows[index.row()], COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.text(row)
            case Qt.ItemDataRole.ToolTipRole:
                return column.tip(row)
            case Qt.ItemDataRole.ForegroundRole if index.column() == STATE:
                return QBrush(QColor(self._theme.colours[LOOKS[row.entry.state].colour]))
            case _ if role == KEY:
                return row.entry.key
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Tell what stands above a column."""
        match role:
            case Qt.ItemDataRole.DisplayRole if orientation is Qt.Orientation.Horizontal:
                return COLUMNS[section].title
            case Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """What waits can be dragged."""
        flags = super().flags(index)
        if not index.isValid():
            return flags | Qt.ItemFlag.ItemIsDropEnabled
        waits = self._rows[index.row()].entry.state == "waiting"
        return flags | Qt.ItemFlag.ItemIsDragEnabled if waits else flags

    def supportedDropActions(self) -> Qt.DropAction:  # noqa: N802
        """Rows are moved."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:  # noqa: N802
        """Rows of this table alone can be dropped here."""
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:  # noqa: N802
        """Take the keys of rows along."""
        keys = dict.fromkeys(index.data(KEY) for index in indexes)
        data = QMimeData()
        data.setData(MIME, QByteArray("\n".join(keys).encode()))
        return data

    def dropMimeData(  # noqa: N802
        self, data: QMimeData, _action: Qt.DropAction, row: int, _column: int, parent: Index
    ) -> bool:
        """Tell what was dropped where; the queue is put in order by whoever keeps it."""
        if not data.hasFormat(MIME):
            return False
        at = row if row >= 0 else parent.row() if parent.isValid() else len(self._rows)
        before = self._rows[at].entry.key if at < len(self._rows) else ""
        self.moved.emit(bytes(data.data(MIME).data()).decode().split("\n"), before)
        return False  # the view has nothing to take out


class QueueTable(QTableView):
    """The queue; several rows can be chosen."""

    chosen_changed = Signal()
    move_wanted = Signal(int)
    """So many places further back, by the keys."""

    def __init__(self, theme: Theme) -> None:
        """Empty."""
        super().__init__()
        self.entries = QueueModel(theme)
        self.setModel(self.entries)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDragDropOverwriteMode(False)
        self.setAccessibleName("Queue")
        self.saving = save_table(self, "Queue")
        self.setTabKeyNavigation(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(WHAT, QHeaderView.ResizeMode.Stretch)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)

    def show_rows(self, rows: list[Row]) -> None:
        """Show these; what was chosen stays so."""
        chosen = self.chosen()
        self.entries.show(rows)
        if chosen != self.chosen():
            self.choose(chosen)

    def chosen(self) -> list[str]:
        """Return the keys of the chosen rows, from the top."""
        rows = sorted(self.selectionModel().selectedRows(), key=QModelIndex.row)
        return [index.data(KEY) for index in rows]

    def choose(self, keys: Iterable[str]) -> None:
        """Select the rows of these keys."""
        wanted, selection = set(keys), QItemSelection()
        for row in range(self.entries.rowCount()):
            first = self.entries.index(row, 0)
            if first.data(KEY) in wanted:
                selection.select(first, self.entries.index(row, len(COLUMNS) - 1))
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:  # noqa: N802
        """Tell it."""
        super().selectionChanged(selected, deselected)
        self.chosen_changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Move rows by Alt and an arrow."""
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if by and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.move_wanted.emit(by)
        else:
            super().keyPressEvent(event)
