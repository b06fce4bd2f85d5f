"""The editor of a path: typed, browsed for, or dropped on it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QToolButton

from kdstudio.given import given_path
from kdstudio.gui.dropping import dropped_path
from kdstudio.gui.forms.editors import TextEditor

FOLDER = "folder"


class PathEditor(TextEditor):
    """``wanted`` is ``folder``, or the patterns of files: ``*.pt *.pth``.

    A name behind a colon, as of a function in a file, is kept when another file is chosen.
    """

    def __init__(self, value: object, wanted: str) -> None:
        """Show ``value``."""
        super().__init__(value)
        self._wanted = wanted
        self.browse_button = QToolButton(objectName="inline", text="Browse…")
        self.browse_button.setAccessibleName(f"Browse for a {'folder' if wanted == FOLDER else 'file'}")
        self.browse_button.clicked.connect(self.browse)
        self.layout().insertWidget(1, self.browse_button)
        self.setAcceptDrops(True)

    def browse(self) -> None:
        """Ask for a path."""
        around = given_path(self.control.text()).parent
        start = str(around if around.is_absolute() else Path.home())
        if self._wanted == FOLDER:
            path = QFileDialog.getExistingDirectory(self, "Choose a folder", start)
        else:
            path, _ = QFileDialog.getOpenFileName(self, "Choose a file", start, f"Files ({self._wanted})")
        if path:
            self.take(Path(path))

    def take(self, path: Path) -> None:
        """Put ``path`` in."""
        _, colon, name = self.control.text().rpartition(":")
        text = f"{path}:{name}" if colon and name.isidentifier() else str(path)
        self.control.setText(text)
        self.edited.emit(text)

    def fits(self, path: Path) -> bool:
        """Tell whether ``path`` is of the kind that is wanted."""
        if self._wanted == FOLDER:
            return path.is_dir()
        return path.is_file() and any(path.match(pattern) for pattern in self._wanted.split())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Take what fits; the page is asked about anything else."""
        path = dropped_path(event.mimeData())
        event.setAccepted(path is not None and self.fits(path))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        """Go on taking it."""
        event.accept()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Put it in."""
        path = dropped_path(event.mimeData())
        if path is not None and self.fits(path):
            event.acceptProposedAction()
            self.take(path)
