"""The editor of several values of one field: text between commas, with a menu where there are choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QMenu, QToolButton

from kdstudio.gui.forms.editor import Editor, Line
from kdstudio.gui.forms.written import names_in
from kdstudio.runs.presets import read_values, write_values


class TickMenu(QMenu):
    """A menu that stays open while entries are ticked with the mouse."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Tick, and stay."""
        action = self.actionAt(event.position().toPoint())
        if action is not None and action.isCheckable():
            action.trigger()
        else:
            super().mouseReleaseEvent(event)


class ValuesEditor(Editor):
    """Shows the values that a field is tried with."""

    def __init__(self, values: Sequence[Any], choices: dict[str, Any], *, lists: bool) -> None:
        """``choices`` are what can be chosen, by what people read; none where anything can be typed.

        Where each value is a list (``lists``), a number or a name alone is a list of one.
        """
        line = Line()
        super().__init__(line, stretch=True)
        self._choices, self._lists = choices, lists
        line.setText(self._shown(values))
        line.setPlaceholderText("[300, 300], [800]" if lists else "values between commas")
        line.textEdited.connect(lambda text: self.edited.emit(self._read(text)))
        self.button = QToolButton(objectName="menu", text="Choose", visible=bool(choices))
        if choices:
            menu = TickMenu(self)
            menu.aboutToShow.connect(lambda: self._fill(menu))
            self.button.setMenu(menu)
            self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            self.layout().insertWidget(1, self.button)

    def show_value(self, value: Any) -> None:  # noqa: ANN401
        """Show the values ``value``."""
        if self._read(self.control.text()) != list(value):
            self.show_text(self._shown(value))

    def _shown(self, values: Sequence[Any]) -> str:
        names = {value: name for name, value in self._choices.items()}
        if self._choices:
            return ", ".join(str(names.get(value, value)) for value in values)
        return write_values(values)

    def _read(self, text: str) -> list[Any]:
        if self._choices:
            return [self._choices.get(name, name) for name in names_in(text)]
        values = read_values(text)
        return [value if isinstance(value, list) else [value] for value in values] if self._lists else values

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        taken = names_in(self.control.text())
        for name in self._choices:
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(name in taken)
            action.toggled.connect(lambda ticked, name=name: self._tick(name, ticked=ticked))

    def _tick(self, name: str, *, ticked: bool) -> None:
        others = [other for other in names_in(self.control.text()) if other != name]
        self.control.setText(", ".join([*others, name] if ticked else others))
        self.edited.emit(self._read(self.control.text()))
