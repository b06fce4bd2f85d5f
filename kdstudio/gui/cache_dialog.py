"""A dialog that shows what is kept between runs to save time, and deletes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from kdstudio.errors import KDStudioError
from kdstudio.gui.layout import text_label
from kdstudio.gui.list_table import LEFT, RIGHT, ListTable
from kdstudio.gui.saving.button import SaveButton
from kdstudio.gui.saving.keys import SavingKeys
from kdstudio.runs.caches import GIB, MIB, Cached, answers_folder, answers_limit, cached, clear

EXPLANATION = (
    "What frozen networks have answered, and decoded images. Runs that need the same again look it up. "
    "Deleting it changes no result: it is computed again."
)
COLUMNS: dict[str, Callable[[Cached], str]] = {
    "What": lambda each: each.what,
    "Data": lambda each: each.about.get("data", ""),
    "Precision": lambda each: each.about.get("precision", ""),
    "MiB": lambda each: f"{each.size / MIB:,.1f}",
    "Last used": lambda each: f"{each.used:%d %b %Y %H:%M}",
}
SIDES = {title: RIGHT if title == "MiB" else LEFT for title in COLUMNS}


class CacheDialog(QDialog):
    """Everything that is kept, the latest used first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Look what there is."""
        super().__init__(parent)
        self.setWindowTitle("Kept between runs")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(820, 420)
        self._found: Sequence[Cached] = ()
        self.table = ListTable("Kept between runs", SIDES)
        SavingKeys(self)
        self.total = text_label("", "muted")
        self.delete_button, self.clear_button = QPushButton("Delete selected"), QPushButton("Delete all")
        self._lay_out()
        self.table.itemSelectionChanged.connect(self._show_choice)
        self.delete_button.clicked.connect(lambda: self._delete(self.chosen()))
        self.clear_button.clicked.connect(lambda: self._delete(self._found))
        self.refresh()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setSpacing(12)
        head = QHBoxLayout()
        head.addWidget(text_label(EXPLANATION), 1)
        head.addWidget(SaveButton("this table", lambda: self.table.saving))
        column.addLayout(head)
        column.addWidget(self.table, 1)
        column.addWidget(self.total)
        buttons = QDialogButtonBox()
        for button in (self.delete_button, self.clear_button):
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)

    def refresh(self) -> None:
        """Show what there is now."""
        self._found = cached()
        self.table.setRowCount(0)
        for each in self._found:
            self.table.add_row([text(each) for text in COLUMNS.values()], str(each.file))
        self._tell_total()
        self.clear_button.setEnabled(bool(self._found))
        self._show_choice()

    def _tell_total(self) -> None:
        size = sum(each.size for each in self._found if each.kind == "answers")
        try:
            limit = f"{answers_limit() / GIB:g} GiB"
        except KDStudioError as error:
            self.total.setText(str(error))
            return
        self.total.setText(
            f"Answers take {size / MIB:,.1f} MiB of at most {limit} (KDSTUDIO_CACHE_GIB) in "
            f"{answers_folder()}; those used longest ago go first."
        )

    def chosen(self) -> list[Cached]:
        """What is selected."""
        return [self._found[row] for row in self.table.chosen_rows()]

    def _show_choice(self) -> None:
        self.delete_button.setEnabled(bool(self.chosen()))

    def _delete(self, chosen: Sequence[Cached]) -> None:
        try:
            clear([each.name for each in chosen])
        except KDStudioError as error:
            self.refresh()
            self.total.setText(str(error))
        else:
            self.refresh()
