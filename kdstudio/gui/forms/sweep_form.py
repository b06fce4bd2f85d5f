"""The form of a sweep: a row for each swept field with the values that it is tried with."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from kdstudio.gui.forms.changes import Path
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.field_picker import FieldPicker
from kdstudio.gui.forms.fields import tip_text
from kdstudio.gui.forms.row import GAP, LABEL_WIDTH, ROW_GAP
from kdstudio.gui.forms.sweepable import ListedField, sweepable
from kdstudio.gui.forms.values_editor import ValuesEditor
from kdstudio.gui.layout import text_label, tip

PART = "sweep"
EMPTY = (
    "Train with each of several values of a field; of several fields, every combination. A right click on "
    "a field's name adds it, too."
)


class SweepForm(QWidget):
    """Rows are made anew when a field is added or removed, never while values are typed."""

    def __init__(self, draft: Draft) -> None:
        """Show and change the sweep of ``draft``."""
        super().__init__()
        self._draft = draft
        self._editors: dict[str, ValuesEditor] = {}
        self._errors: dict[str, QLabel] = {}
        self._rows = QWidget()
        self.word = text_label(name="muted")
        self._error = text_label(name="error")
        self.add_button = QPushButton("Add field…")
        self.add_button.clicked.connect(self.pick)
        foot = QHBoxLayout()
        foot.addWidget(self.word, 1)
        foot.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignTop)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self._rows)
        self._column.addWidget(self._error)
        self._column.addLayout(foot)
        self._make_rows()
        draft.changed.connect(self._follow)

    @property
    def _swept(self) -> dict[str, list[Any]]:
        return self._draft.value((PART,)) or {}

    def editor(self, *path: str) -> ValuesEditor:
        """Return the editor of the values at ``path`` of the draft: ``"sweep", "strategy.temperature"``."""
        return self._editors[path[-1]]

    def error(self, *path: str) -> str:
        """Return the error shown beside the values at ``path``; without one, that of the whole sweep."""
        return self._errors[path[-1]].text() if path else self._error.text()

    def has(self, *path: str) -> bool:
        """Tell whether the values at ``path``, of the draft, are edited here."""
        return len(path) == 2 and path[0] == PART and path[1] in self._editors

    def focused(self) -> Path | None:
        """Path of the values that have the focus, if they are edited here."""
        paths = ((PART, path) for path, editor in self._editors.items() if editor.control.hasFocus())
        return next(paths, None)

    def nearest(self, path: tuple[str | int, ...]) -> Path:
        """Path of the values that ``path`` is about: those with an error, where it names none."""
        wrong = [name for name, label in self._errors.items() if label.text()]
        named = [str(part) for part in path[1:2] if str(part) in self._editors]
        found = next(iter((*named, *wrong, *self._editors)), "")
        return (PART, found) if path[:1] == (PART,) and found else ()

    def reveal(self, path: Path) -> QWidget:
        """Give the values at ``path`` the focus; returns their editor."""
        self._editors[path[-1]].take_focus()
        return self._editors[path[-1]]

    def forget(self) -> None:
        """Follow the draft no longer; the form is about to go, and its list with it."""
        self._draft.changed.disconnect(self._follow)
        for picker in self.findChildren(FieldPicker):
            picker.reject()

    def pick(self) -> None:
        """Open the list of fields that can be swept."""
        offered = [field for field in sweepable(self._draft.raw) if field.path not in self._swept]
        self.picker = FieldPicker("Choose a field to sweep", offered, self)
        self.picker.chosen.connect(lambda field: self.add(field.path))
        self.picker.open()

    def add(self, path: str) -> None:
        """Sweep the field at ``path``; its values, at first the present one, are ready to be typed over."""
        if path not in self._swept:
            field = next(field for field in sweepable(self._draft.raw) if field.path == path)
            self._draft.set((PART, path), field.first_values())
        editor = self._editors[path]
        editor.take_focus()
        editor.control.selectAll()

    def _remove(self, path: str) -> None:
        self._draft.set((PART,), {key: values for key, values in self._swept.items() if key != path})
        self.add_button.setFocus()

    def _follow(self) -> None:
        if list(self._swept) != list(self._editors):
            self._make_rows()
        else:
            self._show_state()

    def _make_rows(self) -> None:
        self._editors, self._errors = {}, {}
        rows = QWidget()
        grid = QGridLayout(rows)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(ROW_GAP)
        grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        grid.setColumnStretch(1, 1)
        known = {field.path: field for field in sweepable(self._draft.raw)}
        for path, values in self._swept.items():
            self._add_row(grid, path, values, known.get(path))
        self._column.replaceWidget(self._rows, rows)
        self._rows.hide()
        self._rows.deleteLater()
        self._rows = rows
        self._show_state()

    def _add_row(self, grid: QGridLayout, path: str, values: list[Any], field: ListedField | None) -> None:
        title, place = (field.title, field.place) if field else (path, "not in this experiment")
        editor = ValuesEditor(values, field.choices if field else {}, lists=bool(field and field.is_list))
        editor.edited.connect(partial(self._draft.set, (PART, path), typing=True))
        editor.control.editingFinished.connect(self._draft.settle)
        label, where, error = (
            QLabel(title, wordWrap=True),
            text_label(place, "muted"),
            text_label(name="error"),
        )
        label.setBuddy(editor)
        help_ = f"{tip_text(field.field)}\n{path}" if field else path
        for widget in (label, where, editor, editor.control):
            widget.setToolTip(tip(help_))
        editor.control.setAccessibleName(f"Values of {place} {title}")
        editor.control.setAccessibleDescription(help_)
        editor.unit.hide()
        remove = QToolButton(objectName="inline", text="✕", toolTip="Do not sweep this field")
        remove.setAccessibleName(f"Do not sweep {title}")
        remove.clicked.connect(lambda: self._remove(path))
        where.setContentsMargins(0, 0, 0, ROW_GAP)
        row = grid.rowCount()
        grid.addWidget(label, row, 0)
        grid.addWidget(editor, row, 1)
        grid.addWidget(remove, row, 2)
        grid.addWidget(where, row + 1, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(error, row + 1, 1, 1, 2, Qt.AlignmentFlag.AlignTop)
        self._editors[path], self._errors[path] = editor, error

    def _show_state(self) -> None:
        """Show what is wrong, each beside the field that it names, and how many settings there are."""
        messages = [problem.message for problem in self._draft.problems if problem.path[:1] == (PART,)]
        for path, values in self._swept.items():
            self._editors[path].show_value(values)
        for path, label in self._errors.items():
            own = [message for message in messages if names(message, path)]
            messages = [message for message in messages if message not in own]
            label.setText("\n".join(message.removeprefix(f"{path}: ") for message in own))
            label.setVisible(bool(own))
            self._editors[path].mark_invalid(bool(own))
        self._error.setText("\n".join(messages))
        self._error.setVisible(bool(messages))
        counts = [len(values) for values in self._swept.values()]
        product = f"{' × '.join(map(str, counts))} = " if len(counts) > 1 else ""
        settings = math.prod(counts)
        self.word.setText(f"{product}{settings} setting{'s' * (settings != 1)}" if counts else EMPTY)


def names(message: str, path: str) -> bool:
    """Tell whether ``message`` is about the field at ``path``."""
    return message.startswith(f"{path}: ") or f"'{path}'" in message
