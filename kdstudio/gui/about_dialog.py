"""About the program: versions, licence, where runs are kept; to be copied into a report."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from pathlib import Path

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from kdstudio.gui.layout import text_label

LICENCE = "MIT licence; Qt for Python is used under the LGPL"


def facts(runs: Path) -> str:
    """One line for each thing that a report of a mistake should tell."""
    torch = version("torch") if "torch" in sys.modules else f"{version('torch')} (not loaded yet)"
    lines = {
        "KD Studio": version("kdstudio"),
        "Python": platform.python_version(),
        "torch": torch,
        "Qt": qVersion(),
        "System": platform.platform(),
        "Runs": runs,
    }
    return "\n".join(f"{name}: {value}" for name, value in lines.items())


class AboutDialog(QDialog):
    """Shows the facts, with a button to copy them."""

    def __init__(self, runs: Path, parent: QWidget | None = None) -> None:
        """``runs`` is where runs are kept."""
        super().__init__(parent)
        self.setWindowTitle("About KD Studio")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(460)
        self.facts = facts(runs)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(text_label("KD Studio", "title"))
        column.addWidget(text_label("A desktop workbench for knowledge distillation."))
        column.addWidget(text_label(self.facts))
        column.addWidget(text_label(LICENCE, "muted"))
        buttons = QDialogButtonBox()
        self.copy_button = QPushButton("Copy")
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        close = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.facts))
        buttons.rejected.connect(self.reject)
        close.setDefault(True)
        column.addWidget(buttons)
