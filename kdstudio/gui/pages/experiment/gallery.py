"""The presets to begin with, in their groups: searched by words, narrowed by strategy, data and time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from kdstudio.gui.layout import scrolled
from kdstudio.gui.pages.experiment.preset_button import PresetButton
from kdstudio.gui.pages.experiment.preset_filter import PresetFilter
from kdstudio.gui.search_line import SearchLine
from kdstudio.runs.preset_facts import PresetFacts, Took, preset_facts, took
from kdstudio.runs.summary import Summary

LEAST_WIDTH, WIDTH = 172, 250


class Gallery(QWidget):
    """A button for each preset, and buttons for files."""

    picked = Signal(str)
    """Name of a preset."""
    open_wanted = Signal()
    save_wanted = Signal()

    def __init__(self) -> None:
        """Show none before :meth:`fill`: the form need not wait until all presets have been read."""
        super().__init__()
        self._facts: Sequence[PresetFacts] = ()
        self._took: dict[str, Took] = {}
        self._finished: list[Summary] = []
        self._source = ""
        self._headings: dict[str, QLabel] = {}
        self._presets = QButtonGroup(self, exclusive=True)
        self.search = SearchLine("Search in presets", "Search")
        self.search.setToolTip("Name, author, year, strategy, data, or what it shows")
        self.filter = PresetFilter()
        self.count = QLabel(objectName="muted", wordWrap=True)
        self.count.hide()
        presets = QWidget()
        self._column = QVBoxLayout(presets)
        self._column.setContentsMargins(0, 0, 6, 0)
        self._column.setSpacing(8)
        files = QHBoxLayout()
        for text, signal in (("Open…", self.open_wanted), ("Save as…", self.save_wanted)):
            button = QPushButton(text)
            button.clicked.connect(signal)
            files.addWidget(button)
        line = QHBoxLayout()
        line.addWidget(self.search, 1)
        line.addWidget(self.filter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(QLabel("Presets", objectName="title"))
        column.addLayout(line)
        column.addWidget(self.count)
        self._scroll = scrolled(presets)
        column.addWidget(self._scroll, 1)
        column.addLayout(files)
        self.setMinimumWidth(LEAST_WIDTH)
        self.setMaximumWidth(WIDTH)
        self.search.textChanged.connect(self._narrow)
        self.search.left.connect(self._enter)
        self.search.returnPressed.connect(self._pick_first)
        self.filter.changed.connect(self._narrow)

    def fill(self) -> None:
        """Show every preset that ships."""
        found = preset_facts()
        self.filter.offer(found)
        for facts in found:
            if facts.group not in self._headings:
                heading = QLabel(facts.group, objectName="subheading", wordWrap=True)
                self._headings[facts.group] = heading
                self._column.addWidget(heading)
            button = PresetButton(facts)
            button.clicked.connect(lambda _checked, chosen=facts.name: self.picked.emit(chosen))
            button.toggled.connect(partial(self._bring_in_sight, button))
            self._presets.addButton(button)
            self._column.addWidget(button)
        self._column.addStretch(1)
        self._facts = found
        self.mark(self._source)
        self._tell_times()

    def button(self, name: str) -> PresetButton:
        """Return the button of the preset called ``name``."""
        return next(button for button in self._presets.buttons() if button.name == name)

    def shown(self) -> list[str]:
        """Names of the presets that search and filter leave."""
        return [button.name for button in self._presets.buttons() if not button.isHidden()]

    def mark(self, source: str) -> None:
        """Mark the preset that the form began with; none where that was a file."""
        self._source = source
        self._presets.setExclusive(False)
        for button in self._presets.buttons():
            button.setChecked(button.name == source)
        self._presets.setExclusive(True)

    def _bring_in_sight(self, button: PresetButton, chosen: bool) -> None:
        if chosen:
            self._scroll.ensureWidgetVisible(button)

    def show_times(self, summaries: Collection[Summary]) -> None:
        """Say how long each preset took on this machine, as far as ``summaries`` tell."""
        finished = [summary for summary in summaries if summary.status == "finished"]
        if finished == self._finished:  # runs that go on are told every second
            return
        self._finished = finished
        self._tell_times()

    def _tell_times(self) -> None:
        self._took = {facts.name: took(facts, self._finished) for facts in self._facts}
        for button in self._presets.buttons():
            button.show_time(self._took[button.name])
        self._narrow()

    def _narrow(self) -> None:
        words, headings = self.search.text(), set()
        for facts, button in zip(self._facts, self._presets.buttons(), strict=True):
            fits = facts.matches(words) and self.filter.lets_through(facts, self._took[facts.name])
            button.setVisible(fits)
            headings |= {facts.group} if fits else set()
        for group, heading in self._headings.items():
            heading.setVisible(group in headings)
        count = len(self.shown())
        self.count.setVisible(count < len(self._facts))
        none = " Clear the search or the filter." if not count else ""
        self.count.setText(f"{count} of {len(self._facts)} presets.{none}")

    def _enter(self) -> None:
        """Go from the search to the first preset."""
        if names := self.shown():
            self.button(names[0]).setFocus(Qt.FocusReason.TabFocusReason)

    def _pick_first(self) -> None:
        if names := self.shown():
            self.button(names[0]).click()
