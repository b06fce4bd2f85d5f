"""Showing a run's folder in the file manager, and its path where there is none."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QWidget

from kdstudio.gui.dialogs import ask
from kdstudio.runs.folder import RunFolder


def open_folder(run: RunFolder, parent: QWidget) -> None:
    """Show the run's folder; where no program does, tell its path."""
    path = str(run.path)
    if QDesktopServices.openUrl(QUrl.fromLocalFile(path)):
        return
    copy = partial(QGuiApplication.clipboard().setText, path)
    question = "No file manager could be opened here."
    ask(parent, "Open folder", question, f"The run is in\n{path}", {"Copy path": copy, "Close": None})
