"""Writing selected runs beside the window, and offering to open what is written: report, code, log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from kdstudio.declaration import ProgressCallback
from kdstudio.gui.background import BackgroundJob
from kdstudio.gui.dialogs import ask
from kdstudio.gui.opening import open_path
from kdstudio.gui.saving.saving import file_name, folder_dialog, remember_folder, save_dialog
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.logs.following import log_runs
from kdstudio.runs.logs.tensorboard import TensorBoard
from kdstudio.runs.report.page import write_report
from kdstudio.runs.script.saving import save_script, script_of


class Writing(NamedTuple):
    """What runs are written as."""

    title: str
    ending: str
    """Of the file; empty where a folder is asked for."""
    filter: str
    """As file dialogs name it, or what they ask for."""
    write: Callable[[Sequence[RunFolder], Path, ProgressCallback], Path]


def _report(runs: Sequence[RunFolder], path: Path, progress: ProgressCallback) -> Path:
    return write_report(runs, path, progress, ask=True, replace=True)


def _code(runs: Sequence[RunFolder], path: Path, progress: ProgressCallback) -> Path:
    progress(runs[0].name, 0.0)
    save_script(script_of(runs[0].experiment(), path.name), path, replace=True)
    return path


def _log(runs: Sequence[RunFolder], path: Path, progress: ProgressCallback) -> Path:
    for number, place in enumerate(log_runs(TensorBoard(folder=str(path)), runs), 1):
        progress(place, number / len(runs))
    return path


REPORT = Writing("Report", "html", "HTML report (*.html)", _report)
CODE = Writing("Code", "py", "Python script (*.py)", _code)
LOG = Writing("Log", "", "Folder for TensorBoard", _log)


class RunWriter(QObject):
    """Asks where to, writes, and tells."""

    failed = Signal(object)
    """Why there is no file."""
    written = Signal(object)
    """Path of the file or folder."""

    def __init__(self, page: QWidget, writing: Writing) -> None:
        """Ask on ``page``."""
        super().__init__(page)
        self._page, self._writing = page, writing
        self._job = BackgroundJob(writing.title.lower(), self)
        self._job.failed.connect(self.failed)
        self._job.done.connect(self._tell)

    def ask(self, runs: Sequence[RunFolder]) -> QFileDialog:
        """Ask where to, and write ``runs`` there; an existing file is asked about."""
        dialog = self._dialog(runs)
        dialog.fileSelected.connect(lambda path: self.write(runs, Path(path)))
        dialog.open()
        return dialog

    def _dialog(self, runs: Sequence[RunFolder]) -> QFileDialog:
        if not self._writing.ending:
            return folder_dialog(self._page, self._writing.filter)
        what = runs[0].name if len(runs) == 1 else f"{len(runs)} runs"
        name = file_name(f"{what} {self._writing.title.lower()}")
        return save_dialog(self._page, [self._writing.filter], name, self._writing.ending)

    def write(self, runs: Sequence[RunFolder], path: Path) -> None:
        """Write ``runs`` to ``path`` in the background."""
        self._job.start(partial(self._writing.write, runs, path))

    def _tell(self, path: Path) -> None:
        remember_folder(path)
        self.written.emit(path)
        title, answers = self._writing.title, {"Open": partial(open_path, path, self._page), "Close": None}
        ask(
            self._page,
            title,
            f"The {title.lower()} is written.",
            str(path),
            answers,
            QMessageBox.Icon.Information,
        )
