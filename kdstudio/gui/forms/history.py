"""Undo and redo: what the form held before, step by step."""

from __future__ import annotations

from typing import Any, NamedTuple

from kdstudio.gui.forms.changes import Path

MOST_STEPS = 200


class Moment(NamedTuple):
    """What the form held at one time: its values, and the preset or file that they began with."""

    source: str
    origin: dict[str, Any]
    raw: dict[str, Any]


class History:
    """Moments before and after the present one; what is typed in one field is one step."""

    def __init__(self) -> None:
        """Nothing to undo."""
        self.before: list[Moment] = []
        self.after: list[Moment] = []
        self._typing_in: Path | None = None

    def record(self, moment: Moment, typing_in: Path | None = None) -> None:
        """Keep ``moment``, which is about to be changed, unless the same field is typed in further."""
        if typing_in is None or typing_in != self._typing_in:
            self.before = [*self.before[1 - MOST_STEPS :], moment]
        self.after = []
        self._typing_in = typing_in

    def settle(self) -> None:
        """What is typed from now on is a step of its own."""
        self._typing_in = None

    def back(self, now: Moment) -> Moment:
        """Return the moment before ``now``; IndexError if there is none."""
        self.settle()
        self.after.append(now)
        return self.before.pop()

    def forward(self, now: Moment) -> Moment:
        """Return the moment that was undone last; IndexError if there is none."""
        self.settle()
        self.before.append(now)
        return self.after.pop()
