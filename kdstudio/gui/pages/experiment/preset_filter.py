"""A menu that narrows the gallery: one strategy, one kind of data, no longer than a time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from kdstudio.runs.preset_facts import TIMES, PresetFacts, Took


class PresetFilter(QToolButton):
    """Says in its text how many things it narrows by."""

    changed = Signal()

    def __init__(self) -> None:
        """Let everything through; there is nothing to choose from before :meth:`offer`."""
        super().__init__(objectName="menu")
        self.setAccessibleName("Filter presets")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setText("Filter")
        self.setMenu(QMenu(self))

    def offer(self, presets: Sequence[PresetFacts]) -> None:
        """Offer what ``presets`` have."""
        menu = self.menu()
        self.strategy = self._add(menu, "Strategy", sorted({facts.strategy for facts in presets}))
        self.data = self._add(menu, "Data", sorted({facts.data for facts in presets}, key=str.lower))
        self.time = self._add(menu, "Time", [f"up to {time}" for time in TIMES])
        menu.addSeparator()
        menu.addAction("Show all", self.clear)
        self._tell()

    def _add(self, menu: QMenu, title: str, values: Sequence[str]) -> QActionGroup:
        inner, group = menu.addMenu(title), QActionGroup(self)
        for value in ("Any", *values):
            action = QAction(value, group, checkable=True, checked=value == "Any")
            inner.addAction(action)
        group.triggered.connect(self._tell)
        return group

    def choose(self, group: QActionGroup, value: str) -> None:
        """Choose one value of a group, as a click on it does."""
        next(action for action in group.actions() if action.text() == value).trigger()

    def clear(self) -> None:
        """Let everything through."""
        for group in (self.strategy, self.data, self.time):
            group.actions()[0].setChecked(True)
        self._tell()

    def lets_through(self, facts: PresetFacts, took: Took) -> bool:
        """Tell whether a preset is of what is chosen; of an unknown time it is not quick."""
        time = chosen(self.time).removeprefix("up to ")
        return (
            chosen(self.strategy) in ("", facts.strategy)
            and chosen(self.data) in ("", facts.data)
            and (not time or (took.seconds is not None and took.seconds <= TIMES[time]))
        )

    def _tell(self) -> None:
        words = [chosen(group) for group in (self.strategy, self.data, self.time)]
        count = sum(map(bool, words))
        self.setText(f"Filter ({count})" if count else "Filter")
        self.setToolTip(", ".join(filter(None, words)) or "By strategy, data and time")
        self.changed.emit()


def chosen(group: QActionGroup) -> str:
    """Return what is ticked; empty where that is anything."""
    text = group.checkedAction().text()
    return "" if text == "Any" else text
