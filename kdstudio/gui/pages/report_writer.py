"""Writing the report of some runs beside the window, and offering to open it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from kdstudio.gui.background import BackgroundJob
from kdstudio.gui.dialogs import ask
from kdstudio.gui.saving.saving import file_name, remember_folder, save_dialog
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.report.page import write_report

FILTER = "HTML report (*.html)"


class ReportWriter(QObject):
    """Asks where to, writes, and tells."""

    failed = Signal(object)
    """Why there is no report."""
    written = Signal(object)
    """Path of the report."""

    def __init__(self, page: QWidget) -> None:
        """Ask on ``page``."""
        super().__init__(page)
        self._page = page
        self._job = BackgroundJob("report", self)
        self._job.failed.connect(self.failed)
        self._job.done.connect(self._tell)

    def ask(self, runs: Sequence[RunFolder]) -> QFileDialog:
        """Ask for a file, and write the report of ``runs`` to it; an existing one is asked about."""
        name = f"{runs[0].name} report" if len(runs) == 1 else f"{len(runs)} runs report"
        dialog = save_dialog(self._page, [FILTER], file_name(name), "html")
        dialog.fileSelected.connect(lambda path: self.write(runs, Path(path)))
        dialog.open()
        return dialog

    def write(self, runs: Sequence[RunFolder], path: Path) -> None:
        """Write the report of ``runs`` to ``path`` in the background."""
        self._job.start(partial(write_report, runs, path, replace=True))

    def _tell(self, path: Path) -> None:
        remember_folder(path)
        self.written.emit(path)
        answers = {"Open": partial(open_file, path), "Close": None}
        ask(self._page, "Report", "The report is written.", str(path), answers, QMessageBox.Icon.Information)


def open_file(path: Path) -> None:
    """Show ``path`` in the browser."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
