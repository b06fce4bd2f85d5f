"""All runs in a table that sorts by what its cells mean; several can be chosen, seeds are gathered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QSettings,
    QSignalBlocker,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QStyledItemDelegate, QStyleOptionViewItem, QTreeView

from kdstudio.gui.pages.compare.entries import COLUMNS, RUN_COLUMN, STARTED_COLUMN, Entry
from kdstudio.gui.pages.compare.runs_model import ENTRY, SORTED_BY, Index, Rows, RunsModel
from kdstudio.gui.saving.saving import Saving
from kdstudio.gui.saving.tables import table_content
from kdstudio.gui.theme import Theme
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.table_formats import TextTable

HEIGHT = 190
LEAST_NAME, BROADEST_NAME = 160, 420
"""Width of the column of names: what the others leave, within these."""
PADDING = 25
"""Around the text of a cell."""
INDENT = 16
MEASURED = 30
"""Rows that tell how broad the columns need to be."""
ROW = 28
HIDDEN = "compare/hidden"
"""Setting: titles of the columns that are not shown."""
HIDDEN_AT_FIRST = ("Data",)
Chosen = frozenset[frozenset[RunFolder]]
"""For each row, the runs that it stands for."""


class RowDelegate(QStyledItemDelegate):
    """Leaves room between the lines."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Make all rows of one height."""
        return super().sizeHint(option, index).expandedTo(QSize(0, ROW))


class RunsTable(QTreeView):
    """The runs, the newest at the top at first."""

    chosen_changed = Signal()
    opened = Signal(object)
    """A run was double-clicked, or Enter pressed on it."""

    def __init__(self, theme: Theme) -> None:
        """Empty."""
        super().__init__()
        self.runs = RunsModel(theme)
        theme.changed.connect(self.viewport().update)
        ordered = QSortFilterProxyModel(self)
        ordered.setSourceModel(self.runs)
        ordered.setSortRole(SORTED_BY)
        self.setModel(ordered)
        self.setItemDelegate(RowDelegate(self))
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(True)
        self.setSortingEnabled(True)
        self.sortByColumn(STARTED_COLUMN, Qt.SortOrder.DescendingOrder)
        self.setSelectionBehavior(QTreeView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTreeView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QTreeView.EditTrigger.EditKeyPressed)
        self.setExpandsOnDoubleClick(False)
        self.setIndentation(INDENT)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Runs")
        self.setMinimumHeight(HEIGHT)
        self.doubleClicked.connect(self._open)
        self.header().sortIndicatorChanged.connect(self._fit_columns)
        self._dress_header()
        self.saving = Saving(self, lambda: table_content(self, "Runs", lambda: [self.shown()]))

    def _dress_header(self) -> None:
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._open_header_menu)
        hidden = QSettings().value(HIDDEN, list(HIDDEN_AT_FIRST))
        self._unwanted = {hidden} if isinstance(hidden, str) else {*(hidden or ())}
        self._show_columns()

    def _open_header_menu(self, place: QPoint) -> None:
        menu = self.header_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.header().mapToGlobal(place))

    def header_menu(self) -> QMenu:
        """Offer which columns are shown; names always are."""
        menu = QMenu(self)
        for place, column in enumerate(COLUMNS):
            if place != RUN_COLUMN:
                action = menu.addAction(column.title)
                action.setCheckable(True)
                action.setChecked(column.title not in self._unwanted)
                action.toggled.connect(lambda _shown, title=column.title: self._want_column(title))
        return menu

    def _want_column(self, title: str) -> None:
        """Show a column that was not wanted, or the other way round."""
        self._unwanted ^= {title}
        QSettings().setValue(HIDDEN, sorted(self._unwanted))
        self._show_columns()
        self._fit_columns()

    def _show_columns(self) -> None:
        """Show the columns that are wanted and that tell something of some run; names always are."""
        entries = [index.data(ENTRY) for index in self._tops()]
        for place, column in enumerate(COLUMNS):
            is_empty = bool(entries) and all(column.value(entry) == "" for entry in entries)
            hidden = is_empty or column.title in self._unwanted
            self.setColumnHidden(place, hidden and place != RUN_COLUMN)

    def _fit_columns(self) -> None:
        """Give every column what it needs, and the names what is left; more than there is scrolls.

        The texts of the first rows count, which are in sight.
        """
        texts = [index.data(ENTRY).texts for index in islice(self._tops(), MEASURED)]
        left = self.viewport().width()
        for place in range(len(COLUMNS)):
            if place != RUN_COLUMN and not self.isColumnHidden(place):
                width = max(self._text_width(texts, place), self.header().sectionSizeHint(place))
                self.setColumnWidth(place, width)
                left -= width
        needed = self._text_width(texts, RUN_COLUMN) + INDENT
        self.setColumnWidth(RUN_COLUMN, max(left, min(needed, BROADEST_NAME), LEAST_NAME))

    def _text_width(self, texts: Sequence[Sequence[str]], column: int) -> int:
        """Width that the longest of a column's texts need."""
        longest = sorted({each[column] for each in texts}, key=len)[-3:]
        return max(map(self.fontMetrics().horizontalAdvance, longest), default=0) + PADDING

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Fit the columns anew."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width() and self.isVisible():
            self._fit_columns()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Fit the columns to what there is now."""
        super().showEvent(event)
        self._fit_columns()

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:  # noqa: N802
        """Tell it."""
        super().selectionChanged(selected, deselected)
        self.chosen_changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Open the run with Enter."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and self.state() is not QTreeView.State.EditingState and self.currentIndex().isValid():
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _open(self, index: QModelIndex) -> None:
        entry: Entry = index.data(ENTRY)
        first = index.siblingAtColumn(0)
        if entry.is_gathered:
            self.setExpanded(first, not self.isExpanded(first))
        elif not entry.is_damaged:
            self.opened.emit(entry.group.run)

    def rename(self) -> None:
        """Edit the name of the run that has the focus."""
        index = self.currentIndex().siblingAtColumn(RUN_COLUMN)
        self.setCurrentIndex(index)
        self.edit(index)

    def show_rows(self, rows: Rows, chosen: Iterable[RunFolder], *, anew: bool = False) -> None:
        """Show these rows, without telling that the choice has changed.

        What was chosen stays so; ``anew``, or where nothing is left of it, the row of ``chosen`` is.
        """
        usual = {frozenset(chosen)}
        wanted = usual if anew else {*self._chosen_rows()}
        unfolded = {run for index in self._tops() if self.isExpanded(index) for run in index.data(ENTRY).runs}
        with QSignalBlocker(self):
            self.setRootIsDecorated(any(within for _, within in rows))
            kept = self.runs.show(rows)
            self._show_columns()
            if not kept:
                for index in self._tops():
                    self.setExpanded(index, not unfolded.isdisjoint(index.data(ENTRY).runs))
            if self.isVisible():
                self._fit_columns()
            if not kept or anew:
                self._select(wanted or usual)
                if not self.selectionModel().hasSelection():
                    self._select(usual)

    def chosen_entries(self) -> list[Entry]:
        """Return what the selected rows show, from the top; a run within a selected group stands in that."""
        selected = {*self.selectionModel().selectedRows()}
        outside = (index for index in selected if index.parent() not in selected)
        return [index.data(ENTRY) for index in sorted(outside, key=_place)]

    def chosen(self) -> list[RunFolder]:
        """Return all runs of the selected rows."""
        return [run for entry in self.chosen_entries() for run in entry.runs]

    def _chosen_rows(self) -> Chosen:
        return frozenset(frozenset(entry.runs) for entry in self.chosen_entries())

    def _tops(self) -> Iterator[QModelIndex]:
        for row in range(self.model().rowCount()):
            yield self.model().index(row, 0)

    def _indexes(self) -> Iterator[QModelIndex]:
        """All rows, from the top."""
        for index in self._tops():
            yield index
            for row in range(self.model().rowCount(index)):
                yield self.model().index(row, 0, index)

    def _select(self, wanted: set[frozenset[RunFolder]]) -> None:
        """Select the rows of ``wanted``; a run within a group unfolds it, a group may grow."""
        groups = {run for runs in wanted if len(runs) > 1 for run in runs}
        singles = {run for runs in wanted if len(runs) == 1 for run in runs}
        selection, last, first = QItemSelection(), len(COLUMNS) - 1, QModelIndex()
        for index in self._indexes():
            entry: Entry = index.data(ENTRY)
            inside = index.parent()
            looked_for = groups if entry.is_gathered or not inside.isValid() else set()
            if not looked_for.isdisjoint(entry.runs) or (not entry.is_gathered and entry.runs[0] in singles):
                selection.select(index, index.siblingAtColumn(last))
                first = first if first.isValid() else index
                if inside.isValid():
                    self.setExpanded(inside, True)
        flags = QItemSelectionModel.SelectionFlag
        if first.isValid():
            self.selectionModel().setCurrentIndex(first, flags.NoUpdate)
            self.scrollTo(first)
        self.selectionModel().select(selection, flags.ClearAndSelect)

    def shown(self) -> TextTable:
        """Read what is in sight, in its order; what is folded away or hidden is left out."""
        header, model = self.header(), self.model()
        order = sorted(range(len(COLUMNS)), key=header.visualIndex)
        columns = [column for column in order if not self.isColumnHidden(column)]
        indexes = [i for i in self._indexes() if not i.parent().isValid() or self.isExpanded(i.parent())]
        body = [[COLUMNS[column].written(index.data(ENTRY)) for column in columns] for index in indexes]
        heads = [str(model.headerData(column, Qt.Orientation.Horizontal)) for column in columns]
        return TextTable("", heads, body, "".join("r" if COLUMNS[c].is_number else "l" for c in columns))


def _place(index: QModelIndex) -> tuple[int, int]:
    """Tell how far from the top a row stands: its own place, or that of the row it is in, and there."""
    inside = index.parent()
    return (inside.row(), index.row()) if inside.isValid() else (index.row(), -1)
