"""The compare page: all runs in a table, the chosen ones side by side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from kdstudio.errors import KDStudioError
from kdstudio.gui.exit_panel import ExitsPanel
from kdstudio.gui.html import Html
from kdstudio.gui.layout import GAP, MARGIN, Card, scrolled, text_label
from kdstudio.gui.plots.bars import BarPlot
from kdstudio.gui.plots.generations import GenerationsPlot
from kdstudio.gui.plots.stack import PlotStack
from kdstudio.gui.theme import Theme
from kdstudio.runs.comparison import differing_settings, network_names, readable_runs, test_errors
from kdstudio.runs.early_exits import exits_of
from kdstudio.runs.findings import Findings, findings
from kdstudio.runs.folder import RunFolder, run_folders
from kdstudio.runs.generations import born_again_generations
from kdstudio.runs.progress import spoken_duration
from kdstudio.runs.summary import Summary

EMPTY = "No runs yet.\nEvery run that ends shows up here, to be compared and exported."
COLUMNS = ("Run", "Strategy", "State", "Teacher", "Baseline", "Student", "Student errors", "Time", "Started")
NUMBERS = {"Teacher", "Baseline", "Student", "Student errors", "Time"}
ERRORS, GENERATIONS = "Test errors after the last epoch", "Test accuracy of each generation"
COSTS = "Test accuracy of early exits against their cost"
MOST_BARS = 6
TABLE_HEIGHT = 230
UNFINISHED = {"stopped", "interrupted", "failed"}


class CompareRow(QTableWidgetItem):
    """A cell that sorts by its value, not its text."""

    def __init__(self, text: str, value: float | str, *, number: bool) -> None:
        """Show ``text``; sort by ``value``."""
        super().__init__(text)
        self.setData(Qt.ItemDataRole.UserRole, value)
        side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
        self.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)

    def __lt__(self, other: QTableWidgetItem) -> bool:
        """Compare by value."""
        role = Qt.ItemDataRole.UserRole
        return bool(self.data(role) < other.data(role))


class ComparePage(QWidget):
    """Runs of one folder."""

    complained = Signal(str)
    export_wanted = Signal(object)
    resume_wanted = Signal(object)

    def __init__(self, theme: Theme, runs: Path) -> None:
        """Show the runs in ``runs``."""
        super().__init__()
        self._runs = runs
        self._summaries: dict[RunFolder, Summary] = {}
        self.table = self._make_table()
        self.bars = BarPlot(theme, ERRORS, "errors (images)")
        self.bars.heading.hide()
        self.generations = GenerationsPlot(theme)
        self.exits = ExitsPanel(theme)
        figures = {ERRORS: self.bars, GENERATIONS: self.generations, COSTS: self.exits}
        self.figures = PlotStack(figures, "Figures shown")
        self._notes = text_label()
        self._notes.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(QLabel(EMPTY, objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter))
        self._stack.addWidget(self._make_content())

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, len(COLUMNS))
        table.setHorizontalHeaderLabels(COLUMNS)
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.setSortingEnabled(True)
        table.sortByColumn(len(COLUMNS) - 1, Qt.SortOrder.DescendingOrder)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setAccessibleName("Runs")
        table.setMinimumHeight(TABLE_HEIGHT)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, title in enumerate(COLUMNS):
            side = Qt.AlignmentFlag.AlignRight if title in NUMBERS else Qt.AlignmentFlag.AlignLeft
            table.horizontalHeaderItem(column).setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        table.itemSelectionChanged.connect(self._show_chosen)
        return table

    def _make_content(self) -> QWidget:
        column = QVBoxLayout()
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(GAP)
        head = QHBoxLayout()
        head.addWidget(QLabel("Runs", objectName="title"))
        head.addWidget(QLabel("select several with Ctrl or Shift to compare them", objectName="muted"))
        head.addStretch(1)
        self.resume_button = self._make_button("Resume", lambda run: self.resume_wanted.emit(run), head)
        self.export_button = self._make_button("Export…", lambda run: self.export_wanted.emit(run), head)
        self.open_button = self._make_button("Open folder", open_folder, head)
        self.delete_button = QPushButton("Delete…")
        self.delete_button.clicked.connect(self._delete)
        head.addWidget(self.delete_button)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        below = QHBoxLayout()
        below.setSpacing(GAP)
        bars, notes = Card(), Card("Settings and figures")
        for card in (bars, notes):
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        bars.add(self.figures, 1)
        notes.add(scrolled(self._notes), 1)
        below.addWidget(bars, 3)
        below.addWidget(notes, 2)
        column.addLayout(below, 2)
        content = QWidget()
        content.setLayout(column)
        return content

    def _make_button(self, text: str, act: Callable[[RunFolder], object], row: QHBoxLayout) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(lambda: act(self.chosen()[0]))
        row.addWidget(button)
        return button

    def chosen(self) -> list[RunFolder]:
        """Return the selected runs, from the top of the table."""
        rows = sorted({index.row() for index in self.table.selectedIndexes()})
        paths = [self.table.item(row, 0).data(Qt.ItemDataRole.UserRole + 1) for row in rows]
        return [RunFolder(Path(path)) for path in paths]

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Look at the folder again."""
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Read all runs anew; what was selected stays selected, at first the newest is."""
        before = self.chosen()
        self._summaries = readable_runs(run_folders(self._runs))
        self._stack.setCurrentIndex(1 if self._summaries else 0)
        table = self.table
        table.blockSignals(True)
        table.setSortingEnabled(False)
        table.setRowCount(len(self._summaries))
        for row, (folder, summary) in enumerate(self._summaries.items()):
            for column, cell in enumerate(cells(folder, summary)):
                table.setItem(row, column, cell)
        table.setSortingEnabled(True)
        wanted = [run for run in before if run in self._summaries] or list(self._summaries)[:1]
        self._select(wanted)
        table.blockSignals(False)
        self._show_chosen()

    def choose(self, run: RunFolder) -> None:
        """Select ``run`` alone."""
        self.refresh()
        self._select([run])

    def _select(self, runs: list[RunFolder]) -> None:
        table = self.table
        table.setSelectionMode(QAbstractItemView.SelectionMode.MultiSelection)
        table.clearSelection()
        paths = {str(run.path) for run in runs}
        for row in range(table.rowCount()):
            if table.item(row, 0).data(Qt.ItemDataRole.UserRole + 1) in paths:
                table.selectRow(row)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)

    def _show_chosen(self) -> None:
        runs = [run for run in self.chosen() if run in self._summaries]
        summaries = [self._summaries[run] for run in runs]
        one = len(summaries) == 1
        self.resume_button.setEnabled(one and summaries[0].status in UNFINISHED)
        self.export_button.setEnabled(one and bool(summaries[0].networks))
        self.open_button.setEnabled(one)
        self.delete_button.setEnabled(bool(summaries))
        scored = [summary for summary in summaries if summary.networks][:MOST_BARS]
        labels = [short_name(summary.name, len(scored)) for summary in scored]
        self.bars.show_bars(labels, test_errors(scored), y="errors (images)", shown_as="{:.0f}")
        self._show_generations(summaries[0] if one else None)
        self._show_exits(runs[0] if one else None)
        self._notes.setText(Html(notes(summaries)))

    def _show_generations(self, summary: Summary | None) -> None:
        """Turn to the generations of a born-again run; to the errors for any other choice."""
        found = born_again_generations(summary) if summary else None
        if found:
            self.generations.show_generations(found)
        self.figures.set_available(GENERATIONS, found is not None)
        self.figures.show_widget(GENERATIONS if found else ERRORS)

    def _show_exits(self, run: RunFolder | None) -> None:
        """Turn to the exits of a run that has some."""
        found = run is not None and has_exits(run)
        self.figures.set_available(COSTS, found)
        if run is not None and found:
            self.exits.show_run(run)
            self.figures.show_widget(COSTS)

    def _delete(self) -> None:
        runs = self.chosen()
        names = "\n".join(run.name for run in runs)
        question = f"Delete {'this run' if len(runs) == 1 else f'these {len(runs)} runs'} for good?"
        box = QMessageBox(QMessageBox.Icon.Question, "Delete runs", question, parent=self)
        box.setInformativeText(names)
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.exec()
        if box.clickedButton() is not delete:
            return
        for run in runs:
            try:
                run.delete()
            except (KDStudioError, OSError) as error:
                self.complained.emit(str(error))
        self.refresh()


def has_exits(run: RunFolder) -> bool:
    """Tell whether the run has networks that end early; one that is damaged has none."""
    try:
        return bool(exits_of(run))
    except KDStudioError:
        return False


def open_folder(run: RunFolder) -> None:
    """Show the run's folder in the file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(run.path)))


def cells(folder: RunFolder, summary: Summary) -> list[CompareRow]:
    """Make one row of the table."""
    name = CompareRow(summary.name, summary.name, number=False)
    name.setData(Qt.ItemDataRole.UserRole + 1, str(folder.path))
    name.setToolTip(str(folder.path))
    strategy = summary.experiment["strategy"]["name"]
    row = [name, CompareRow(strategy, strategy, number=False)]
    row.append(CompareRow(summary.status, summary.status, number=False))
    for network in ("teacher", "baseline", "student"):
        scores = summary.networks.get(network)
        share = scores.test.accuracy if scores else -1.0
        row.append(CompareRow(f"{share:.2%}" if scores else "–", share, number=True))
    student = summary.networks.get("student")
    errors = student.test.errors if student else -1
    row.append(CompareRow(f"{errors:,}" if student else "–", errors, number=True))
    row.append(CompareRow(spoken_duration(summary.seconds), summary.seconds, number=True))
    started = datetime.fromisoformat(summary.started)
    row.append(CompareRow(f"{started:%d %b %Y %H:%M}", started.timestamp(), number=False))
    return row


def short_name(name: str, many: int) -> str:
    """Name under a group of bars, without the date where there are several."""
    first, _, rest = name.partition("-")
    return rest if many > 1 and first.isdigit() and rest else name


def notes(summaries: list[Summary]) -> str:
    """Say what is worth knowing of the chosen runs."""
    if not summaries:
        return "Select a run above."
    if len(summaries) == 1:
        return _notes_of_one(summaries[0])
    rows = differing_settings(summaries)
    if not rows:
        return "All settings of these runs are equal."
    head = "".join(f"<th align='left'>{short_name(s.name, 2)}&nbsp;&nbsp;</th>" for s in summaries)
    body = "".join(
        f"<tr><td>{path}&nbsp;&nbsp;</td>" + "".join(f"<td>{value}</td>" for value in values) + "</tr>"
        for path, values in rows.items()
    )
    return f"Only what differs:<table cellspacing='4'><tr><td></td>{head}</tr>{body}</table>"


def _notes_of_one(summary: Summary) -> str:
    parts = []
    if summary.error:
        parts.append(f"<b>Failed:</b> {summary.error}")
    if summary.networks:
        rows = "".join(
            f"<tr><td>{name}&nbsp;</td><td>{n.architecture}&nbsp;</td>"
            f"<td align='right'>{n.parameters:,}&nbsp;</td>"
            f"<td align='right'>{n.test.accuracy:.2%}&nbsp;</td>"
            f"<td align='right'>{n.best_epoch.test.accuracy:.2%}</td></tr>"
            for name, n in ((name, summary.networks[name]) for name in network_names([summary]))
        )
        head = "<th align='left'>network</th><th></th><th>parameters</th><th>last</th><th>best epoch</th>"
        parts.append(f"<table cellspacing='4'><tr>{head}</tr>{rows}</table>")
    parts += map(_table, findings(summary))
    about = summary.experiment.get("about", {})
    if about.get("published"):
        figures = "<br>".join(f"{f['what']}: <b>{f['value']}</b>" for f in about["published"])
        parts.append(f"<b>Published</b><br>{figures}")
    strategy = summary.experiment["strategy"]
    settings = ", ".join(f"{key} {value}" for key, value in strategy.items() if key != "name")
    parts.append(f"<b>{strategy['name']}</b>: {settings}" if settings else f"<b>{strategy['name']}</b>")
    return "<p>" + "</p><p>".join(parts) + "</p>"


def _table(found: Findings) -> str:
    names = len(found.columns) - found.figures
    sides = ["left"] * names + ["right"] * found.figures
    head = "".join(f"<th align='{s}'>{c}&nbsp;</th>" for s, c in zip(sides, found.columns, strict=True))
    rows = "".join(
        "<tr>" + "".join(f"<td align='{s}'>{c}&nbsp;</td>" for s, c in zip(sides, row, strict=True)) + "</tr>"
        for row in found.rows
    )
    return f"<b>{found.title}</b><table cellspacing='4'><tr>{head}</tr>{rows}</table>"
