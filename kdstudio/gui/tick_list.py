"""A list of things to tick, each with a line about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from kdstudio.gui.layout import clear, scrolled, text_label

INDENT = 23
"""Pixels before what stands below a tick: where its text begins."""
GAP = 6


class Tick(NamedTuple):
    """One thing that can be ticked."""

    key: str
    title: str
    about: str
    available: bool = True
    more: QWidget | None = None
    """What can be chosen about it; in sight while it is ticked."""


class TickList(QWidget):
    """Boxes below each other; many scroll."""

    changed = Signal()
    """Something else is ticked."""

    def __init__(self, name: str) -> None:
        """Empty; ``name`` tells those who cannot see what is listed here."""
        super().__init__()
        self.boxes: dict[str, QCheckBox] = {}
        self._entries = QWidget()
        self._column = QVBoxLayout(self._entries)
        self._column.setContentsMargins(0, 0, GAP, 0)
        self._column.setSpacing(GAP)
        self.area: QScrollArea = scrolled(self._entries)
        self.area.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)  # it scrolls
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.area)

    def ticked(self) -> list[str]:
        """Keys of what is ticked, in the order of the list."""
        return [key for key, box in self.boxes.items() if box.isChecked()]

    def offer(self, ticks: Iterable[Tick], ticked: Collection[str]) -> None:
        """List ``ticks`` instead of what was there, ``ticked`` of them ticked; nobody is told."""
        clear(self._column)
        self.boxes = {}
        for tick in ticks:
            self._add(tick, is_ticked=tick.available and tick.key in ticked)
        self._column.addStretch(1)

    def _add(self, tick: Tick, *, is_ticked: bool) -> None:
        box = QCheckBox(tick.title.replace("&", "&&"))  # else it marks a shortcut
        box.setChecked(is_ticked)
        box.setEnabled(tick.available)
        box.setAccessibleDescription(tick.about)
        box.toggled.connect(self.changed)
        self.boxes[tick.key] = box
        below = QVBoxLayout()
        below.setContentsMargins(INDENT, 0, 0, 0)
        below.setSpacing(GAP)
        below.addWidget(text_label(tick.about, "muted"))
        if tick.more is not None:
            below.addWidget(tick.more)
            tick.more.setVisible(is_ticked)
            box.toggled.connect(tick.more.setVisible)
        entry = QWidget()
        column = QVBoxLayout(entry)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(box)
        column.addLayout(below)
        self._column.addWidget(entry)
