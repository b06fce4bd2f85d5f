"""One editor for each kind of value: text, number, list of numbers, choice, tick."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QMenu, QToolButton

from kdstudio.gui.forms.editor import Editor, Line
from kdstudio.gui.forms.written import (
    format_number,
    format_numbers,
    names_in,
    parse_number,
    parse_numbers,
    spoken_names,
    spoken_text,
)

NUMBER_WIDTH = 110
MOST_IN_SIGHT = 14
"""Of what a list offers; more scroll."""
POPUP_ROOM = 8
"""Pixels beside the names in it."""


class TextEditor(Editor):
    """Any text."""

    def __init__(self, value: object) -> None:
        """Show ``value``."""
        line = Line(spoken_text(value))
        super().__init__(line, stretch=True)
        line.textEdited.connect(self.edited.emit)

    def show_value(self, value: Any) -> None:  # noqa: ANN401
        """Show ``value``."""
        if self.control.text() != spoken_text(value):
            self.show_text(spoken_text(value))


class NumberLine(Line):
    """A number as text; the arrow keys step it, a double click selects it whole."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Select all of it, where Qt would take what stands on one side of the point."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Step up or down by one in the last digit shown."""
        step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        number = parse_number(self.text())
        if isinstance(number, int | float):
            digits = len(self.text().partition(".")[2]) if "e" not in self.text().lower() else 0
            self.setText(f"{number + step * 10**-digits:.{digits}f}")
            self.textEdited.emit(self.text())


class NumberEditor(Editor):
    """A whole or decimal number, as text, so that anything can be typed and hint_for apart."""

    def __init__(self, value: object, empty: str = "") -> None:
        """Show ``value``; where there is none, what that means: ``empty``."""
        line = NumberLine(format_number(value))
        line.setPlaceholderText(empty)
        line.setFixedWidth(NUMBER_WIDTH)
        line.setAlignment(Qt.AlignmentFlag.AlignRight)
        super().__init__(line, stretch=False)
        line.textEdited.connect(lambda text: self.edited.emit(parse_number(text)))

    def show_value(self, value: Any) -> None:  # noqa: ANN401
        """Show ``value``."""
        if parse_number(self.control.text()) != ("" if value is None else value):
            self.show_text(format_number(value))


class NumbersEditor(Editor):
    """Numbers between commas."""

    def __init__(self, value: object) -> None:
        """Show the list ``value``."""
        line = Line(format_numbers(value))
        line.setPlaceholderText("none")
        super().__init__(line, stretch=True)
        line.textEdited.connect(lambda text: self.edited.emit(parse_numbers(text)))

    def show_value(self, value: Any) -> None:  # noqa: ANN401
        """Show the list ``value``."""
        if parse_numbers(self.control.text()) != list(value or []):
            self.show_text(format_numbers(value))


class TapEditor(Editor):
    """One tap, or several between commas; a button offers those of the network."""

    def __init__(self, value: object, taps: Callable[[], list[str]], *, several: bool) -> None:
        """``taps`` tells what can be chosen; any other path of a layer can be typed."""
        self._several = several
        line = Line(spoken_names(value))
        line.setPlaceholderText("automatic")
        super().__init__(line, stretch=True)
        self._taps = taps
        menu = QMenu(self)
        menu.aboutToShow.connect(lambda: self._fill(menu))
        self.button = QToolButton(objectName="menu", text="Taps")
        self.button.setMenu(menu)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.layout().insertWidget(1, self.button)
        line.textEdited.connect(self._tell)

    def show_value(self, value: Any) -> None:  # noqa: ANN401
        """Show the tap, or the list of taps, ``value``."""
        if names_in(self.control.text()) != names_in(spoken_names(value)):
            self.show_text(spoken_names(value))

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        menu.addAction("automatic", lambda: self._put(""))
        for tap in self._taps():
            menu.addAction(tap, lambda chosen=tap: self._choose(chosen))

    def _choose(self, tap: str) -> None:
        before = names_in(self.control.text()) if self._several else []
        self._put(", ".join([*before, tap]))

    def _put(self, text: str) -> None:
        self.control.setText(text)
        self._tell(text)

    def _tell(self, text: str) -> None:
        self.edited.emit(names_in(text) if self._several else text.strip())


class TickEditor(Editor):
    """Yes or no."""

    def __init__(self, value: object) -> None:
        """Show ``value``."""
        box = QCheckBox()
        box.setChecked(bool(value))
        super().__init__(box, stretch=False)
        box.toggled.connect(self.edited.emit)

    def show_value(self, value: Any) -> None:  # noqa: ANN401
        """Show ``value``."""
        with QSignalBlocker(self.control):
            self.control.setChecked(bool(value))


class Choices(QComboBox):
    """A combo box that leaves the wheel to the page it is on, and offers whole names."""

    def __init__(self, name: str = "") -> None:
        """``name`` is for the style sheet; the focus comes by Tab or a click, never by the wheel."""
        super().__init__(objectName=name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def showPopup(self) -> None:  # noqa: N802
        """Make the list as wide as what it offers, and no higher than half the screen."""
        view = self.view()
        bar = view.verticalScrollBar().sizeHint().width() if self.count() > MOST_IN_SIGHT else 0
        self.setMaxVisibleItems(MOST_IN_SIGHT)
        view.setMinimumWidth(view.sizeHintForColumn(0) + bar + POPUP_ROOM)
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Let the page scroll."""
        event.ignore()


class ChoiceEditor(Editor):
    """One of several values."""

    def __init__(self, choices: dict[str, str], value: object) -> None:
        """``choices`` are values with what people read."""
        box = Choices()
        for choice, shown in choices.items():
            box.addItem(shown, choice)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        box.setMinimumWidth(NUMBER_WIDTH)
        super().__init__(box, stretch=False)
        self._choices = [*choices]
        self.show_value(value)
        box.currentIndexChanged.connect(lambda index: self.edited.emit(box.itemData(index)))

    def show_value(self, value: Any) -> None:  # noqa: ANN401
        """Show ``value`` if it is one of the choices."""
        if value in self._choices:  # of which Qt could not look for every value, such as 10⁴⁰
            with QSignalBlocker(self.control):
                self.control.setCurrentIndex(self._choices.index(value))


def editor_for(field: FieldInfo, value: object) -> Editor:
    """Make the editor that fits the field's type."""
    kind = field.annotation
    if get_origin(kind) is Literal:
        return ChoiceEditor({choice: str(choice) for choice in get_args(kind)}, value)
    if get_origin(kind) is tuple:
        return NumbersEditor(value)
    if kind is bool:
        return TickEditor(value)
    if kind in (int, float, int | None, float | None):
        return NumberEditor(value, hint_for(field, "empty"))
    return TextEditor(value)


def hint_for(field: FieldInfo, what: str) -> str:
    """What the field's declaration says about ``what``: its unit, whose taps; empty if nothing."""
    extra = field.json_schema_extra
    return str(extra.get(what, "")) if isinstance(extra, dict) else ""
