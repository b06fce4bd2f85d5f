"""What differs between the form and the preset or file that it began with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kdstudio.declaration import TAGS

Path = tuple[str, ...]
NETWORKS = ("networks",)
NOTHING = (None, "")
"""A field left empty: both stand for no value."""


def same(one: Any, other: Any) -> bool:  # noqa: ANN401
    """Tell whether two values say the same, tables entry by entry; what is missing is empty."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same(one.get(key), other.get(key)) for key in one.keys() | other.keys())
    return bool(one == other) or (one in NOTHING and other in NOTHING)


def reference(origin: Any, raw: Any, path: Path, default: Any = None) -> Any:  # noqa: ANN401
    """Return what the field at ``path`` of ``raw`` is held against: its value in ``origin``.

    Within a declaration that was chosen since (another optimiser, a further term), that is its ``default``.
    A network for a role that is new is held against the last one, whose description it was given.
    """
    for depth, part in enumerate(path):
        if depth and not _same_choice(origin, raw):
            return default
        raw = raw.get(part) if isinstance(raw, dict) else None
        spare = _last(origin) if path[:depth] == NETWORKS else None
        origin = origin.get(part, spare)
    return origin


def changed_paths(origin: Any, raw: Any, path: Path = ()) -> Iterator[Path]:  # noqa: ANN401
    """Yield the places where ``raw`` differs from ``origin``; of another declaration, the place alone."""
    if not (isinstance(origin, dict) and isinstance(raw, dict)):
        if not same(origin, raw):
            yield path
    elif path and not _same_choice(origin, raw):
        yield path
    elif path == NETWORKS:  # roles come and go with the strategy
        for role, network in raw.items():
            yield from changed_paths(origin.get(role, _last(origin)), network, (*path, role))
    else:
        for key in {**origin, **raw}:
            yield from changed_paths(origin.get(key), raw.get(key), (*path, key))


def shape(raw: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return which fields ``raw`` has: of two experiments of one shape the form has the same rows."""
    return {
        key: shape(value, depth + 1) if isinstance(value, dict) else value
        for key, value in raw.items()
        if isinstance(value, dict) or (depth and key in TAGS)
    }


def _same_choice(one: Any, other: Any) -> bool:  # noqa: ANN401
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    return all(one.get(tag) == other.get(tag) for tag in TAGS)


def _last(networks: dict[str, Any]) -> Any:  # noqa: ANN401
    return networks[next(reversed(networks))]
