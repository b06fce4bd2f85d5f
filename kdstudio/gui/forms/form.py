"""A form for any declaration: its fields in order, nested ones indented, errors beside them."""

from __future__ import annotations

from collections.abc import Collection
from itertools import count, islice
from typing import TYPE_CHECKING, Any, get_origin

from pydantic.fields import FieldInfo
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QWidget

from kdstudio.declaration import TAGS, Declaration, alternatives, tag_of
from kdstudio.engine.sweep import can_be_swept
from kdstudio.gui.choosing.button import ChosenEditor
from kdstudio.gui.forms.draft import Draft, Path
from kdstudio.gui.forms.editors import ChoiceEditor, Editor, TapEditor, editor_for, hint_for
from kdstudio.gui.forms.path_editor import PathEditor
from kdstudio.problems import Problem
from kdstudio.runs.choices import choices_of

if TYPE_CHECKING:
    from kdstudio.gui.forms.options_draft import OptionsDraft

FEW = 5
"""So many declarations are offered in a box by their names; more in a list that says what they are."""
LABEL_WIDTH = 148
INDENT = 14
GAP, ROW_GAP = 10, 6
"""Pixels between label and editor, and between rows."""


class Form(QWidget):
    """Rows of label, editor, unit and error for the declaration at one path of the draft."""

    sweep_wanted = Signal(str)
    """Several values of the field at this path are to be tried."""

    def __init__(
        self,
        draft: Draft | OptionsDraft[Any],
        path: Path,
        declaration: type[Declaration],
        only: Collection[str] = (),
    ) -> None:
        """Build the rows, of all fields or ``only`` some; they write into ``draft``."""
        super().__init__()
        self._draft = draft
        self._editors: dict[Path, Editor] = {}
        self._errors: dict[Path, QLabel] = {}
        self._units: dict[Path, str] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(ROW_GAP)
        self._grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)
        for name, field in declaration.model_fields.items():
            if name in only or not only:
                self._add_field((*path, name), field, depth=0)
        draft.changed.connect(self._show_state)
        self._show_state()

    def editor(self, *path: str) -> Editor:
        """Return the editor of the field at ``path``."""
        return self._editors[path]

    def has(self, *path: str) -> bool:
        """Tell whether the form holds the field at ``path``."""
        return path in self._editors

    def focused(self) -> Path | None:
        """Path of the field that has the focus, if one of this form has."""
        return next((path for path, editor in self._editors.items() if editor.control.hasFocus()), None)

    def forget(self) -> None:
        """Follow the draft no longer; the form is about to go."""
        self._draft.changed.disconnect(self._show_state)

    def error(self, *path: str) -> str:
        """Return the error shown beside the field at ``path``."""
        return self._errors[path].text()

    def _add_fields(self, path: Path, declaration: type[Declaration], depth: int) -> None:
        for name, field in declaration.model_fields.items():
            if name not in TAGS and not hint_for(field, "hidden"):
                self._add_field((*path, name), field, depth)

    def _add_field(self, path: Path, field: FieldInfo, depth: int) -> None:
        if get_origin(field.annotation) is dict:
            self._add_entries(path, field, depth)
            return
        members = alternatives(field.annotation, field.metadata)
        value = self._draft.value(path)
        if len(members) > 1:
            chosen = self._add_choice(path, field, members, depth)
            self._add_fields(path, chosen, depth + 1)
        elif members:
            self._add_heading(field.title or path[-1], depth)
            self._add_fields(path, members[0], depth + 1)
        else:
            editor = self._editor_for(field, value)
            editor.edited.connect(lambda new: self._draft.set(path, new))
            self._offer_sweep(self._add_row(path, field, editor, depth), path)

    def _editor_for(self, field: FieldInfo, value: object) -> Editor:
        if wanted := hint_for(field, "path"):
            return PathEditor(value, wanted)
        role = hint_for(field, "taps_of")
        if not role:
            return editor_for(field, value)
        several = get_origin(field.annotation) is tuple
        return TapEditor(value, lambda: self._draft.taps(role), several=several)

    def _add_entries(self, path: Path, field: FieldInfo, depth: int) -> None:
        """Add named declarations, each with its fields, and a box that adds another."""
        by_name = {tag_of(member)[1]: member for member in alternatives(field.annotation, field.metadata)}
        title = field.title or path[-1]
        add = ChosenEditor(title, choices_of(by_name.values()), "")
        add.edited.connect(lambda name: self._add_entry(path, name, by_name[name]))
        self._add_row(path, field, add, depth)
        entries: dict[str, Any] = self._draft.value(path) or {}
        for key, entry in entries.items():
            here = (*path, key)
            chosen = by_name.get(entry.get("name"), next(iter(by_name.values())))
            remove = QToolButton(objectName="inline", text="Remove")
            remove.setAccessibleName(f"Remove {key}")
            remove.clicked.connect(lambda _checked, gone=here: self._draft.remove(gone))
            self._add_heading(key, depth + 1, remove, chosen.headline())
            self._add_fields(here, chosen, depth + 2)

    def _add_entry(self, path: Path, name: str, declaration: type[Declaration]) -> None:
        taken = self._draft.value(path) or {}
        numbered = (f"{name} {number}" for number in count(2))
        key = next(key for key in (name, *islice(numbered, len(taken) + 1)) if key not in taken)
        self._draft.choose((*path, key), default_values(declaration))

    def _add_choice(
        self, path: Path, field: FieldInfo, members: list[type[Declaration]], depth: int
    ) -> type[Declaration]:
        """Add the box that chooses among declarations; returns the one in force."""
        by_tag = {tag_of(member)[1]: member for member in members}
        tag = tag_of(members[0])[0]
        current = (self._draft.value(path) or {}).get(tag)
        editor = self._choice_editor(field.title or path[-1], members, current)
        editor.edited.connect(lambda new: self._draft.choose(path, default_values(by_tag[new])))
        self._offer_sweep(self._add_row(path, field, editor, depth), (*path, tag))
        return by_tag.get(current, members[0])

    def _choice_editor(self, title: str, members: list[type[Declaration]], current: str) -> Editor:
        """Make a box of a few names, or a button that opens the list of many."""
        choices = choices_of(members)
        if len(members) > FEW:
            return ChosenEditor(title, choices, current)
        editor = ChoiceEditor({choice.name: choice.name for choice in choices}, current)
        for index, member in enumerate(members):
            editor.control.setItemData(index, member.headline(), Qt.ItemDataRole.ToolTipRole)
        return editor

    def _add_heading(self, text: str, depth: int, button: QWidget | None = None, help: str = "") -> None:  # noqa: A002
        label = QLabel(text, objectName="subheading")
        label.setContentsMargins(depth * INDENT, 6, 0, 0)
        label.setToolTip(help)
        row = self._grid.rowCount()
        self._grid.addWidget(label, row, 0, 1, 2)
        if button:
            self._grid.addWidget(button, row, 1, Qt.AlignmentFlag.AlignRight)

    def _offer_sweep(self, label: QLabel, path: Path) -> None:
        """Let a right click on the name of a field sweep it, where that can be done."""
        dotted = ".".join(path)
        if can_be_swept(dotted):
            action = QAction("Try several values", label)
            action.triggered.connect(lambda: self.sweep_wanted.emit(dotted))
            label.addAction(action)
            label.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _add_row(self, path: Path, field: FieldInfo, editor: Editor, depth: int) -> QLabel:
        row = self._grid.rowCount()
        title = field.title or path[-1]
        label = QLabel(title)
        label.setContentsMargins(depth * INDENT, 0, 0, 0)
        label.setBuddy(editor)
        self._units[path] = hint_for(field, "unit")
        error = QLabel(objectName="error")
        error.setWordWrap(True)
        error.hide()
        for widget in (label, editor, editor.control):
            widget.setToolTip(help_text(field))
        editor.control.setAccessibleName(" ".join((*path[:-1], title)))
        editor.control.setAccessibleDescription(field.description or "")
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(editor, row, 1)
        self._grid.addWidget(error, row + 1, 1)
        self._editors[path], self._errors[path] = editor, error
        return label

    def _show_state(self) -> None:
        self._show_swept()
        self._show_errors()

    def _show_swept(self) -> None:
        """Say which fields are swept: what stands in their editors is not used."""
        swept = self._draft.value(("sweep",)) or {}
        for path, editor in self._editors.items():
            is_swept = ".".join(path) in swept
            editor.control.setEnabled(not is_swept)
            tagged = any(".".join((*path, tag)) in swept for tag in TAGS)
            editor.unit.setText("swept" if is_swept or tagged else self._units[path])
            editor.unit.setVisible(bool(editor.unit.text()))

    def _show_errors(self) -> None:
        by_path: dict[Path, list[Problem]] = {}
        for problem in self._draft.problems:
            where = tuple(map(str, problem.path))
            while where and where not in self._editors:
                where = where[:-1]
            by_path.setdefault(where, []).append(problem)
        for path, label in self._errors.items():
            text = "\n".join(problem.message for problem in by_path.get(path, []))
            label.setText(text)
            label.setVisible(bool(text))
            self._editors[path].mark_invalid(bool(text))


def default_values(declaration: type[Declaration]) -> dict[str, Any]:
    """Every option at its default; required ones empty, to be filled in."""
    values = {
        name: "" if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in declaration.model_fields.items()
    }
    dumped: dict[str, Any] = declaration.model_construct(**values).model_dump(mode="json")
    return dumped


def help_text(field: FieldInfo) -> str:
    """Field's help with its range."""
    bounds = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    limits = [
        f"{word} {getattr(limit, name):g}"
        for limit in field.metadata
        for name, word in bounds.items()
        if getattr(limit, name, None) is not None
    ]
    return " ".join(filter(None, (field.description, f"({', '.join(limits)})" if limits else "")))
