"""A form for any declaration: its fields in order, nested ones indented, errors beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial
from itertools import count, islice
from typing import TYPE_CHECKING, Any, get_origin

from pydantic.fields import FieldInfo
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QToolButton, QWidget

from kdstudio.declaration import TAGS, Declaration, alternatives, tag_of
from kdstudio.engine.sweep import can_be_swept
from kdstudio.gui.choosing.button import ChosenEditor
from kdstudio.gui.forms.changes import Path
from kdstudio.gui.forms.disclosure import Disclosure
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.editor import Editor
from kdstudio.gui.forms.editors import ChoiceEditor, TapEditor, editor_for, hint_for
from kdstudio.gui.forms.fields import FieldHelp, as_it_is, default_of, default_values, help_text, tip_text
from kdstudio.gui.forms.path_editor import PathEditor
from kdstudio.gui.forms.row import INDENT, Row, lay_out
from kdstudio.gui.forms.rows import Rows
from kdstudio.gui.html import bold, lines, paragraphs
from kdstudio.gui.layout import tip
from kdstudio.runs.choices import choices_of

if TYPE_CHECKING:
    from kdstudio.gui.forms.options_draft import OptionsDraft

FEW = 5
"""So many declarations are offered in a box by their names; more in a list that says what they are."""


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
        self._rows = Rows()
        self._disclosures: list[Disclosure] = []
        self._section: Disclosure | None = None
        self._grid = QGridLayout(self)
        lay_out(self._grid)
        self._add_fields(path, declaration, 0, only)
        draft.changed.connect(self._show_state)
        self._show_state()

    def editor(self, *path: str) -> Editor:
        """Return the editor of the field at ``path``."""
        return self._rows[path].editor

    def has(self, *path: str) -> bool:
        """Tell whether the form holds the field at ``path``."""
        return path in self._rows

    def focused(self) -> Path | None:
        """Path of the field that has the focus, if one of this form has."""
        return self._rows.focused()

    def reveal(self, path: Path) -> QWidget:
        """Bring the field at ``path`` in sight and give it the focus; returns its editor."""
        for disclosure in self._disclosures:
            if disclosure.holds(self._rows[path]):
                disclosure.setChecked(True)
        self._rows[path].editor.take_focus()
        return self._rows[path].editor

    def help_on(self, path: Path) -> FieldHelp:
        """Tell what the field at ``path`` is for, its default, and how the command line sets it."""
        row = self._rows[path]
        text = paragraphs(
            bold(row.title),
            row.help,
            lines(f"Default: {row.spoken(row.default)}", f"Preset or file: {row.spoken(self._before(path))}"),
            f"On the command line: --set {'.'.join(path)}=…",
        )
        return FieldHelp(text, row.term)

    def forget(self) -> None:
        """Follow the draft no longer; the form is about to go."""
        self._draft.changed.disconnect(self._show_state)

    def error(self, *path: str) -> str:
        """Return the error shown beside the field at ``path``."""
        return self._rows[path].error.text()

    def _add_fields(
        self, path: Path, declaration: type[Declaration], depth: int, only: Collection[str] = ()
    ) -> None:
        """Add rows for the fields of ``declaration``, the advanced ones last, behind a button."""
        shown = [
            (name, field)
            for name, field in declaration.model_fields.items()
            if name in only or not (only or name in TAGS or hint_for(field, "hidden"))
        ]
        advanced = [(name, field) for name, field in shown if hint_for(field, "advanced")]
        if only or self._section or not advanced:
            self._add_each(path, shown, depth)
            return
        self._add_each(path, [each for each in shown if each not in advanced], depth)
        self._section = Disclosure()
        self._disclosures.append(self._section)
        row = self._grid.rowCount()
        self._grid.addWidget(self._section, row, 0, 1, 3, Qt.AlignmentFlag.AlignLeft)
        self._section.setContentsMargins(depth * INDENT, 0, 0, 0)
        self._section.setToolTip(tip(", ".join(field.title or name for name, field in advanced)))
        self._add_each(path, advanced, depth)
        self._section = None

    def _add_each(self, path: Path, fields: Iterable[tuple[str, FieldInfo]], depth: int) -> None:
        for name, field in fields:
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
            is_line = isinstance(editor.control, QLineEdit)
            editor.edited.connect(partial(self._draft.set, path, typing=is_line))
            if isinstance(editor.control, QLineEdit):
                editor.control.editingFinished.connect(self._draft.settle)
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
        editor = ChosenEditor(title, choices_of(by_name.values()), "")
        editor.edited.connect(lambda name: self._add_entry(path, name, by_name[name]))
        self._add_row(path, field, editor, depth, lambda entries: list(entries or ()))
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
        label = self._add_row(path, field, editor, depth, lambda chosen: (chosen or {}).get(tag))
        self._offer_sweep(label, (*path, tag))
        return by_tag.get(current, members[0])

    def _choice_editor(self, title: str, members: list[type[Declaration]], current: str) -> Editor:
        """Make a box of a few names, or a button that opens the list of many."""
        choices = choices_of(members)
        if len(members) > FEW:
            return ChosenEditor(title, choices, current)
        editor = ChoiceEditor({choice.name: choice.name for choice in choices}, current)
        for index, member in enumerate(members):
            editor.control.setItemData(index, tip(member.headline()), Qt.ItemDataRole.ToolTipRole)
        return editor

    def _add_heading(self, text: str, depth: int, button: QWidget | None = None, help: str = "") -> None:  # noqa: A002
        label = QLabel(text, objectName="subheading")
        label.setContentsMargins(depth * INDENT, 6, 0, 0)
        label.setToolTip(tip(help))
        row = self._grid.rowCount()
        self._grid.addWidget(label, row, 0, 1, 3)
        if button:
            self._grid.addWidget(button, row, 2, Qt.AlignmentFlag.AlignRight)
        if self._section:
            self._section.add(label)
            if button:
                self._section.add(button)

    def _offer_sweep(self, label: QLabel, path: Path) -> None:
        """Let a right click on the name of a field sweep it, where that can be done."""
        dotted = ".".join(path)
        if can_be_swept(dotted):
            action = QAction("Try several values", label)
            action.triggered.connect(lambda: self.sweep_wanted.emit(dotted))
            label.addAction(action)

    def _add_row(
        self,
        path: Path,
        field: FieldInfo,
        editor: Editor,
        depth: int,
        held: Callable[[Any], Any] = as_it_is,
    ) -> QLabel:
        """Add a row; what is ``held`` of a value tells whether it is changed. Returns the label."""
        title = field.title or path[-1]
        row = Row(title, editor, depth, unit=hint_for(field, "unit"), default=default_of(field), held=held)
        row.explain(" ".join((*path[:-1], title)), field.description or "", tip_text(field))
        row.help, row.term = help_text(field), hint_for(field, "term")
        row.place(self._grid)
        row.mark.clicked.connect(lambda: self._put_back(path, plain=held is as_it_is))
        self._rows[path] = row
        if self._section:
            self._section.add(row, lambda: row.is_notable(self._draft.value(path)))
        return row.label

    def _before(self, path: Path) -> Any:  # noqa: ANN401
        return self._draft.before(path, self._rows[path].default)

    def _put_back(self, path: Path, *, plain: bool) -> None:
        """Put a field, or another declaration than the one chosen, back."""
        before = self._before(path)
        if plain:
            self._draft.set(path, before)
        else:
            self._draft.choose(path, before)

    def _show_state(self) -> None:
        self._rows.show(self._draft)
        for disclosure in self._disclosures:
            disclosure.look()

    def nearest(self, path: tuple[str | int, ...]) -> Path:
        """Path of the field that ``path`` leads to or lies within; empty if it is not of this form."""
        return self._rows.nearest(path)
