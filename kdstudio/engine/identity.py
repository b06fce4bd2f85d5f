"""What a network of a run is: its role, its kind, its coordinates. Its name follows, for people only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from kdstudio.declaration import TAGS
from kdstudio.engine.bounds import LARGEST, FileName, Finite, Name
from kdstudio.errors import KDStudioError

Coordinate = int | float | str
Bounded = Annotated[int, Field(ge=-LARGEST, le=LARGEST)] | Finite | Name
"""A coordinate as it is read: of a size that can be drawn and written."""

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
SEED = "seed"
CONTROL_NAME = "baseline"
UNSPOKEN = ("model", "training", "terms")
"""Parts of a swept field's path that its title leaves out."""


class Record(BaseModel):
    """A frozen piece of an event, a card or a summary; written to and read from JSON."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Identity(Record):
    """A row's keys in the table of results."""

    role: FileName
    """Which of the experiment's networks describes it."""
    kind: FileName
    """``teacher``, ``student``, ``control``, ``peer``, ``exit``, ``ensemble``, or a strategy's own."""
    coordinates: dict[Name, Bounded] = {}
    """In what it differs from others of its role and kind: ``generation=2``, ``way="mutual"``, ``seed=3``.

    What an experiment sweeps stands under its path: ``strategy.temperature=4``.
    """

    @property
    def name(self) -> str:
        """What people read: ``teacher``, ``baseline``, ``net-1 alone``, ``generation-2``, ``student seed-0``.

        A teacher is called by its role. The student's role is left out where something else tells what
        it is, and a kind where the role (``assistant-1``), a coordinate of that name, or one in words, does.
        What tells one trial from another, the seed and what is swept, stands at the end.
        """
        own = {key: value for key, value in self.coordinates.items() if not is_of_trial(key)}
        trial = {key: value for key, value in self.coordinates.items() if is_of_trial(key)}
        return " ".join([self._name_by(own), *spoken_coordinates(trial)])

    def _name_by(self, coordinates: Mapping[str, Coordinate]) -> str:
        if self.kind == TEACHER:
            return self.role
        words = spoken_coordinates(coordinates)
        in_words = any(isinstance(value, str) for value in coordinates.values())
        told = in_words or self.role.startswith(self.kind)
        if not told and self.kind not in (STUDENT, PEER, *coordinates):
            words.insert(0, CONTROL_NAME if self.kind == CONTROL else self.kind)
        if self.role != STUDENT or not words:
            words.insert(0, self.role)
        return " ".join(words)

    def shares_trial_with(self, other: Identity) -> bool:
        """Tell whether some trial has both: of seed and what is swept, they agree in all that both have."""
        mine = {key: value for key, value in self.coordinates.items() if is_of_trial(key)}
        return all(other.coordinates.get(key, value) == value for key, value in mine.items())

    def at(self, coordinates: Mapping[str, Coordinate]) -> Self:
        """Return the same at a trial's ``coordinates``; KDStudioError where it has one of them already."""
        if taken := self.coordinates.keys() & coordinates.keys():
            raise KDStudioError(
                f"the strategy tells its networks apart by {min(taken)} itself; leave out the experiment's "
                f"{'seeds' if 'seed' in taken else 'sweep'}"
            )
        return self.model_copy(update={"coordinates": self.coordinates | dict(coordinates)})

    def without(self, *keys: str) -> Self:
        """Return what it has in common with those that differ in ``keys`` alone."""
        kept = {key: value for key, value in self.coordinates.items() if key not in keys}
        return self.model_copy(update={"coordinates": kept})


def is_of_trial(key: str) -> bool:
    """Tell the seed and swept fields, in which trials differ, from a strategy's own coordinates."""
    return key == SEED or "." in key


def spoken_coordinates(coordinates: Mapping[str, Coordinate]) -> list[str]:
    """``generation-2``, ``T4``, ``mutual``; without dots and slashes, which part addresses and paths."""
    return [_spoken(title_of(key), value) for key, value in coordinates.items()]


def _spoken(title: str, value: Coordinate) -> str:
    if isinstance(value, str):
        return value.replace(".", ",").replace("/", "-")
    number = f"{value:g}".replace(".", ",")
    return f"{title}{number}" if title in SYMBOLS.values() else f"{title}-{number}"


def title_of(key: str) -> str:
    """Heading of a coordinate's column: ``generation``; of a swept field ``T``, ``teacher learning rate``.

    What is swept of the student itself needs no name before it.
    """
    part, *inside = key.split(".")
    if part == "networks" and inside[:1] == [STUDENT]:
        del inside[0]
    if inside and inside[-1] in TAGS:
        inside.pop()
    inside = [*(name for name in inside[:-1] if name not in UNSPOKEN), *inside[-1:]]
    words = [inside[0], inside[-1]] if len(inside) > 2 else inside or [part]
    return " ".join(SYMBOLS.get(word, word.replace("_", " ")) for word in words)
