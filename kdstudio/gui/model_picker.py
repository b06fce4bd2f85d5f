"""A dialog to choose an architecture: search, sizes, and the tree of its layers and taps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from kdstudio.declaration import ProgressCallback
from kdstudio.errors import KDStudioError
from kdstudio.gui.background import BackgroundJob
from kdstudio.gui.choosing.chooser import MOVES
from kdstudio.gui.html import bold, lines
from kdstudio.gui.layout import text_label, tip
from kdstudio.gui.list_table import LEFT, RIGHT, ListTable
from kdstudio.gui.saving.button import SaveButton
from kdstudio.gui.saving.keys import SavingKeys
from kdstudio.gui.search_line import SearchLine
from kdstudio.gui.spoken import spoken_count
from kdstudio.models.catalogue import Layer, known_models, layers
from kdstudio.models.complexity import Complexity
from kdstudio.models.declaration import ImageShape, ModelSpec
from kdstudio.runs.choices import Choice, choices_of
from kdstudio.runs.preview import cost

SIDES = {"Architecture": LEFT, "Weights": RIGHT, "Mult-adds": RIGHT}
WEIGHTS, TAP = 2, 3
"""Columns of the tree."""


class Row(NamedTuple):
    """One architecture, and what it costs; None where it cannot take such images."""

    spec: ModelSpec
    cost: Complexity | None

    @property
    def choice(self) -> Choice:
        """What is said of its family."""
        return choices_of([type(self.spec)])[0]


class ModelPicker(QDialog):
    """Architectures with their sizes for the images at hand; the chosen one's layers beside."""

    chosen = Signal(object)

    def __init__(self, image: ImageShape, classes: int, parent: QWidget | None = None) -> None:
        """Sizes are counted for ``image`` and ``classes``, in the background."""
        super().__init__(parent)
        self.setWindowTitle("Choose an architecture")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(920, 560)
        self._image, self._classes = image, classes
        self._rows: list[Row] = []
        self._counted: list[Row] = []
        """What the thread has counted so far."""
        self.search = SearchLine("Search", "Search: resnet, 8x4, mobilenet …")
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.about = text_label()
        self.about.hide()
        self.about.setAccessibleName("About the selected architecture")
        self.table = ListTable("Architectures", SIDES)
        self.table.setSelectionMode(ListTable.SelectionMode.SingleSelection)
        self.table.itemSelectionChanged.connect(self._show_layers)
        self.table.itemDoubleClicked.connect(lambda _item: self.accept())
        SavingKeys(self)
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(["Layer", "Kind", "Weights", "Tap"])
        self.tree.headerItem().setTextAlignment(WEIGHTS, RIGHT)
        self.tree.setAccessibleName("Layers and taps")
        self.note = QLabel("counting weights and multiply-adds …", objectName="muted")
        self._lay_out()
        self._counting, self._listing = BackgroundJob("sizes", self), BackgroundJob("layers", self)
        self._counting.progressed.connect(self._add_counted)
        self._counting.done.connect(self._finish)
        self._listing.done.connect(self._fill_tree)
        counted = self._counted
        self._counting.start(lambda progress: count_all(image, classes, counted, progress))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        head = QHBoxLayout()
        head.addWidget(self.search, 1)
        head.addWidget(SaveButton("the table of architectures", lambda: self.table.saving))
        column.addLayout(head)
        row, side = QHBoxLayout(), QVBoxLayout()
        side.addWidget(self.about)
        side.addWidget(self.tree, 1)
        row.addWidget(self.table, 5)
        row.addLayout(side, 6)
        column.addLayout(row, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.note, 1)
        buttons = QDialogButtonBox()
        self.choose_button = buttons.addButton("Choose", QDialogButtonBox.ButtonRole.AcceptRole)
        self.choose_button.setEnabled(False)
        buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        foot.addWidget(buttons)
        column.addLayout(foot)

    def _add_counted(self) -> None:
        for row in self._counted[len(self._rows) :]:
            self._add(row)

    def _finish(self) -> None:
        self._add_counted()
        size = "×".join(map(str, self._image[:3]))
        self.note.setText(f"counted for images of {size} and {self._classes} classes")

    def _add(self, row: Row) -> None:
        self._rows.append(row)
        texts = (
            row.spec.summary(),
            spoken_count(row.cost.parameters) if row.cost else "not for such images",
            spoken_count(row.cost.multiply_adds) if row.cost else "",
        )
        about = tip(f"{type(row.spec).headline()}\n{row.choice.origin}".strip())
        self.table.add_row(texts, about, usable=row.cost is not None)
        self.table.setRowHidden(len(self._rows) - 1, not self._matches(row))

    def _matches(self, row: Row) -> bool:
        words = self.search.text().lower().split()
        return all(word in row.spec.summary().lower() or row.choice.matches(word) for word in words)

    def _filter(self) -> None:
        """Show the rows that match; the first that can be chosen is selected."""
        first = None
        for number, row in enumerate(self._rows):
            fits = self._matches(row)
            self.table.setRowHidden(number, not fits)
            first = number if fits and row.cost and first is None else first
        if first is None:
            self.table.clearSelection()
        else:
            self.table.selectRow(first)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Let the arrow keys move in the table while the search has the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in MOVES:
            QApplication.sendEvent(self.table, event)
            return True
        return super().eventFilter(watched, event)

    def selected(self) -> ModelSpec | None:
        """Return the architecture that is selected."""
        rows = self.table.chosen_rows()
        return self._rows[rows[0]].spec if rows else None

    def _show_layers(self) -> None:
        spec = self.selected()
        self.choose_button.setEnabled(spec is not None)
        self.about.setVisible(spec is not None)
        if spec is not None:
            choice = choices_of([type(spec)])[0]
            self.about.setText(lines(bold(choice.title), choice.line, choice.origin))
            image, classes = self._image, self._classes
            self._listing.start(lambda _progress: layers(spec, image, classes))

    def _fill_tree(self, found: list[Layer]) -> None:
        self.tree.clear()
        parents: dict[str, QTreeWidgetItem] = {}
        for layer in found:
            above, _, name = layer.path.rpartition(".")
            texts = [name, layer.kind, f"{layer.parameters:,}", layer.tap]
            item = QTreeWidgetItem(texts)
            item.setToolTip(0, f"any layer can be read by its path: {layer.path}")
            item.setTextAlignment(WEIGHTS, RIGHT)
            parents[layer.path] = item
            if above in parents:
                parents[above].addChild(item)
            else:
                self.tree.addTopLevelItem(item)
        for item in tapped(parents.values()):
            font = item.font(TAP)
            font.setBold(True)
            item.setFont(TAP, font)
            if item.parent() is not None:
                item.parent().setExpanded(True)
        for column in range(3):
            self.tree.resizeColumnToContents(column)

    def accept(self) -> None:
        """Take what is selected."""
        spec = self.selected()
        if spec is not None:
            self.chosen.emit(spec)
            super().accept()

    def done(self, result: int) -> None:
        """Stop counting."""
        self._counting.cancel()
        self._listing.cancel()
        super().done(result)


def count_all(image: ImageShape, classes: int, counted: list[Row], progress: ProgressCallback) -> None:
    """Append a row to ``counted`` for every known architecture."""
    for spec in known_models():
        progress(spec.summary(), 0.0)
        try:
            found: Complexity | None = cost(spec, image, classes)
        except (KDStudioError, TypeError, AssertionError):
            found = None
        counted.append(Row(spec, found))


def tapped(items: Iterable[QTreeWidgetItem]) -> list[QTreeWidgetItem]:
    """Items that have a tap."""
    return [item for item in items if item.text(TAP)]
