"""All runs in a table that sorts by what its cells mean; several can be chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from math import inf
from typing import NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QHeaderView, QTableView

from kdstudio.gui.saving.tables import save_table
from kdstudio.runs.figures import FIGURES, MISSING, Spread
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.results import Headline, headline
from kdstudio.runs.state import spoken_duration
from kdstudio.runs.summary import Summary

SORTED_BY = Qt.ItemDataRole.UserRole
RUN = Qt.ItemDataRole.UserRole + 1
HEIGHT = 230
BROADEST = 360
"""Width of a column of long names."""
Index = QModelIndex | QPersistentModelIndex


class Entry(NamedTuple):
    """A row."""

    run: RunFolder
    summary: Summary
    headline: Headline


class Column(NamedTuple):
    """A column: what its cells sort by, and what they say."""

    title: str
    value: Callable[[Entry], float | str]
    text: Callable[[Entry], str]
    is_number: bool = False
    tip: Callable[[Entry], str] = lambda _entry: ""


def word(title: str, read: Callable[[Entry], str]) -> Column:
    """Make a column of words."""
    return Column(title, read, read)


def figure(title: str, key: str, read: Callable[[Headline], Spread | None]) -> Column:
    """Make a column of a figure; runs without it are the smallest."""

    def value(entry: Entry) -> float:
        spread = read(entry.headline)
        return spread.mean if spread else -1.0

    return Column(title, value, lambda entry: FIGURES[key].text(read(entry.headline)), is_number=True)


def started(entry: Entry) -> datetime:
    """When the run began."""
    return datetime.fromisoformat(entry.summary.started)


def gain(entry: Entry) -> float:
    """How many errors fewer; runs of one seed, and those that compare nothing, are the smallest."""
    found = entry.headline.effect
    return -found.difference if found and found.seeds > 1 else -inf


def effect(entry: Entry) -> str:
    """What the result gains, in a few words."""
    found = entry.headline.effect
    return found.brief if found else MISSING


def spoken_effect(entry: Entry) -> str:
    """All that is to be said of it."""
    found = entry.headline.effect
    return f"{found.result} against {found.control}: {found.text}" if found else ""


COLUMNS = (
    word("Run", lambda entry: entry.summary.name)._replace(tip=lambda entry: str(entry.run.path)),
    word("Strategy", lambda entry: entry.summary.experiment["strategy"]["name"]),
    word("State", lambda entry: entry.summary.spoken_status),
    figure("Teacher", "accuracy", lambda found: found.reference),
    figure("Control", "accuracy", lambda found: found.control),
    figure("Result", "accuracy", lambda found: found.result),
    Column("Against control", gain, effect, tip=spoken_effect),
    figure("Errors", "errors", lambda found: found.errors),
    Column("Time", lambda e: e.summary.seconds, lambda e: spoken_duration(e.summary.seconds), is_number=True),
    Column("Started", lambda e: started(e).timestamp(), lambda e: f"{started(e):%d %b %Y %H:%M}"),
)


class RunsModel(QAbstractTableModel):
    """Runs, one a row."""

    def __init__(self) -> None:
        """No runs."""
        super().__init__()
        self._entries: list[Entry] = []

    def show(self, summaries: Mapping[RunFolder, Summary]) -> None:
        """Show these runs; the views keep their places where only the cells have changed."""
        entries = [Entry(run, summary, headline(summary)) for run, summary in summaries.items()]
        if [entry.run for entry in entries] == [entry.run for entry in self._entries]:
            self._entries = entries
            if entries:
                self.dataChanged.emit(self.index(0, 0), self.index(len(entries) - 1, len(COLUMNS) - 1))
            return
        self.beginResetModel()
        self._entries = entries
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        """How many runs there are."""
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        """How much is told of each."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Tell what a cell holds."""
        entry, column = self._entries[index.row()], COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.text(entry)
            case Qt.ItemDataRole.ToolTipRole:
                return column.tip(entry)
            case Qt.ItemDataRole.TextAlignmentRole:
                return side(column)
            case _ if role == SORTED_BY:
                return column.value(entry)
            case _ if role == RUN:
                return entry.run
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Tell what stands above a column."""
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return side(COLUMNS[section])
        return COLUMNS[section].title if role == Qt.ItemDataRole.DisplayRole else None


def side(column: Column) -> Qt.AlignmentFlag:
    """Numbers stand at the right."""
    across = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
    return across | Qt.AlignmentFlag.AlignVCenter


class RunsTable(QTableView):
    """The runs, the newest at the top at first."""

    chosen_changed = Signal()

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._runs = RunsModel()
        ordered = QSortFilterProxyModel(self)
        ordered.setSourceModel(self._runs)
        ordered.setSortRole(SORTED_BY)
        self.setModel(ordered)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setSortingEnabled(True)
        self.sortByColumn(len(COLUMNS) - 1, Qt.SortOrder.DescendingOrder)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setAccessibleName("Runs")
        self.setMinimumHeight(HEIGHT)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setMaximumSectionSize(BROADEST)
        self.horizontalHeader().setStretchLastSection(True)
        self.setWordWrap(False)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.saving = save_table(self, "Runs")

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:  # noqa: N802
        """Tell it."""
        super().selectionChanged(selected, deselected)
        self.chosen_changed.emit()

    def show_runs(self, summaries: Mapping[RunFolder, Summary], chosen: Iterable[RunFolder]) -> None:
        """Show these runs with ``chosen`` selected, without telling that the choice has changed."""
        wanted = set(chosen)
        before = self.blockSignals(True)
        self._runs.show(summaries)
        if wanted != set(self.chosen()):
            self._select(wanted)
        self.blockSignals(before)

    def chosen(self) -> list[RunFolder]:
        """Return the selected runs, from the top of the table."""
        rows = sorted(self.selectionModel().selectedRows(), key=QModelIndex.row)
        return [index.data(RUN) for index in rows]

    def _select(self, runs: set[RunFolder]) -> None:
        model, selection = self.model(), QItemSelection()
        for row in range(model.rowCount()):
            first = model.index(row, 0)
            if first.data(RUN) in runs:
                selection.select(first, model.index(row, len(COLUMNS) - 1))
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
