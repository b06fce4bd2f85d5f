"""Rows that count as one network: those that differ in one coordinate alone, mostly the seed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kdstudio.engine.identity import SEED, Coordinate
from kdstudio.runs.figures import Part, Row, Spread, field_of, figure_called, figure_of


@dataclass(frozen=True)
class Group:
    """Rows that differ in one coordinate alone, and count as one network."""

    network: Row
    """The first of them, without that coordinate."""
    rows: tuple[Row, ...]

    def field(self, field: str) -> Coordinate | None:
        """Read what tells the group from others."""
        return field_of(self.network, field)

    def spread(self, key: str, part: Part = "test") -> Spread | None:
        """Gather a figure; None where no row has it."""
        values = (figure_of(row, key, part) for row in self.rows)
        known = tuple(float(value) for value in values if value is not None)
        return Spread(known) if known else None

    def text(self, key: str, part: Part = "test") -> str:
        """Write a figure."""
        return figure_called(key).text(self.spread(key, part))


def gathered(rows: Iterable[Row], over: str = SEED) -> list[Group]:
    """Put rows together that differ in the coordinate ``over`` alone; whatever else differs stays apart."""
    found: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        key = (row.role, row.kind, *row.without(over).coordinates.items())
        found.setdefault(key, []).append(row)
    return [Group(together[0].without(over), tuple(together)) for together in found.values()]


def in_order(groups: Sequence[Group], fields: Sequence[str]) -> list[Group]:
    """Sort by ``fields``: numbers by size, words as they come, networks that lack one behind the others."""
    words = {field: list(dict.fromkeys(group.field(field) for group in groups)) for field in fields}

    def rank(group: Group, field: str) -> tuple[bool, float]:
        value = group.field(field)
        return value is None, value if isinstance(value, int | float) else words[field].index(value)

    return sorted(groups, key=lambda group: [rank(group, field) for field in fields])


def best_of(groups: Iterable[Group], key: str, part: Part = "test") -> Group | None:
    """Find the group whose mean of a figure is best; the first of equals, None where none has it."""
    sign = 1 if figure_called(key).lower_is_better else -1
    means = [(sign * spread.mean, g) for g in groups if (spread := g.spread(key, part))]
    return min(means, key=lambda found: found[0])[1] if means else None
