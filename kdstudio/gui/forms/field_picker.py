"""A dialog to choose a field of the experiment: search, where it is, its present value."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QHBoxLayout, QVBoxLayout, QWidget

from kdstudio.gui.forms.sweepable import ListedField
from kdstudio.gui.layout import tip
from kdstudio.gui.list_table import LEFT, ListTable
from kdstudio.gui.saving.button import SaveButton
from kdstudio.gui.saving.keys import SavingKeys
from kdstudio.gui.search_line import SearchLine

COLUMNS = ("Where", "Field", "Now")
FIELD = 1


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
        self.table = ListTable("Fields", dict.fromkeys(COLUMNS, LEFT), FIELD)
        self.table.setSelectionMode(ListTable.SelectionMode.SingleSelection)
        for field in fields:
            about = tip(f"{field.field.description or ''}\n{field.path}".strip())
            self.table.add_row((field.place, field.title, field.spoken_now), about)
        SavingKeys(self)
        buttons = QDialogButtonBox()
        self.choose_button = buttons.addButton("Choose", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.table.itemSelectionChanged.connect(
            lambda: self.choose_button.setEnabled(self.selected() is not None)
        )
        self.table.itemDoubleClicked.connect(lambda _item: self.accept())
        head = QHBoxLayout()
        head.addWidget(self.search, 1)
        head.addWidget(SaveButton("the table of fields", lambda: self.table.saving))
        column = QVBoxLayout(self)
        column.addLayout(head)
        column.addWidget(self.table)
        column.addWidget(buttons)
        self._filter()

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
        rows = self.table.chosen_rows()
        return self._fields[rows[0]] if rows else None

    def accept(self) -> None:
        """Take what is selected."""
        field = self.selected()
        if field is not None:
            self.chosen.emit(field)
            super().accept()
