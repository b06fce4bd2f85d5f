"""One row of a form: label, editor, mark of a change, error below."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QLabel

from kdstudio.gui.forms.changes import same
from kdstudio.gui.forms.editor import Editor
from kdstudio.gui.forms.written import spoken

INDENT = 14


class Row:
    """The widgets of one field, and what they tell of it."""

    def __init__(
        self,
        title: str,
        editor: Editor,
        depth: int,
        *,
        unit: str,
        default: Any,  # noqa: ANN401
        held: Callable[[Any], Any],
    ) -> None:
        """``default`` is the declared value; what is ``held`` of two values tells whether they differ."""
        self.title, self.editor, self.unit, self.default = title, editor, unit, default
        self._held = held
        self.swept = False
        self.label = QLabel(title)
        self.label.setWordWrap(True)
        self.label.setContentsMargins(depth * INDENT, 0, 0, 0)
        self.label.setBuddy(editor)
        self.label.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.error = QLabel(objectName="error", wordWrap=True)
        self.error.hide()
        self.reset_action = QAction(self.label)
        self.reset_action.triggered.connect(editor.mark.click)

    def place(self, grid: QGridLayout) -> None:
        """Stand below everything that is in ``grid``."""
        row = grid.rowCount()
        grid.addWidget(self.label, row, 0)
        grid.addWidget(self.editor, row, 1)
        grid.addWidget(self.error, row + 1, 1)

    def explain(self, name: str, description: str, tip: str) -> None:
        """Say what the field is for, to the eye and to a screen reader, which calls it ``name``."""
        for widget in (self.label, self.editor, self.editor.control):
            widget.setToolTip(tip)
        self.editor.control.setAccessibleName(name)
        self.editor.control.setAccessibleDescription(description)

    def setVisible(self, shown: bool) -> None:  # noqa: N802
        """Show or hide the row."""
        self.label.setVisible(shown)
        self.editor.setVisible(shown)
        self.error.setVisible(shown and bool(self.error.text()))

    def show_swept(self, *, swept: bool, choice_swept: bool) -> None:
        """Say whether the field is swept: what stands in the editor is not used then."""
        self.swept = swept or choice_swept
        self.editor.control.setEnabled(not swept)
        self.editor.unit.setText("swept" if self.swept else self.unit)
        self.editor.unit.setVisible(bool(self.editor.unit.text()))

    def show_change(self, value: Any, before: Any) -> None:  # noqa: ANN401
        """Mark the field where its ``value`` is not that of the preset or file."""
        value, before = self._held(value), self._held(before)
        changed = not same(value, before)
        if changed:
            self.editor.mark.tell(self.title, spoken(before))
            self.reset_action.setText(f"Put back {spoken(before)}")
            self.label.addAction(self.reset_action)
        elif not self.editor.mark.isHidden():
            self.label.removeAction(self.reset_action)
            if self.editor.mark.hasFocus():
                self.editor.take_focus()
        self.editor.mark.setVisible(changed)

    def show_error(self, text: str) -> None:
        """Say what is wrong with the field; nothing for nothing."""
        self.error.setText(text)
        self.error.setVisible(bool(text))
        self.editor.mark_invalid(bool(text))

    def is_notable(self, value: Any) -> bool:  # noqa: ANN401
        """Tell whether the field has to be in sight: it is swept, wrong, or not at its default."""
        return self.swept or bool(self.error.text()) or not same(self._held(value), self._held(self.default))
