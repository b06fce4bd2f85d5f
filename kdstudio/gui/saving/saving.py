"""Saving and copying what a widget shows: its menu, its dialog, its files."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, QPoint, QSettings, QStandardPaths, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from kdstudio.errors import KDStudioError
from kdstudio.gui.dialogs import show_error
from kdstudio.gui.saving.content import FORMATS, TEXTS, Content
from kdstudio.runs.files import write_file

SAVE_KEY, COPY_KEY = "Ctrl+Shift+S", "Ctrl+C"
FOLDER = "saving/folder"
"""Setting: where something was saved last."""
LONGEST_NAME = 60


class Further(NamedTuple):
    """An entry of a menu."""

    text: str
    act: Callable[[], None]
    is_possible: Callable[[], bool]


class Saving(QObject):
    """Belongs to a plot or a table; what that shows can be saved and copied."""

    def __init__(self, widget: QWidget, content: Callable[[], Content]) -> None:
        """``content`` reads what ``widget`` shows."""
        super().__init__(widget)
        self.widget = widget
        self.content = content
        self.further: list[Further] = []
        """What the menu of a right click offers besides."""

    def answer_right_clicks(self, *places: QWidget) -> None:
        """Open the menu on a right click on ``places``, or with the menu key."""
        for place in places:
            place.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            place.customContextMenuRequested.connect(partial(self._open_within, place))

    def _open_within(self, widget: QWidget, place: QPoint) -> None:
        self.open_menu(widget.mapToGlobal(place))

    def open_menu(self, place: QPoint) -> QMenu:
        """Show the menu at ``place`` of the screen."""
        menu = QMenu(self.widget)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill(menu)
        menu.addSeparator()
        for each in self.further:
            menu.addAction(each.text, each.act).setEnabled(each.is_possible())
        menu.popup(place)
        return menu

    def fill(self, menu: QMenu) -> None:
        """Offer everything in ``menu``."""
        content = self.content()
        menu.addAction(f"Copy\t{COPY_KEY}", self.copy)
        menu.addAction(f"Save as…\t{SAVE_KEY}", self.save)
        menu.addSeparator()
        for key in content.formats:
            menu.addAction(f"{FORMATS[key].title}…", lambda key=key: self.save(key))
        if not content.is_plot:
            menu.addSeparator()
            for key in content.texts:
                menu.addAction(f"Copy as {TEXTS[key].title}", lambda key=key: self.copy(key))

    def copy(self, key: str = "") -> None:
        """Put it into the clipboard, as text of the format ``key`` or as what other programs take."""
        clipboard, content = QGuiApplication.clipboard(), self.content()
        if key:
            clipboard.setText(content.text(key))
        else:
            clipboard.setMimeData(content.copied())

    def save(self, key: str = "") -> QFileDialog:
        """Ask for a file, of the format ``key`` at first, and write it; an existing one is asked about."""
        content = self.content()
        first = key or content.formats[0]
        names = {f"{FORMATS[each].title} (*.{FORMATS[each].suffix})": each for each in content.formats}
        dialog = save_dialog(self.widget, list(names), file_name(content.title), FORMATS[first].suffix)
        dialog.filterSelected.connect(lambda name: dialog.setDefaultSuffix(FORMATS[names[name]].suffix))
        dialog.selectNameFilter(next(name for name, each in names.items() if each == first))
        dialog.fileSelected.connect(lambda path: self.write(Path(path), names[dialog.selectedNameFilter()]))
        dialog.open()
        return dialog

    def write(self, path: Path, key: str) -> None:
        """Write what is shown to ``path``: in the format that its ending tells, else in that of ``key``."""
        content = self.content()
        told = [each for each in content.formats if path.suffix.lower() == f".{FORMATS[each].suffix}"]
        try:
            write_file(path, content.file(told[0] if told else key), replace=True)
        except KDStudioError as error:
            show_error(str(error), parent=self.widget.window())
        else:
            remember_folder(path)


def save_dialog(parent: QWidget, filters: Sequence[str], name: str, suffix: str) -> QFileDialog:
    """Make a dialog that asks where to save, at first in the folder of the last time."""
    dialog = _dialog(parent, "Save")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(filters)
    dialog.setDefaultSuffix(suffix)
    dialog.selectFile(name)
    return dialog


def folder_dialog(parent: QWidget, title: str) -> QFileDialog:
    """Make a dialog that asks for a folder, at first in that of the last time."""
    dialog = _dialog(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return dialog


def _dialog(parent: QWidget, title: str) -> QFileDialog:
    usual = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    dialog = QFileDialog(parent, title, str(QSettings().value(FOLDER, usual)))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return dialog


def remember_folder(path: Path) -> None:
    """Offer the folder of ``path`` the next time."""
    QSettings().setValue(FOLDER, str(path.parent))


def file_name(title: str) -> str:
    """Make a name for a file of what is shown: ``Accuracy per class`` gives ``accuracy-per-class``."""
    words = re.findall(r"\w+", title.lower())
    return "-".join(words)[:LONGEST_NAME].strip("-") or "kdstudio"


def saving_at(widget: QWidget | None) -> Saving | None:
    """Find what saves ``widget``, or what it is part of."""
    while widget is not None:
        found = widget.findChild(Saving, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if found is not None:
            return found
        widget = widget.parentWidget()
    return None
