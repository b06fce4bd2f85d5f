"""What the scheduler and the nodes tell each other: an actor of Ray keeps it until it is fetched."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from kdstudio.runs.queue.cluster.bringing import Bundle
from kdstudio.runs.queue.entry import Entry

Wanted = Literal["go on", "pause", "stop", "leave"]
"""What the scheduler wants of a run; ``leave`` keeps it with a checkpoint, for another day."""
News = Entry | Bundle
"""What a node tells: what has become of the entry, or what is new in its run's folder."""


class Exchange:
    """A box for each task: its news one way, what is wanted of it the other."""

    def __init__(self) -> None:
        """Empty."""
        self._news: defaultdict[str, list[News]] = defaultdict(list)
        self._wanted: dict[str, Wanted] = {}

    def tell(self, task: str, news: list[News]) -> Wanted:
        """Leave news, by a node; returns what is wanted."""
        self._news[task] += news
        return self._wanted.get(task, "go on")

    def hear(self, task: str, wanted: Wanted) -> list[News]:
        """Take the news, by the scheduler, and say what is wanted."""
        self._wanted[task] = wanted
        return self._news.pop(task, [])

    def forget(self, task: str) -> None:
        """It has ended."""
        self._news.pop(task, None)
        self._wanted.pop(task, None)
