"""One row of a form: label, editor, mark of a change, error below."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton

from kdstudio.gui.forms.changes import same
from kdstudio.gui.forms.editor import Editor
from kdstudio.gui.forms.written import spoken
from kdstudio.gui.layout import tip as broken

INDENT = 14
GAP, ROW_GAP = 10, 6
"""Pixels between the columns, and between rows."""
MARK = QSize(20, 20)
LABEL_WIDTH = 148
"""With the mark."""


def lay_out(grid: QGridLayout) -> None:
    """Make ``grid`` ready for rows: labels, marks, editors."""
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(0)  # a column of hidden marks would lose its share
    grid.setVerticalSpacing(ROW_GAP)
    grid.setColumnMinimumWidth(0, LABEL_WIDTH - MARK.width())
    grid.setColumnMinimumWidth(1, MARK.width() + GAP)
    grid.setColumnStretch(2, 1)


class ChangeMark(QToolButton):
    """A dot beside a field that is not as in preset or file; a click puts it back."""

    def __init__(self) -> None:
        """Hidden until there is something to tell."""
        super().__init__(objectName="changed", text="●", visible=False)
        self.setFixedSize(MARK)

    def tell(self, title: str, before: str) -> None:
        """Say of the field called ``title`` what it was."""
        self.setToolTip(f"Changed from {before}; a click puts it back")
        self.setAccessibleName(f"{title} is changed from {before}: put it back")


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
        self._held, self._depth = held, depth
        self.help = self.term = ""
        """What the field is for, and the name of its term in the glossary."""
        self.swept = self._changed = False
        self.label = QLabel(title)
        self.label.setWordWrap(True)
        self.label.setContentsMargins(depth * INDENT, 0, GAP, 0)
        self.label.setMaximumWidth(max(LABEL_WIDTH - MARK.width(), self.label.minimumSizeHint().width()))
        self.label.setBuddy(editor)
        self.mark = ChangeMark()
        self.label.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.error = QLabel(objectName="error", wordWrap=True)
        self.error.hide()
        self.reset_action = QAction(self.label)
        self.reset_action.triggered.connect(self.mark.click)

    def place(self, grid: QGridLayout) -> None:
        """Stand below everything that is in ``grid``."""
        row = grid.rowCount()
        grid.addWidget(self.label, row, 0)
        grid.addWidget(self.mark, row, 1, Qt.AlignmentFlag.AlignLeft)
        if self.editor.wide:
            self.editor.setContentsMargins(self._depth * INDENT, 0, 0, 0)
            grid.addWidget(self.editor, row + 1, 0, 1, 3)
            grid.addWidget(self.error, row + 2, 0, 1, 3)
        else:
            grid.addWidget(self.editor, row, 2)
            grid.addWidget(self.error, row + 1, 2)

    def explain(self, name: str, description: str, tip: str) -> None:
        """Say what the field is for, to the eye and to a screen reader, which calls it ``name``."""
        for widget in (self.label, self.editor, self.editor.control):
            widget.setToolTip(broken(tip))
        self.editor.control.setAccessibleName(name)
        self.editor.control.setAccessibleDescription(description)

    def setVisible(self, shown: bool) -> None:  # noqa: N802
        """Show or hide the row."""
        self.label.setVisible(shown)
        self.editor.setVisible(shown)
        self.mark.setVisible(shown and self._changed)
        self.error.setVisible(shown and bool(self.error.text()))

    def show_swept(self, *, swept: bool, choice_swept: bool) -> None:
        """Say whether the field is swept: what stands in the editor is not used then."""
        self.swept = swept or choice_swept
        self.editor.control.setEnabled(not swept)
        self.editor.unit.setText("swept" if self.swept else self.unit)
        self.editor.unit.setVisible(bool(self.editor.unit.text()))

    def spoken(self, value: Any) -> str:  # noqa: ANN401
        """Say what is held of ``value`` in words."""
        return spoken(self._held(value))

    def show_change(self, value: Any, before: Any) -> None:  # noqa: ANN401
        """Mark the field where its ``value`` is not that of the preset or file."""
        value, before = self._held(value), self._held(before)
        was_changed, self._changed = self._changed, not same(value, before)
        if self._changed:
            self.mark.tell(self.title, spoken(before))
            self.reset_action.setText(f"Put back {spoken(before)}")
            self.label.addAction(self.reset_action)
        elif was_changed:
            self.label.removeAction(self.reset_action)
            if self.mark.hasFocus():
                self.editor.take_focus()
        self.mark.setVisible(self._changed and not self.label.isHidden())

    def show_error(self, text: str) -> None:
        """Say what is wrong with the field; nothing for nothing."""
        self.error.setText(text)
        self.error.setVisible(bool(text))
        self.editor.mark_invalid(bool(text))

    def is_notable(self, value: Any) -> bool:  # noqa: ANN401
        """Tell whether the field has to be in sight: it is swept, wrong, or not at its default."""
        return self.swept or bool(self.error.text()) or not same(self._held(value), self._held(self.default))
