"""The command line that does the same as a page, to be read and copied."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QPushButton


class CommandText(QPlainTextEdit):
    """Shows a command, as many lines as it takes, with a button that copies it."""

    def __init__(self, height: int) -> None:
        """``height`` in pixels."""
        super().__init__(readOnly=True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setFixedHeight(height)
        self.setTabChangesFocus(True)
        self.setAccessibleName("Command line")
        self.copy_button = QPushButton("Copy")
        self.copy_button.clicked.connect(self._copy_all)

    def show_command(self, command: str) -> None:
        """Show ``command``; the same one stays where it is scrolled to."""
        if command != self.toPlainText():
            self.setPlainText(command)

    def _copy_all(self) -> None:
        QGuiApplication.clipboard().setText(self.toPlainText())
