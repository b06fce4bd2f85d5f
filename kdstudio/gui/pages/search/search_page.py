"""The search page: what a study has come to, and new ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QStackedLayout, QVBoxLayout, QWidget

from kdstudio.engine.identity import Coordinate, title_of
from kdstudio.errors import KDStudioError
from kdstudio.gui.empty_state import EmptyState
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.in_sight import InSight
from kdstudio.gui.layout import GAP, MARGIN, PlotCard, shape_number, text_label
from kdstudio.gui.list_table import LEFT, RIGHT, ListTable
from kdstudio.gui.pages.search.search_dialog import SearchDialog
from kdstudio.gui.pages.search.studies import Studies
from kdstudio.gui.permission import once_allowed
from kdstudio.gui.plots.bars import BarPlot
from kdstudio.gui.plots.study_history import StudyHistoryPlot
from kdstudio.gui.run_index import SharedIndex
from kdstudio.gui.saving.button import SaveButton
from kdstudio.gui.theme import Theme
from kdstudio.runs.figures import FIGURES, MISSING
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.state import spoken_duration
from kdstudio.runs.studies import library
from kdstudio.runs.studies.history import LEAST_TRIALS, History, ToldTrial
from kdstudio.runs.studies.study import open_study

EMPTY = (
    "No search yet.\nA search lets Optuna choose the values of some fields, run after run, for the best "
    "score\non the validation images. New search… varies fields of the experiment in the form."
)
IMPORTANCE = "What matters"
COLUMNS = {"Trial": RIGHT, "Settings": LEFT, "Result": RIGHT, "Epochs": RIGHT, "State": LEFT, "Time": RIGHT}
SIGNS = {
    "waiting": "◌",
    "running": "▶",
    "finished": "✔",
    "pruned": "✂",
    "failed": "✖",
    "stopped": "■",
    "interrupted": "■",
}
BEST = "★  best"
PLOT_HEIGHT = 200
MORE = 10
"""Trials that are offered beyond those that a study has."""


class SearchPage(QWidget):
    """Optuna chooses the values of fields, run after run: every trial, the best so far, and what matters."""

    open_wanted = Signal(object)
    """A run's folder, to be looked at."""
    settings_wanted = Signal(object)
    """A run's folder, whose settings are to be put into the form."""
    complained = Signal(str, str)

    def __init__(self, theme: Theme, draft: Draft, index: SharedIndex, runs: Path) -> None:
        """Search over fields of ``draft``, in the folder ``runs``."""
        super().__init__()
        self._draft = draft
        self.studies = Studies(runs, self)
        self.picker = Choices()
        self.picker.setAccessibleName("Study")
        self.picker.setSizeAdjustPolicy(Choices.SizeAdjustPolicy.AdjustToContents)
        self.about, self.remark = text_label(name="muted"), text_label(name="muted")
        self.trials = QSpinBox(minimum=1, maximum=10_000)
        self.buttons: dict[str, QPushButton] = {}
        self.history = StudyHistoryPlot(theme)
        self.importance = BarPlot(theme, IMPORTANCE, "share (%)")
        self.table = ListTable("Trials", COLUMNS, 1)
        self.table.setSelectionMode(ListTable.SelectionMode.SingleSelection)
        self.table.setAlternatingRowColors(True)
        self._shown: tuple[ToldTrial, ...] = ()
        self._lay_out()
        self._connect(index)
        self.refresh()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        head = QHBoxLayout()
        head.addWidget(QLabel("Search", objectName="title"))
        head.addSpacing(GAP)
        head.addWidget(self.picker)
        head.addStretch(1)
        head.addWidget(self._button("New search…", "Vary fields of the experiment in the form", self.begin))
        column.addLayout(head)
        body = QWidget()
        self._stack = QStackedLayout(body)
        self.empty = EmptyState(EMPTY)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._make_content())
        column.addWidget(body, 1)

    def _make_content(self) -> QWidget:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.about)
        plots = QHBoxLayout()
        plots.setSpacing(GAP)
        for plot, share in ((self.history, 3), (self.importance, 2)):
            card = PlotCard(least_height=PLOT_HEIGHT)
            card.add(plot, 1)
            plots.addWidget(card, share)
        column.addLayout(plots, 1)
        column.addWidget(self.remark)
        column.addLayout(self._make_row())
        column.addWidget(self.table, 1)
        return content

    def _make_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self._button("Open", "Look at the run's curves and figures", self._open))
        row.addWidget(
            self._button("Use settings", "Put the run's settings into the form", self._use_settings)
        )
        label = QLabel("Trials in the end")
        label.setBuddy(self.trials)
        self.trials.setAccessibleName("Trials in the end")
        self.trials.setToolTip("How many settings the study has when it is done")
        shape_number(self.trials)
        row.addSpacing(GAP)
        row.addWidget(label)
        row.addWidget(self.trials)
        row.addWidget(
            self._button("Go on", "Try further settings, in a process that outlives the window", self._go_on)
        )
        row.addWidget(
            self._button("Stop", "Stop what runs, here and elsewhere; its setting comes again", self._stop)
        )
        row.addStretch(1)
        row.addWidget(SaveButton("the trials", lambda: self.table.saving))
        return row

    def _button(self, text: str, tip: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, toolTip=tip)
        button.clicked.connect(lambda: act())
        self.buttons[text] = button
        return button

    def _connect(self, index: SharedIndex) -> None:
        look = InSight(self, self.look)
        index.changed.connect(look.look)
        self.studies.changed.connect(self.refresh)
        self.studies.failed.connect(self.complained)
        self.picker.activated.connect(lambda _row: self.studies.choose(self.picker.currentText()))
        self.table.itemSelectionChanged.connect(self._show_chosen)
        self.table.itemDoubleClicked.connect(lambda _item: self._open())
        self._draft.changed.connect(self._show_chosen)

    def look(self) -> None:
        """Read studies again, where there can be any."""
        if library.is_installed():
            self.studies.look()

    @property
    def study(self) -> History | None:
        """The one that is shown."""
        return self.studies.found.history

    def choose_study(self, name: str) -> None:
        """Show the study of that name."""
        self.studies.choose(name)

    def refresh(self) -> None:
        """Show what has been read."""
        found, study = self.studies.found, self.study
        with QSignalBlocker(self.picker):
            if [self.picker.itemText(row) for row in range(self.picker.count())] != [*found.storages]:
                self.picker.clear()
                self.picker.addItems([*found.storages])
            self.picker.setCurrentText(study.name if study else "")
        self.picker.setVisible(bool(found.storages))
        self.empty.said.setText(self._nothing_said())
        self._stack.setCurrentIndex(1 if study else 0)
        if study:
            self.about.setText(spoken_study(study))
            self.remark.setText(remark_on(study))
            self.remark.setVisible(bool(self.remark.text()))
            self.history.show_history(study)
            titles = [title_of(path) for path in study.importance]
            shares = {"importance": [100 * share for share in study.importance.values()]}
            self.importance.show_bars(titles, shares, y="share (%)", tokens={"importance": "student"})
            self._offer_trials(study)
            self._fill()
        self._show_chosen()

    def _nothing_said(self) -> str:
        if not library.is_installed():
            return f"{library.NOT_INSTALLED[:1].upper()}{library.NOT_INSTALLED[1:]}.".replace("; ", ";\n")
        return self.studies.found.reason or EMPTY

    def _offer_trials(self, study: History) -> None:
        """Offer as many as are wanted, and some more where these are there."""
        there = study.tried
        wanted = study.wanted if there < study.wanted else there + MORE
        if self.trials.value() <= there or not self._shown:
            self.trials.setValue(wanted)

    def _fill(self) -> None:
        study = self.study
        if study is None or study.trials == self._shown:
            return
        chosen = self._chosen()
        self._shown = study.trials
        with QSignalBlocker(self.table):
            self.table.setRowCount(0)
            for trial in study.trials:
                self.table.add_row(row_of(study, trial), trial.reason or spoken_settings(trial, "\n"))
            numbers = [trial.number for trial in study.trials]
            if chosen and chosen.number in numbers:
                self.table.selectRow(numbers.index(chosen.number))

    def _chosen(self) -> ToldTrial | None:
        rows = self.table.chosen_rows()
        return self._shown[rows[0]] if rows and rows[0] < len(self._shown) else None

    def _run(self) -> RunFolder | None:
        """Return the run of the chosen trial, where it is still there; without a choice that of the best."""
        trial = self._chosen() or (self.study.best if self.study else None)
        folder = RunFolder(self.studies.runs / trial.run) if trial and trial.run else None
        return folder if folder and folder.is_run() else None

    def _show_chosen(self) -> None:
        study, run = self.study, self._run()
        works = bool(study and (study.is_running or self.studies.is_worked_on(study.name)))
        self.buttons["Open"].setEnabled(run is not None)
        self.buttons["Use settings"].setEnabled(run is not None)
        self.buttons["Go on"].setEnabled(bool(study) and not works)
        self.buttons["Stop"].setEnabled(works)
        self.buttons["New search…"].setEnabled(library.is_installed() and self._draft.experiment is not None)

    def _open(self) -> None:
        if run := self._run():
            self.open_wanted.emit(run)

    def _use_settings(self) -> None:
        if run := self._run():
            self.settings_wanted.emit(run)

    def begin(self) -> SearchDialog:
        """Ask what is to be varied."""
        dialog = SearchDialog(self._draft, self.studies.runs, [*self.studies.found.storages], self)
        dialog.begun.connect(lambda name, trials: self._run_search(name, trials))
        dialog.open()
        return dialog

    def _go_on(self) -> None:
        if self.study:
            self._run_search(self.study.name, self.trials.value())

    def _run_search(self, name: str, trials: int) -> None:
        """Have it searched, once code that it would run is allowed."""
        try:
            experiment = open_study(name, self.studies.storage(name)).experiment
        except KDStudioError as error:
            self.complained.emit(str(error), "")
            return

        def go_on(*, allow_code: bool) -> None:
            self.studies.go_on(name, trials, allow_code=allow_code)

        once_allowed(self, [experiment], go_on)

    def _stop(self) -> None:
        if self.study:
            self.studies.stop(self.study.name)


def spoken_study(study: History) -> str:
    """``14 of 20 trials of digits-hinton. Best: trial 4, 95.56% on validation with α 0.48, T 1.4``."""
    count = f"{study.tried} of {study.wanted}" if study.tried < study.wanted else f"{study.tried}"
    said = f"{count} trials of {study.experiment}"
    if best := study.best:
        value = FIGURES[study.goal].single(best.value)
        what = study.goal if study.goal != "accuracy" else ""
        said += f". Best: trial {best.number}, {' '.join(filter(None, (value, what)))} on validation with "
        said += spoken_settings(best)
    return f"{said}."


def remark_on(study: History) -> str:
    """Say what is missing for the importance, and what the figures are not."""
    if not study.importance:
        return (
            f"What matters is told from {LEAST_TRIALS} different results on; {len(study.finished)} are there."
        )
    if len(study.finished) < 3 * LEAST_TRIALS:
        return f"From {len(study.finished)} results, what matters is a guess."
    return ""


def row_of(study: History, trial: ToldTrial) -> tuple[str, ...]:
    """Return the cells of a trial."""
    value = MISSING if trial.value is None else FIGURES[study.goal].single(trial.value)
    return (
        str(trial.number),
        spoken_settings(trial),
        value,
        str(trial.epochs),
        BEST if trial == study.best else f"{SIGNS[trial.state]}  {trial.state}",
        "" if trial.seconds is None else spoken_duration(trial.seconds),
    )


def spoken_settings(trial: ToldTrial, between: str = ", ") -> str:
    """``α 0.53, T 5.5, batch size 25``."""
    return between.join(f"{title_of(path)} {spoken(value)}" for path, value in trial.chosen.items())


def spoken(value: Coordinate) -> str:
    """Write a value in four digits, or as it is."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
