"""Showing a file or folder in the program that this machine has for it, and its path where there is none."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QWidget

from kdstudio.gui.dialogs import ask


def open_path(path: Path, parent: QWidget) -> None:
    """Show ``path``; where no program does, tell it."""
    if QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
        return
    copy = partial(QGuiApplication.clipboard().setText, str(path))
    question = "No program could be opened here to show it."
    ask(parent, "Open", question, f"It is in\n{path}", {"Copy path": copy, "Close": None})
