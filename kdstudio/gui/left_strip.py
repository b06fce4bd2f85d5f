"""What another day has left in the queue, offered at the top of the window; it stands in nobody's way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from kdstudio.gui.layout import MARGIN
from kdstudio.gui.queue_watch import QueueWatch
from kdstudio.runs.queue.entry import Entry
from kdstudio.runs.queue.queue import Queue

LineUp = Callable[[Sequence[str], Callable[..., None]], None]


class LeftStrip(QFrame):
    """Gone once it is answered, and where nothing was left."""

    def __init__(self, watch: QueueWatch, line_up: LineUp) -> None:
        """``line_up`` puts entries in line, once code that they would run is allowed."""
        super().__init__(objectName="strip")
        self._watch = watch
        self._line_up = line_up
        self._left = watch.left
        self.text = QLabel(objectName="warning")
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN, 6, MARGIN, 6)
        row.addWidget(self.text, 1)
        self.buttons: dict[str, QPushButton] = {}
        for text, tip, act in (
            ("Go on", "Put them in line, and begin", self._go_on),
            ("Not now", "They stay in the queue; Retry puts them in line", self._forget),
            ("Remove them", "Take them out of the queue; what has been run stays on Compare", self._remove),
        ):
            self.buttons[text] = QPushButton(text, toolTip=tip)
            self.buttons[text].clicked.connect(act)
            row.addWidget(self.buttons[text])
        watch.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        """Offer what is as it was left."""
        now = {entry.key: entry.state for entry in self._watch.entries}
        self._left = [entry for entry in self._left if now.get(entry.key) == entry.state]
        self.text.setText(f"From before: {spoken_left(self._left)}")
        self.setVisible(bool(self._left))

    def _forget(self) -> None:
        self._left = []
        self._show()

    def _go_on(self) -> None:
        self._line_up([entry.key for entry in self._left], Queue.retry)

    def _remove(self) -> None:
        keys = [entry.key for entry in self._left]
        self._watch.change(lambda queue: queue.remove(keys))


def spoken_left(left: Sequence[Entry]) -> str:
    """``1 interrupted run, 2 waiting runs``."""
    counts = {"interrupted": 0, "waiting": 0}
    for entry in left:
        counts["interrupted" if entry.state == "interrupted" else "waiting"] += 1
    told = {word: f"{count} {word} run{'' if count == 1 else 's'}" for word, count in counts.items() if count}
    return ", ".join(told.values())
