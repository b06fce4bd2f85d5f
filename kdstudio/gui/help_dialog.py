"""Help on the field that has the focus or on the page in sight, and the list of shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from kdstudio.gui.forms.fields import FieldHelp
from kdstudio.gui.glossary_view import GlossaryView
from kdstudio.gui.html import Html, bold, paragraphs
from kdstudio.gui.layout import text_label
from kdstudio.gui.list_table import LEFT, ListTable
from kdstudio.gui.saving.button import SaveButton
from kdstudio.gui.saving.keys import SavingKeys

if TYPE_CHECKING:
    from kdstudio.gui.window import MainWindow

GUIDE = "More is in docs/guide.md. F1 in a field tells what the field is for."
WIDTH, HEIGHT = 680, 560
OTHERS = {
    "Save the plot or table under the mouse": "Ctrl+Shift+S",
    "Copy the plot or table under the mouse": "Ctrl+C",
    "Export, on its page": "Ctrl+Return",
    "Search runs, on Compare": "Ctrl+F",
    "Next and previous control": "Tab, Shift+Tab",
    "Press the button with the focus": "Enter, Space",
    "Step a number": "Up, Down",
    "Next plot, and the one before, in a presentation": "Page Down, Page Up, Right, Left",
    "Temperature, in a presentation": "Up, Down, wheel",
    "End a presentation": "Esc, F5",
}
"""Keys that are in no menu."""


class HelpDialog(QDialog):
    """A few paragraphs, and the glossary; the window can be used beside it."""

    def __init__(self, text: Html, term: str = "", parent: QWidget | None = None) -> None:
        """Show ``text``, and what the glossary says about ``term``."""
        super().__init__(parent)
        self.setWindowTitle("Help")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.label = text_label(text)
        self.glossary = GlossaryView(term)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(self.label)
        column.addWidget(QLabel("Glossary", objectName="heading"))
        column.addWidget(self.glossary, 1)
        column.addWidget(close_button(self))
        self.resize(WIDTH, max(HEIGHT, column.totalHeightForWidth(WIDTH)))


class ShortcutsDialog(QDialog):
    """Every key, read off the menus."""

    def __init__(self, window: MainWindow) -> None:
        """Read the menus of ``window``."""
        super().__init__(window)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(480, 560)
        self.table = ListTable("Keyboard shortcuts", {"What": LEFT, "Keys": LEFT})
        for row in (shortcuts(window) | OTHERS).items():
            self.table.add_row(row)
        SavingKeys(self)
        buttons = close_button(self)
        save = SaveButton("the table of shortcuts", lambda: self.table.saving)
        buttons.addButton(save, QDialogButtonBox.ButtonRole.ActionRole)
        column = QVBoxLayout(self)
        column.addWidget(self.table)
        column.addWidget(buttons)


def close_button(dialog: QDialog) -> QDialogButtonBox:
    """Button that closes ``dialog``."""
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    return buttons


def shortcuts(window: MainWindow) -> dict[str, str]:
    """Keys by what they do, menu by menu."""
    found = {}
    for action in window.menuBar().findChildren(QAction):
        text, _, written = action.text().replace("&", "").partition("\t")
        spoken = [key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts()]
        if keys := written or ", ".join(spoken):
            found[text.rstrip("…")] = keys
    return found


def show_help(window: MainWindow) -> HelpDialog:
    """Open help on what has the focus, with what there is to say about the page in sight."""
    page = window.stack.currentWidget()
    about = paragraphs(bold(f"{window.current_page} page"), (type(page).__doc__ or "").strip(), GUIDE)
    field = _on_focus(window)
    dialog = HelpDialog(paragraphs(field.text, about), field.term, window)
    dialog.show()
    return dialog


def _on_focus(window: MainWindow) -> FieldHelp:
    field, focus = window.experiment_page.form.help_on_focus(), window.focusWidget()
    if field is not None or focus is None or not focus.toolTip():
        return field or FieldHelp(Html(), "")
    return FieldHelp(paragraphs(bold(focus.accessibleName()), focus.toolTip()), "")
