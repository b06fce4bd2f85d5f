"""The one error dialog: reason, details, a button to copy them. And questions with two answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from kdstudio.gui.layout import text_label


class ErrorDialog(QDialog):
    """Tells what went wrong and what to do; the window lives on."""

    def __init__(self, message: str, details: str = "", parent: QWidget | None = None) -> None:
        """``message`` is for people, ``details`` for a report."""
        super().__init__(parent)
        self.setWindowTitle("KD Studio: something went wrong")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(560)
        self.message = message
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(text_label(message, "heading"))
        if details:
            view = QPlainTextEdit(details, readOnly=True)
            view.setMinimumHeight(180)
            view.setAccessibleName("Details")
            column.addWidget(view)
        buttons = QDialogButtonBox()
        buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        copy = QPushButton("Copy")
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(
            lambda: QGuiApplication.clipboard().setText("\n\n".join(filter(None, (message, details))))
        )
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)


def show_error(message: str, details: str = "", parent: QWidget | None = None) -> ErrorDialog:
    """Open the dialog without waiting for it."""
    dialog = ErrorDialog(message, details, parent)
    dialog.open()
    return dialog


def ask(
    parent: QWidget,
    title: str,
    question: str,
    more: str,
    answers: Mapping[str, Callable[[], object] | None],
    icon: QMessageBox.Icon = QMessageBox.Icon.Question,
) -> None:
    """Ask without waiting: each answer with what it does; the one that does nothing is usual, and Esc."""
    box = QMessageBox(icon, title, question, parent=parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(more)
    for answer, act in answers.items():
        role = QMessageBox.ButtonRole.AcceptRole if act else QMessageBox.ButtonRole.RejectRole
        button = box.addButton(answer, role)
        if act:
            button.clicked.connect(act)
        else:
            box.setDefaultButton(button)
            box.setEscapeButton(button)
    box.open()
