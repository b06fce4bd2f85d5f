"""Which networks of a run are meant: by kind, role and coordinates, and which of them belong to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from kdstudio.engine.identity import Coordinate, Identity, is_of_trial

Selector = Mapping[str, Coordinate]
"""Values of ``kind``, ``role`` or coordinates that a network must have; seeds are never selected."""
KEYS = ("kind", "role")
"""What a selector may name besides coordinates."""

Some = TypeVar("Some", bound=Identity)
_ByValues = dict[tuple[Coordinate, ...], list[tuple[int, Some]]]


def fits(network: Identity, where: Selector) -> bool:
    """Tell whether a network has all that ``where`` names."""
    return all(
        (getattr(network, key) if key in KEYS else network.coordinates.get(key)) == value
        for key, value in where.items()
    )


def nearest(own: Identity, among: Iterable[Some], where: Selector) -> list[Some]:
    """Find those of ``among`` that fit and belong to ``own``; several where they share as much with it.

    Where both have numbers of one name, or values of one swept field or seed, these are the same, but for
    what ``where`` names; words of a strategy's own, such as ``way``, are what is compared. Of several, those
    of its role count, and of them those that share the most.
    """
    return Fitting(among, where).nearest(own)


class Fitting(Generic[Some]):
    """Networks that fit a selector, of which many others ask for their :func:`nearest` in turn.

    They are looked up by what has to agree, so that a table is gone through once and not once for each row.
    """

    def __init__(self, among: Iterable[Some], where: Selector) -> None:
        """Take those of ``among`` that fit ``where``."""
        self._by_names: dict[tuple[str, ...], list[tuple[int, Some]]] = {}
        self._by_values: dict[tuple[tuple[str, ...], tuple[str, ...]], _ByValues[Some]] = {}
        for place, each in enumerate(among):
            if fits(each, where):
                names = tuple(name for name in each.coordinates if name not in where and _binds(each, name))
                self._by_names.setdefault(names, []).append((place, each))

    def nearest(self, own: Identity) -> list[Some]:
        """Find those that belong to ``own``, in their order."""
        found: list[tuple[int, Some]] = []
        for names in self._by_names:
            shared = tuple(name for name in names if name in own.coordinates)
            found += self._agreeing(names, shared).get(_values(own, shared), [])

        def alike(each: Some) -> tuple[bool, int]:
            same = sum(own.coordinates.get(key) == value for key, value in each.coordinates.items())
            return each.role == own.role, same

        belonging = [each for _, each in sorted(found, key=lambda placed: placed[0])]
        most = max(map(alike, belonging), default=None)
        return [each for each in belonging if alike(each) == most]

    def _agreeing(self, names: tuple[str, ...], shared: tuple[str, ...]) -> _ByValues[Some]:
        """Those whose binding coordinates are ``names``, by their values of the ``shared`` ones."""
        if (names, shared) not in self._by_values:
            made = self._by_values[names, shared] = {}
            for placed in self._by_names[names]:
                made.setdefault(_values(placed[1], shared), []).append(placed)
        return self._by_values[names, shared]


def _values(network: Identity, names: Iterable[str]) -> tuple[Coordinate, ...]:
    return tuple(network.coordinates[name] for name in names)


def _binds(network: Identity, name: str) -> bool:
    """Tell whether what belongs to ``network`` has the same value of this coordinate, if it has one."""
    return is_of_trial(name) or not isinstance(network.coordinates[name], str)


def spoken_selector(where: Selector) -> str:
    """``kind = student, temperature = 20``."""
    return ", ".join(f"{key} = {value:g}" if isinstance(value, float) else f"{key} = {value}"
                     for key, value in where.items())  # fmt: skip
