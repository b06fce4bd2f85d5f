"""What a network of a run is: its role, its kind, its coordinates. Its name follows, for people only."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict

Coordinate = int | float | str

TEACHER, STUDENT, CONTROL, PEER, EXIT, ENSEMBLE = (
    "teacher",
    "student",
    "control",
    "peer",
    "exit",
    "ensemble",
)
"""The usual kinds; a strategy may name its own."""
SYMBOLS = {"temperature": "T", "alpha": "α"}
"""Signs that stand for coordinates in names, axes and tables."""
CONTROL_NAME = "baseline"


class Record(BaseModel):
    """A frozen piece of an event, a card or a summary; written to and read from JSON."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Identity(Record):
    """A row's keys in the table of results."""

    role: str
    """Which of the experiment's networks describes it."""
    kind: str
    """``teacher``, ``student``, ``control``, ``peer``, ``exit``, ``ensemble``, or a strategy's own."""
    coordinates: dict[str, Coordinate] = {}
    """In what it differs from others of its role and kind: ``generation=2``, ``way="mutual"``, ``seed=3``."""

    @property
    def name(self) -> str:
        """What people read: ``teacher``, ``baseline``, ``net-1 alone``, ``generation-2``, ``T4 α0,1 seed-0``.

        A teacher is called by its role. The student's role is left out where something else tells what
        it is, and a kind where the role (``assistant-1``), a coordinate of that name, or one in words, does.
        """
        if self.kind == TEACHER:
            return self.role
        words = [spoken_coordinate(key, value) for key, value in self.coordinates.items()]
        in_words = any(isinstance(value, str) for value in self.coordinates.values())
        told = in_words or self.role.startswith(self.kind)
        if not told and self.kind not in (STUDENT, PEER, *self.coordinates):
            words.insert(0, CONTROL_NAME if self.kind == CONTROL else self.kind)
        if self.role != STUDENT or not words:
            words.insert(0, self.role)
        return " ".join(words)

    def without(self, *keys: str) -> Self:
        """Return what it has in common with those that differ in ``keys`` alone."""
        kept = {key: value for key, value in self.coordinates.items() if key not in keys}
        return self.model_copy(update={"coordinates": kept})


def spoken_coordinate(key: str, value: Coordinate) -> str:
    """``generation-2``, ``T4``, ``mutual``; without dots and slashes, which part addresses and paths."""
    if isinstance(value, str):
        return value.replace(".", ",").replace("/", "-")
    number = f"{value:g}".replace(".", ",")
    return f"{SYMBOLS[key]}{number}" if key in SYMBOLS else f"{key}-{number}"


def title_of(key: str) -> str:
    """Heading of a coordinate's column: ``T`` for ``temperature``, ``generation``."""
    return SYMBOLS.get(key, key.replace("_", " "))
