"""The compare page: all runs in a table, the chosen ones side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from PySide6.QtCore import Qt, QUrl, Signal, SignalInstance
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from kdstudio.errors import KDStudioError
from kdstudio.gui.layout import GAP, MARGIN, Card
from kdstudio.gui.pages.notes_browser import NotesBrowser
from kdstudio.gui.pages.run_figures import RunFigures
from kdstudio.gui.pages.run_writer import CODE, REPORT, RunWriter
from kdstudio.gui.pages.runs_table import RunsTable
from kdstudio.gui.saving.button import SaveButton
from kdstudio.gui.theme import Theme
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.session import failure
from kdstudio.runs.summary import Summary

EMPTY = "No runs yet.\nEvery run that ends shows up here, to be compared and exported."
UNFINISHED = {"stopped", "interrupted", "failed"}


class RunIndex(Protocol):
    """What is known of all runs, kept by somebody else."""

    changed: SignalInstance

    @property
    def summaries(self) -> Mapping[RunFolder, Summary]:
        """Runs that can be read, the newest first."""


class ComparePage(QWidget):
    """All runs of an index."""

    complained = Signal(str)
    export_wanted = Signal(object)
    resume_wanted = Signal(object)
    deleted = Signal()
    """Runs are gone; whoever keeps the index has to look again."""

    def __init__(self, theme: Theme, index: RunIndex) -> None:
        """Show the runs of ``index``, now and when it changes."""
        super().__init__()
        self._index = index
        self._awaited: RunFolder | None = None
        self.table = RunsTable()
        self.figures = RunFigures(theme)
        self.notes = NotesBrowser()
        self.report, self.code = RunWriter(self, REPORT), RunWriter(self, CODE)
        for writer in (self.report, self.code):
            writer.failed.connect(lambda error: self.complained.emit(failure(error).message))
        self._stack = QStackedLayout(self)
        self._stack.addWidget(QLabel(EMPTY, objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter))
        self._stack.addWidget(self._make_content())
        self.table.chosen_changed.connect(self._turn)
        index.changed.connect(self.refresh)
        self.refresh()

    def _make_content(self) -> QWidget:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        head = QHBoxLayout()
        head.addWidget(QLabel("Runs", objectName="title"))
        head.addWidget(QLabel("select several with Ctrl or Shift to compare them", objectName="muted"))
        head.addStretch(1)
        self.resume_button = self._make_button("Resume", self.resume_wanted.emit, head)
        self.export_button = self._make_button("Export…", self.export_wanted.emit, head)
        self.report_button = QPushButton("Report…", toolTip="Write the selected runs as one HTML file")
        self.code_button = QPushButton("Code…", toolTip="Write this experiment as one PyTorch script")
        for button, writer in ((self.report_button, self.report), (self.code_button, self.code)):
            button.clicked.connect(lambda _checked=False, writer=writer: writer.ask(self.table.chosen()))
            head.addWidget(button)
        self.open_button = self._make_button("Open folder", open_folder, head)
        self.delete_button = QPushButton("Delete…")
        self.delete_button.clicked.connect(self._delete)
        head.addWidget(self.delete_button)
        head.addWidget(SaveButton("the table of runs", lambda: self.table.saving))
        column.addLayout(head)
        column.addWidget(self.table, 1)
        below = QHBoxLayout()
        below.setSpacing(GAP)
        results = Card("Results")
        results.head.addWidget(SaveButton("the tables of results", lambda: self.notes.saving))
        for card, widget in ((Card(), self.figures), (results, self.notes)):
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            card.add(widget, 1)
            below.addWidget(card, 1)
        column.addLayout(below, 2)
        return content

    def _make_button(self, text: str, act: Callable[[RunFolder], object], row: QHBoxLayout) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(lambda: act(self.table.chosen()[0]))
        row.addWidget(button)
        return button

    def refresh(self) -> None:
        """Show what the index knows; what was selected stays selected, at first the newest is."""
        summaries = self._index.summaries
        chosen = [run for run in self.table.chosen() if run in summaries] or list(summaries)[:1]
        if self._awaited in summaries:
            chosen, self._awaited = [self._awaited], None
        self._stack.setCurrentIndex(1 if summaries else 0)
        self.table.show_runs(summaries, chosen)
        self._show_chosen()

    def choose(self, run: RunFolder) -> None:
        """Select ``run`` alone, once the index knows it."""
        self._awaited = run
        self.refresh()

    def _turn(self) -> None:
        """Follow the user, who no longer waits for a run."""
        self._awaited = None
        self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = {run: self._index.summaries[run] for run in self.table.chosen()}
        summaries = list(chosen.values())
        one = len(summaries) == 1
        self.resume_button.setEnabled(one and summaries[0].status in UNFINISHED)
        self.export_button.setEnabled(one and bool(summaries[0].networks))
        self.open_button.setEnabled(one)
        self.code_button.setEnabled(one)
        for button in (self.report_button, self.delete_button):
            button.setEnabled(bool(summaries))
        self.figures.show_runs(chosen)
        self.notes.show_runs(summaries)

    def _delete(self) -> None:
        runs = self.table.chosen()
        if not self._is_certain(runs):
            return
        for run in runs:
            try:
                run.delete()
            except (KDStudioError, OSError) as error:
                self.complained.emit(str(error))
        self.deleted.emit()

    def _is_certain(self, runs: list[RunFolder]) -> bool:
        """Ask; who presses Enter or Escape keeps the runs."""
        question = f"Delete {'this run' if len(runs) == 1 else f'these {len(runs)} runs'} for good?"
        box = QMessageBox(QMessageBox.Icon.Question, "Delete runs", question, parent=self)
        box.setInformativeText("\n".join(run.name for run in runs))
        box.setTextFormat(Qt.TextFormat.PlainText)
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.exec()
        return box.clickedButton() is delete


def open_folder(run: RunFolder) -> None:
    """Show the run's folder in the file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(run.path)))
