"""What another day has left in the queue, offered at the top of the window; it stands in nobody's way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kdstudio.gui.queue_watch import QueueWatch
from kdstudio.gui.strip import Remedy, Strip
from kdstudio.runs.queue.entry import Entry
from kdstudio.runs.queue.queue import Queue

LineUp = Callable[[Sequence[str], Callable[..., None]], None]


class LeftStrip(Strip):
    """Gone once it is answered, and where nothing was left."""

    def __init__(self, watch: QueueWatch, line_up: LineUp) -> None:
        """``line_up`` puts entries in line, once code that they would run is allowed."""
        super().__init__(
            Remedy("Go on", "Put them in line, and begin", self._go_on),
            Remedy("Not now", "They stay in the queue; Retry puts them in line", self._forget),
            Remedy(
                "Remove them", "Take them out of the queue; what has been run stays on Compare", self._remove
            ),
            is_warning=True,
        )
        self._watch = watch
        self._line_up = line_up
        self._left = watch.left
        watch.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        """Offer what is as it was left."""
        now = {entry.key: entry.state for entry in self._watch.entries}
        self._left = [entry for entry in self._left if now.get(entry.key) == entry.state]
        self.say(f"From before: {spoken_left(self._left)}" if self._left else "")

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
