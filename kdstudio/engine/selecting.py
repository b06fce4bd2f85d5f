"""Which networks of a run are meant: by kind, role and coordinates, and which of them belong to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from kdstudio.engine.identity import Coordinate, Identity, is_of_trial

Selector = Mapping[str, Coordinate]
"""Values of ``kind``, ``role`` or coordinates that a network must have; seeds are never selected."""
KEYS = ("kind", "role")
"""What a selector may name besides coordinates."""

Some = TypeVar("Some", bound=Identity)


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
    found = [each for each in among if fits(each, where) and _of_one_setting(own, each, where)]

    def shared(each: Identity) -> tuple[bool, int]:
        same = sum(own.coordinates.get(key) == value for key, value in each.coordinates.items())
        return each.role == own.role, same

    most = max(map(shared, found), default=None)
    return [each for each in found if shared(each) == most]


def _of_one_setting(own: Identity, other: Identity, where: Selector) -> bool:
    return all(
        own.coordinates[key] == value
        for key, value in other.coordinates.items()
        if key in own.coordinates and key not in where and (is_of_trial(key) or not isinstance(value, str))
    )


def spoken_selector(where: Selector) -> str:
    """``kind = student, temperature = 20``."""
    return ", ".join(f"{key} = {value:g}" if isinstance(value, float) else f"{key} = {value}"
                     for key, value in where.items())  # fmt: skip
