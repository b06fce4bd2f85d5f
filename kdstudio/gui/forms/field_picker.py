"""A dialog to choose a field of the experiment: search, where it is, its present value."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from kdstudio.gui.forms.sweepable import ListedField
from kdstudio.gui.layout import tip
from kdstudio.gui.search_line import SearchLine

COLUMNS = ("Where", "Field", "Now")


class FieldPicker(QDialog):
    """Fields found by words; Enter or a double click chooses."""

    chosen = Signal(object)

    def __init__(self, title: str, fields: Sequence[ListedField], parent: QWidget | None = None) -> None:
        """Offer ``fields``."""
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 480)
        self._fields = fields
        self.search = SearchLine("Search", "Search: temperature, student widths, learning rate …")
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.table = self._make_table()
        buttons = QDialogButtonBox()
        self.choose_button = buttons.addButton("Choose", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for part in (self.search, self.table, buttons):
            column.addWidget(part)
        self._filter()

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(len(self._fields), len(COLUMNS))
        table.setHorizontalHeaderLabels(COLUMNS)
        table.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setAccessibleName("Fields")
        for row, field in enumerate(self._fields):
            for place, text in enumerate((field.place, field.title, field.spoken_now)):
                item = QTableWidgetItem(text)
                item.setToolTip(tip(f"{field.field.description or ''}\n{field.path}".strip()))
                table.setItem(row, place, item)
        table.resizeColumnsToContents()
        table.itemSelectionChanged.connect(lambda: self.choose_button.setEnabled(self.selected() is not None))
        table.itemDoubleClicked.connect(lambda _item: self.accept())
        return table

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Let the arrow keys move in the list while the search has the focus."""
        moves = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in moves:
            QApplication.sendEvent(self.table, event)
            return True
        return super().eventFilter(watched, event)

    def _filter(self) -> None:
        """Show the fields that match; the first that is called so is selected, or else the first."""
        words = self.search.text()
        found = [row for row, field in enumerate(self._fields) if field.matches(words)]
        for row in range(len(self._fields)):
            self.table.setRowHidden(row, row not in found)
        called = [row for row in found if self._fields[row].is_called(words)]
        if found:
            self.table.selectRow((called or found)[0])
        else:
            self.table.clearSelection()

    def selected(self) -> ListedField | None:
        """Return the field that is selected."""
        rows = [index.row() for index in self.table.selectionModel().selectedRows()]
        return self._fields[rows[0]] if rows else None

    def accept(self) -> None:
        """Take what is selected."""
        field = self.selected()
        if field is not None:
            self.chosen.emit(field)
            super().accept()
