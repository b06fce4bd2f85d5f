"""Who clicks, types and drops at random in the real window, and remembers what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, Qt, QThread, QTimer, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QMenu,
    QWidget,
)
from shiboken6 import isValid

from kdstudio.gui.pages import PAGES
from kdstudio.gui.theme import SCHEMES
from kdstudio.gui.window import MainWindow
from monkeys.vandal import Vandal

Key, Button, Modifier = Qt.Key, Qt.MouseButton, Qt.KeyboardModifier
KEYS = (
    *(Key.Key_Tab, Key.Key_Backtab, Key.Key_Up, Key.Key_Down, Key.Key_Left, Key.Key_Right, Key.Key_Home),
    *(Key.Key_End, Key.Key_PageUp, Key.Key_PageDown, Key.Key_Return, Key.Key_Escape, Key.Key_Space),
    *(Key.Key_Delete, Key.Key_Backspace, Key.Key_F1, Key.Key_F2, Key.Key_F5, Key.Key_F11, Key.Key_Menu),
    *(Key.Key_1, Key.Key_7, Key.Key_A, Key.Key_Z, Key.Key_Minus, Key.Key_Plus, Key.Key_Period, Key.Key_Comma),
)
"""Not Q: Ctrl+Q would end the game before all has been played."""
MODIFIERS = (*[Modifier.NoModifier] * 4, Modifier.ControlModifier, Modifier.ShiftModifier)
TEXTS = (
    "",
    "0",
    "1",
    "-1",
    "2",
    "0.5",
    "1e999",
    "nan",
    "3,4",
    "1 2 3",
    "ä€😀",
    "x" * 300,
    "9" * 40,
    "digits",
)
PAUSES = (0, 0, 0, 10, 30)
"""Milliseconds between two actions."""


class Monkey(QObject):
    """Acts until it has had enough; each act is a turn of the event loop, also of one that a dialog has."""

    def __init__(self, window: MainWindow, chance: Random, files: Sequence[Path], log: Path) -> None:
        """``files`` are opened and dropped; what is done is written to ``log`` before it is done."""
        super().__init__(window)
        self._window, self._chance, self._files = window, chance, files
        self._vandal = Vandal(window.runs, chance)
        self._log = log.open("w", encoding="utf-8", buffering=1)
        self.doing = ""
        self.done = 0
        self._acts: dict[Callable[[], object], int] = {
            self._click: 30,
            self._press_mouse: 12,
            self._press_key: 20,
            self._type: 10,
            self._trigger: 6,
            self._turn: 8,
            self._look: 3,
            self._pick: 8,
            self._slide: 4,
            self._scroll: 4,
            self._drop: 2,
            self._load: 5,
            self._run: 6,
            self._damage: 6,
            self._answer: 8,
        }

    def play(self, actions: int, then: Callable[[], object]) -> None:
        """Do so many, and call ``then``."""
        if self.done >= actions:
            if QThread.currentThread().loopLevel() > 1:  # what waits in a dialog or menu goes on first
                QTimer.singleShot(0, lambda: self.play(actions, then))
                self._answer()
            else:
                then()
            return
        QTimer.singleShot(self._chance.choice(PAUSES), lambda: self.play(actions, then))
        self.done += 1
        self._chance.choices([*self._acts], [*self._acts.values()])[0]()

    def _say(self, what: str, of: QWidget | None = None) -> None:
        """Note what is done, before anything comes of it."""
        name = ""
        if of is not None and isValid(of):
            text = getattr(of, "text", "")
            called = of.accessibleName() or str(text() if callable(text) else "")[:40]
            name = f" {type(of).__name__} {called!r} in {type(of.window()).__name__}"
        self.doing = f"{what}{name}"
        self._log.write(f"{self.done}  {self.doing}\n")

    @property
    def _top(self) -> QWidget:
        """What takes clicks and keys: a pop-up, a dialog, or the window; never one that handles files."""
        found = QApplication.activePopupWidget() or QApplication.activeModalWidget() or self._window
        return self._window if isinstance(found, QFileDialog) else found

    def _one(self, kind: type[Any]) -> Any:
        """Return one widget of a kind that could be clicked now; None where there is none."""
        known = filter(isValid, self._top.findChildren(kind))  # PySide may know one by another, long deleted
        found = [each for each in known if each.isVisible() and each.isEnabled()]
        return self._chance.choice(found) if found else None

    def _click(self) -> None:
        if button := self._one(QAbstractButton):
            self._say("click", button)
            click(button)

    def _press_mouse(self) -> None:
        top = self._top
        place = QPoint(
            self._chance.randrange(max(top.width(), 1)), self._chance.randrange(max(top.height(), 1))
        )
        target = top.childAt(place) or top
        here = target.mapFrom(top, place)
        press, button = self._chance.choice(
            ((click, Button.LeftButton), (double_click, Button.LeftButton))
            if isinstance(target.parent(), QAbstractItemView)
            else ((click, Button.LeftButton), (click, Button.RightButton))
        )
        self._say(f"{press.__name__} {button.name} at {here.x()}, {here.y()}", target)
        press(target, button, here)

    def _press_key(self) -> None:
        key, modifier = self._chance.choice(KEYS), self._chance.choice(MODIFIERS)
        focus = self._top.focusWidget()
        target = focus if focus and isValid(focus) else self._top
        self._say(f"press {modifier.name} {key.name}", target)
        QTest.keyClick(target, key, modifier)

    def _type(self) -> None:
        if line := self._one(QLineEdit):
            text = self._chance.choice((*TEXTS, str(self._chance.choice(self._files))))
            self._say(f"type {text[:40]!r}", line)
            line.setFocus()
            line.selectAll()
            line.insert(text)
            line.textEdited.emit(text)
            QTest.keyClick(line, self._chance.choice((Key.Key_Return, Key.Key_Tab)))

    def _trigger(self) -> None:
        menu = self._chance.choice(self._window.menuBar().findChildren(QMenu))
        menu.aboutToShow.emit()
        actions = [each for each in menu.actions() if each.isEnabled() and not each.menu()]
        actions = [each for each in actions if each.menuRole() != QAction.MenuRole.QuitRole]
        if actions and self._top is self._window:
            action = self._chance.choice(actions)
            self._say(f"choose {action.text()!r} in {menu.title()!r}")
            action.trigger()

    def _turn(self) -> None:
        page = self._chance.choice([*PAGES])
        self._say(f"turn to {page}")
        self._window.show_page(page)

    def _look(self) -> None:
        theme, window = self._window.theme, self._window
        width, height = self._chance.randrange(600, 1900), self._chance.randrange(400, 1200)
        what, change = self._chance.choice(
            (
                ("theme", lambda: theme.choose(self._chance.choice([*SCHEMES]))),
                ("larger", lambda: theme.resize(1)),
                ("smaller", lambda: theme.resize(-1)),
                ("usual size", lambda: theme.resize(0)),
                (f"resize to {width}, {height}", lambda: window.resize(width, height)),
                ("full screen", window.toggle_full_screen),
            )
        )
        self._say(f"look: {what}")
        change()

    def _pick(self) -> None:
        """Choose in a list, whichever way it looks."""
        if (box := self._one(QComboBox)) and box.count():
            place = self._chance.randrange(box.count())
            self._say(f"choose {box.itemText(place)!r}", box)
            box.setCurrentIndex(place)
            box.activated.emit(place)

    def _slide(self) -> None:
        if slider := self._one(QAbstractSlider):
            self._say("slide", slider)
            slider.setValue(self._chance.randint(slider.minimum(), slider.maximum()))

    def _scroll(self) -> None:
        if area := self._one(QWidget):
            by = QPoint(0, self._chance.choice((-120, 120)))
            where = QPointF(area.rect().center())
            self._say("scroll", area)
            how = (Button.NoButton, Modifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)
            QApplication.sendEvent(area, QWheelEvent(where, where, QPoint(), by, *how))

    def _drop(self) -> None:
        runs = [path for path in self._window.runs.iterdir() if path.is_dir()]
        path, target = self._chance.choice([*self._files, *runs]), self._window.stack.currentWidget()
        self._say(f"drop {path}", target)
        data, hold = QMimeData(), (Button.LeftButton, Modifier.NoModifier)
        data.setUrls([QUrl.fromLocalFile(str(path))])
        entering = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, *hold)
        QApplication.sendEvent(target, entering)
        if entering.isAccepted():
            QApplication.sendEvent(target, QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, *hold))

    def _load(self) -> None:
        file = self._chance.choice([file for file in self._files if file.suffix == ".toml"])
        self._say(f"open {file.name}")
        self._window.open_preset(str(file))

    def _run(self) -> None:
        bar = self._window.run_bar
        buttons = (bar.run_button, bar.run_button, bar.stop_button, bar.pause_button)
        button = self._chance.choice([each for each in buttons if each.isEnabled()] or [bar.run_button])
        if self._top is self._window:
            self._say("click", button)
            click(button)

    def _damage(self) -> None:
        self._say(self._vandal.act())

    def _answer(self) -> None:
        """End what stands in the way, with a word that lets it go on, or without."""
        if popup := QApplication.activePopupWidget():
            self._say("close", popup)
            popup.close()
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QFileDialog):
            name = self._chance.choice(("kept.png", "kept.csv", "kept.html", "no folder/kept.svg", ""))
            self._say(f"save as {name!r}", dialog)
            dialog.setDirectory(str(self._files[0].parent))
            dialog.selectFile(name)
            self._chance.choice((dialog.accept, dialog.reject))()
        elif isinstance(dialog, QDialog) and (button := self._one(QAbstractButton)):
            self._say("answer", button)
            click(button)


def click(target: QWidget, button: Button = Button.LeftButton, here: QPoint | None = None) -> None:
    """Press and release; a press that opens a menu may last until ``target`` has gone."""
    place = target.rect().center() if here is None else here
    QTest.mousePress(target, button, Modifier.NoModifier, place)
    if isValid(target):
        QTest.mouseRelease(target, button, Modifier.NoModifier, place)


def double_click(target: QWidget, button: Button, here: QPoint) -> None:
    """Click, and press and release once more."""
    click(target, button, here)
    if isValid(target):
        QTest.mouseDClick(target, button, Modifier.NoModifier, here)
