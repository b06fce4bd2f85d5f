"""Looking for runs: words, a few quick choices, and whether seeds are gathered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.search_line import SearchLine
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.labels import Labels
from kdstudio.runs.searching import Query, data_of, states, strategy_of
from kdstudio.runs.summary import Summary

HINT = "Search: name, tag, note, temperature=8 …"
ANY = {"state": "any state", "strategy": "any strategy", "data": "any data", "tag": "any tag"}
"""What each quick choice says while it asks for nothing, by the name that a query has for it."""
NARROWEST = 90
FIND_KEY = "Ctrl+F"


class FilterBar(QWidget):
    """A line to type in, a box for each quick choice, a tick."""

    changed = Signal()

    def __init__(self) -> None:
        """Look for everything, seeds gathered."""
        super().__init__()
        self.words = SearchLine("Search in runs", HINT)
        self.words.setToolTip(f"Every word must be in the run's name, tags, note or settings ({FIND_KEY})")
        self.words.textChanged.connect(self.changed)
        self.boxes = {key: Choices() for key in ANY}
        self.gather = QCheckBox("Gather seeds", checked=True)
        self.gather.setToolTip("Runs that differ in nothing but the seed are one row: mean ± deviation")
        self.gather.toggled.connect(self.changed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        for key, box in self.boxes.items():
            box.addItem(ANY[key], "")
            box.setAccessibleName(f"Runs of {ANY[key]}")
            box.setMinimumWidth(NARROWEST)
            box.setSizeAdjustPolicy(Choices.SizeAdjustPolicy.AdjustToContents)
            box.currentIndexChanged.connect(self.changed)
            row.addWidget(box)
        row.addWidget(self.gather)
        self.find = QAction(self, text="Search", shortcut=FIND_KEY)
        self.find.triggered.connect(self._find)

    def _find(self) -> None:
        self.words.setFocus()
        self.words.selectAll()

    @property
    def query(self) -> Query:
        """What is looked for."""
        return Query(self.words.text(), **{key: box.currentData() for key, box in self.boxes.items()})

    def clear(self) -> None:
        """Look for everything."""
        blocked = [QSignalBlocker(widget) for widget in (self.words, *self.boxes.values())]
        self.words.clear()
        for box in self.boxes.values():
            box.setCurrentIndex(0)
        del blocked
        self.changed.emit()

    def offer(self, summaries: Mapping[RunFolder, Summary], labels: Mapping[RunFolder, Labels]) -> None:
        """Offer what there is in these runs; what was chosen stays, be there runs of it or not."""
        found = summaries.values()
        self._fill("state", (state for summary in found for state in states(summary)))
        self._fill("strategy", map(strategy_of, found))
        self._fill("data", filter(None, map(data_of, found)))
        self._fill("tag", (tag for said in labels.values() for tag in said.tags))

    def _fill(self, key: str, values: Iterable[str]) -> None:
        box = self.boxes[key]
        before = str(box.currentData())
        wanted = sorted({*values, before} - {""})
        box.setVisible(len(wanted) > 1 or bool(before) or (key == "tag" and bool(wanted)))
        if ["", *wanted] == [box.itemData(place) for place in range(box.count())]:
            return
        with QSignalBlocker(box):
            box.clear()
            box.addItem(ANY[key], "")
            for value in wanted:
                box.addItem(value, value)
            box.setCurrentIndex(box.findData(before))
