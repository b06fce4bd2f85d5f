"""Where the files go, which weights they hold, and on how many threads they are timed."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from kdstudio.given import given_path
from kdstudio.gui.layout import shape_number

USUAL_FOLDER = "kdstudio-export"


class Destination(QWidget):
    """Folder, epoch and threads."""

    changed = Signal()

    def __init__(self) -> None:
        """A folder of the user's, the last epoch, one thread."""
        super().__init__()
        self.folder_line = QLineEdit(str(Path.home() / USUAL_FOLDER))
        self.folder_line.setCursorPosition(0)  # where there is no room for all of it, its beginning is seen
        self.folder_line.setAccessibleName("Folder")
        self.folder_line.textChanged.connect(self.changed)
        browse = QPushButton("Choose…")
        browse.clicked.connect(self.browse)
        self.best_box = QCheckBox("weights of the best epoch instead of the last")
        self.best_box.toggled.connect(self.changed)
        self.threads_box = QSpinBox(minimum=1, maximum=os.cpu_count() or 1)
        self.threads_box.setAccessibleName("Threads")
        self.threads_box.setToolTip("Threads of each file's runtime while it is timed.")
        shape_number(self.threads_box)
        self.threads_box.valueChanged.connect(self.changed)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, (title, field) in enumerate(
            {"Folder": self.folder_line, "Threads": self.threads_box}.items()
        ):
            label = QLabel(title)
            label.setBuddy(field)
            grid.addWidget(label, row, 0)
        grid.addWidget(self.folder_line, 0, 1)
        grid.addWidget(browse, 0, 2)
        grid.addWidget(self.threads_box, 1, 1, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.best_box, 2, 0, 1, 3)

    @property
    def folder(self) -> Path | None:
        """The folder; None while none is given."""
        text = self.folder_line.text().strip()
        return given_path(text) if text else None

    @property
    def best(self) -> bool:
        """Whether the best epoch's weights are wanted."""
        return self.best_box.isChecked()

    @property
    def threads(self) -> int:
        """Of the runtimes, while timed."""
        return self.threads_box.value()

    def browse(self) -> None:
        """Ask for another folder."""
        folder = QFileDialog.getExistingDirectory(self, "Export to", self.folder_line.text())
        if folder:
            self.folder_line.setText(folder)
