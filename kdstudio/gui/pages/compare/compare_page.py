"""The compare page: all runs in a table, the chosen ones side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from kdstudio.errors import KDStudioError
from kdstudio.gui.empty_state import EmptyState
from kdstudio.gui.in_sight import InSight
from kdstudio.gui.layout import GAP, MARGIN, Card
from kdstudio.gui.opening import open_path
from kdstudio.gui.pages.compare.actions import ActionButton, MoreButton, RunActions
from kdstudio.gui.pages.compare.entries import Entries, Entry
from kdstudio.gui.pages.compare.filter_bar import FilterBar
from kdstudio.gui.pages.compare.labels_dialog import LabelsDialog
from kdstudio.gui.pages.compare.mend_strip import MendStrip
from kdstudio.gui.pages.compare.notes_browser import NotesBrowser
from kdstudio.gui.pages.compare.run_figures import RunFigures
from kdstudio.gui.pages.compare.runs_table import RunsTable
from kdstudio.gui.pages.compare.undo_strip import UndoStrip
from kdstudio.gui.pages.run_writer import CODE, LOG, REPORT, RunWriter
from kdstudio.gui.saving.button import SaveButton
from kdstudio.gui.theme import Theme
from kdstudio.runs.comparison import short_name
from kdstudio.runs.failure import failure
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.labels import NOTHING, Labels, write_labels
from kdstudio.runs.presets import DEFAULT_PRESET
from kdstudio.runs.searching import search
from kdstudio.runs.summary import Summary
from kdstudio.runs.trash import throw_away

EMPTY = "No runs yet.\nEvery run that ends shows up here, to be compared and exported."
BUTTONS = ("curves", "settings", "resume", "export", "report", "delete")
MORE = ("epochs", "code", "log", "rename", "labels", "folder", "mend")
SEARCH_MILLISECONDS = 150
"""How long typing rests before it is looked for."""


class RunIndex(Protocol):
    """What is known of all runs, kept by somebody else."""

    changed: SignalInstance

    @property
    def summaries(self) -> Mapping[RunFolder, Summary]:
        """Runs that can be read, the newest first."""

    @property
    def damaged(self) -> Mapping[RunFolder, Summary]:
        """What stands for those that cannot, and says why."""

    @property
    def labels(self) -> Mapping[RunFolder, Labels]:
        """What people say of them."""


class ComparePage(QWidget):
    """All runs of an index."""

    complained = Signal(str)
    export_wanted = Signal(object)
    resume_wanted = Signal(object)
    curves_wanted = Signal(object)
    settings_wanted = Signal(object)
    epochs_wanted = Signal(object)
    outdated = Signal()
    """Something in the folder of runs is other than before; whoever keeps the index has to look again."""

    def __init__(self, theme: Theme, index: RunIndex) -> None:
        """Show the runs of ``index``, while the page is in sight."""
        super().__init__()
        self._index = index
        self._awaited: RunFolder | None = None
        self._entries = Entries()
        self._chosen: list[Entry] | None = None
        self.table = RunsTable(theme)
        self.setFocusProxy(self.table)
        self.filter = FilterBar()
        self.actions_of_runs = RunActions(self, self.table)
        self.undo_strip, self.mend_strip = UndoStrip(), MendStrip(self.actions_of_runs["mend"])
        self.figures = RunFigures(theme)
        self.notes = NotesBrowser()
        self.report, self.code, self.log = (RunWriter(self, kind) for kind in (REPORT, CODE, LOG))
        self.counted = QLabel(objectName="muted")
        self.buttons = {name: ActionButton(self.actions_of_runs[name]) for name in BUTTONS}
        self._stack = QStackedLayout(self)
        self._stack.addWidget(EmptyState(EMPTY, (DEFAULT_PRESET,)))
        self._stack.addWidget(self._make_content())
        self._searching = QTimer(self, interval=SEARCH_MILLISECONDS, singleShot=True)
        self._searching.timeout.connect(self.refresh)
        self._in_sight = InSight(self, self.refresh)
        self._connect()

    def _connect(self) -> None:
        for writer in (self.report, self.code, self.log):
            writer.failed.connect(lambda error: self.complained.emit(failure(error).message))
        for name, act in {
            "curves": lambda: self.curves_wanted.emit(self._one),
            "settings": lambda: self.settings_wanted.emit(self._one),
            "epochs": lambda: self.epochs_wanted.emit(self._one),
            "resume": lambda: self.resume_wanted.emit(self._one),
            "export": lambda: self.export_wanted.emit(self._one),
            "report": lambda: self.report.ask(self.table.chosen()),
            "code": lambda: self.code.ask([self._one]),
            "log": lambda: self.log.ask(self.table.chosen()),
            "rename": self.table.rename,
            "labels": self.edit_labels,
            "folder": lambda: open_path(self._one.path, self),
            "mend": lambda: self.mend_strip.mend(self.table.chosen()),
            "delete": self._delete,
        }.items():
            self.actions_of_runs[name].triggered.connect(act)
        self.filter.find.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.addAction(self.filter.find)
        self.undo_strip.complained.connect(self.complained)
        self.mend_strip.complained.connect(self.complained)
        self.mend_strip.mended.connect(self.outdated)
        self.undo_strip.undone.connect(self._take_back)
        self.table.chosen_changed.connect(self._turn)
        self.table.opened.connect(self.curves_wanted)
        self.table.runs.renamed.connect(self._rename)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.filter.changed.connect(lambda: self._searching.start())
        self._index.changed.connect(self._in_sight.look)

    def _make_content(self) -> QWidget:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        head = QHBoxLayout()
        head.addWidget(QLabel("Runs", objectName="title"))
        head.addWidget(self.counted)
        head.addStretch(1)
        for button in self.buttons.values():
            head.addWidget(button)
        head.addWidget(MoreButton(self.actions_of_runs.menu(self, MORE)))
        head.addWidget(SaveButton("the table of runs", lambda: self.table.saving))
        column.addLayout(head)
        column.addWidget(self.filter)
        column.addWidget(self.undo_strip)
        column.addWidget(self.mend_strip)
        results = Card("Results")
        results.head.addWidget(SaveButton("the tables of results", lambda: self.notes.saving))
        below = QSplitter(Qt.Orientation.Horizontal, handleWidth=GAP, childrenCollapsible=False)
        for card, widget in ((Card(), self.figures), (results, self.notes)):
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            card.add(widget, 1)
            below.addWidget(card)
        below.setSizes([1, 1])  # alike
        parts = QSplitter(Qt.Orientation.Vertical, handleWidth=GAP, childrenCollapsible=False)
        parts.addWidget(self.table)
        parts.addWidget(below)
        parts.setStretchFactor(0, 2)
        parts.setStretchFactor(1, 3)
        column.addWidget(parts, 1)
        return content

    @property
    def _one(self) -> RunFolder:
        """The run of the one row that is chosen; of several seeds the first."""
        return self.table.chosen_entries()[0].group.run

    @property
    def shown_run(self) -> RunFolder | None:
        """The run that is chosen, if it is one alone and can be read."""
        chosen = self.table.chosen()
        return chosen[0] if len(chosen) == 1 and chosen[0] in self._index.summaries else None

    def refresh(self) -> None:
        """Show what the index knows and the filter lets through; at first the newest is chosen."""
        self._searching.stop()
        labels = self._index.labels
        summaries = {**self._index.summaries, **self._index.damaged}
        self.filter.offer(summaries, labels)
        anew = self._awaited in summaries
        if anew and self._awaited not in search(summaries, labels, self.filter.query):
            self.filter.clear()
        found = search(summaries, labels, self.filter.query)
        rows = self._entries.of(found, labels, gathered=self.filter.gather.isChecked())
        top = [run for row, _ in rows[:1] for run in row.runs]
        chosen = [self._awaited] if self._awaited and anew else top
        self._stack.setCurrentIndex(1 if summaries else 0)
        some = f"{len(found)} of {len(summaries)} match" if len(found) < len(summaries) else f"{len(found)}"
        self.counted.setText(some)
        self.counted.setToolTip("Select several with Ctrl or Shift to compare them")
        self.table.show_rows(rows, chosen, anew=anew)
        if anew:
            self._awaited = None
        self._show_chosen()

    def event(self, event: QEvent) -> bool:
        """Take Ctrl+Z before the window does, while there is something to undo here."""
        if event.type() is QEvent.Type.ShortcutOverride and self._undoes(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Undo the last deletion."""
        if self._undoes(event):
            self.undo_strip.undo.trigger()
        else:
            super().keyPressEvent(event)

    def _undoes(self, event: QEvent) -> bool:
        is_key = isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Undo)
        return is_key and self.undo_strip.undo.isEnabled()

    def choose(self, run: RunFolder) -> None:
        """Select ``run`` alone, once the index knows it."""
        self._awaited = run
        self._in_sight.look()

    def _turn(self) -> None:
        """Follow the user, who no longer waits for a run."""
        self._awaited = None
        self._show_chosen()

    def _show_chosen(self) -> None:
        chosen: list[Entry] = self.table.chosen_entries()
        if chosen == self._chosen:  # entries are the same ones while their runs are as they were
            return
        self._chosen = chosen
        self.actions_of_runs.follow(chosen)
        self.mend_strip.show_entries(chosen)
        self.figures.show_entries([entry for entry in chosen if not entry.is_damaged])
        self.notes.show_runs([entry.named for entry in chosen])

    def _open_menu(self, place: QPoint) -> None:
        menu = self.actions_of_runs.menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addSeparator()
        self.table.saving.fill(menu.addMenu("Save or copy the table"))
        menu.popup(self.table.viewport().mapToGlobal(place))

    def edit_labels(self) -> LabelsDialog:
        """Ask for the tags and the note of the chosen runs."""
        known = sorted({tag for labels in self._index.labels.values() for tag in labels.tags})
        dialog = LabelsDialog(self.table.chosen(), known, self)
        dialog.accepted.connect(lambda: self._write(dialog.labels()))
        dialog.open()
        return dialog

    def _rename(self, run: RunFolder, title: str) -> None:
        known = self._index.labels.get(run, NOTHING)
        own = "" if title == short_name(self._index.summaries[run].name) else title
        self._write({run: known.model_copy(update={"title": own})})

    def _write(self, said: Mapping[RunFolder, Labels]) -> None:
        for run, labels in said.items():
            try:
                write_labels(run, labels)
            except KDStudioError as error:
                self.complained.emit(str(error))
        self.outdated.emit()

    def _delete(self) -> None:
        try:
            self.undo_strip.tell(throw_away(self.table.chosen()))
        except KDStudioError as error:
            self.complained.emit(str(error))
        self.outdated.emit()

    def _take_back(self, runs: tuple[RunFolder, ...]) -> None:
        self._awaited = runs[0]
        self.outdated.emit()
