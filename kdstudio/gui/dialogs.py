"""The one error dialog: reason, remedy, a way to the field, details. And questions with two answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from kdstudio.gui.layout import text_label

SIGN = "✖"
WIDTH, DETAILS_HEIGHT = 560, 220


class ErrorDialog(QDialog):
    """Tells what went wrong and what to do; the window lives on."""

    def __init__(
        self,
        message: str,
        details: str = "",
        parent: QWidget | None = None,
        mend: Callable[[], object] | None = None,
    ) -> None:
        """``message`` is for people, ``details`` for a report; ``mend`` leads to what is to be changed."""
        super().__init__(parent)
        self.setWindowTitle("Something went wrong")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(WIDTH)
        self.message = message
        reason, remedy = reason_and_remedy(message)
        self.reason, self.remedy = text_label(reason, "heading"), text_label(remedy)
        self.remedy.setVisible(bool(remedy))
        self.details = QPlainTextEdit(details, readOnly=True)
        self.details.setMinimumHeight(DETAILS_HEIGHT)
        self.details.setAccessibleName("Details")
        self.details.hide()
        self._lay_out()
        self._add_buttons(f"{message}\n\n{details}".strip(), mend)

    def _lay_out(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(8)
        texts.addWidget(self.reason)
        texts.addWidget(self.remedy)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(QLabel(SIGN, objectName="failure"), 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(texts, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(20, 20, 20, 16)
        self._column.setSpacing(16)
        self._column.addLayout(head)
        self._column.addWidget(self.details, 1)

    def _add_buttons(self, whole: str, mend: Callable[[], object] | None) -> None:
        buttons = QDialogButtonBox()
        self.close_button = QPushButton("Close", default=True)
        self.copy_button = QPushButton("Copy")
        self.copy_button.setToolTip("Copy the message and its details")
        self.details_button = QPushButton("Details", checkable=True)
        self.mend_button = QPushButton("Show me where", objectName="primary")
        self.mend_button.setToolTip("Turn to the field that is to be changed")
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        for button in (self.copy_button, self.details_button):
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
            button.setAutoDefault(False)
        self.details_button.setVisible(bool(self.details.toPlainText()))
        self.details_button.toggled.connect(self._show_details)
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(whole))
        buttons.rejected.connect(self.reject)
        if mend:
            buttons.addButton(self.mend_button, QDialogButtonBox.ButtonRole.AcceptRole)
            self.accepted.connect(mend)
            buttons.accepted.connect(self.accept)
        self._column.addWidget(buttons)
        (self.mend_button if mend else self.close_button).setFocus()

    def _show_details(self, shown: bool) -> None:
        self.details.setVisible(shown)
        self.adjustSize()


def reason_and_remedy(message: str) -> tuple[str, str]:
    """Part a message, which says what to do behind its last semicolon; no remedy where it has none."""
    reason, _, remedy = message.rpartition("; ")
    if not reason:
        return _sentence(message), ""
    return _sentence(reason), _sentence(remedy.rstrip(".")) + "."


def _sentence(text: str) -> str:
    """Begin with a capital, unless with a path or a name in code."""
    return text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text


def show_error(
    message: str,
    details: str = "",
    parent: QWidget | None = None,
    mend: Callable[[], object] | None = None,
) -> ErrorDialog:
    """Open the dialog without waiting for it."""
    dialog = ErrorDialog(message, details, parent, mend)
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
