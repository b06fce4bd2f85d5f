"""A run's rows of results: what counts as one network, the curves of a figure, what stands for the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kdstudio.engine.identity import SEED, Coordinate
from kdstudio.engine.views import FigureView
from kdstudio.runs.colours import Token, series_of
from kdstudio.runs.figures import (
    Part,
    Row,
    Spread,
    field_of,
    figure_called,
    figure_of,
    heading,
    place_of,
    spoken_field,
)
from kdstudio.runs.summary import Summary


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


class ResultPoint(NamedTuple):
    """One network in a figure."""

    x: float
    y: Spread
    name: str


@dataclass(frozen=True)
class ResultCurve:
    """A line of a figure; a level one where its network stands nowhere on the axis."""

    text: str
    """What the legend says."""
    token: Token
    """Gives the colour, see ``colours.py``."""
    points: tuple[ResultPoint, ...] = ()
    level: Spread | None = None
    connected: bool = True
    """Whether a line joins the points; otherwise each shows its name."""


def curves(view: FigureView, rows: Iterable[Row], part: Part = "test") -> list[ResultCurve]:
    """Lay ``rows``, all of a run in its order, out as a strategy has declared it."""
    rows = list(rows)
    tokens = series_of(rows)
    lines: dict[tuple[Coordinate | None, ...], list[tuple[ResultPoint, Group]]] = {}
    levels = []
    for group in in_order(gathered(rows, view.over), view.series):
        x, y = place_of(group.rows[0], view.x, part), group.spread(view.y, part)
        name = group.network.name
        if y is None:
            continue
        if x is None or (view.log_x and x <= 0):
            levels.append(ResultCurve(name, tokens[group.rows[0].name], level=y))
        else:
            key = tuple(map(group.field, view.series))
            lines.setdefault(key, []).append((ResultPoint(x, y, name), group))
    drawn = []
    for line in lines.values():
        first = line[0][1]
        text = " ".join(filter(None, (_in_legend(field, first.field(field)) for field in view.series)))
        points = tuple(sorted((point for point, _ in line), key=lambda point: point.x))
        token = tokens[first.rows[0].name]
        drawn.append(ResultCurve(text, token, points, connected=view.connected))
    return drawn + levels


def _in_legend(field: str, value: Coordinate | None) -> str:
    """Words speak for themselves; numbers need to be named."""
    text = spoken_field(field, value)
    return text if isinstance(value, str) or not text else f"{heading(field)} {text}"


class Headline(NamedTuple):
    """What stands for a run beside others: test accuracies, and the errors of its result."""

    reference: Spread | None
    control: Spread | None
    result: Spread | None
    errors: Spread | None


def headline(summary: Summary) -> Headline:
    """Find what a run holds against what; where several could stand, the best on validation does."""
    groups = gathered(summary.networks.values())

    def best(kind: str, role: str = "") -> Group | None:
        fitting = [g for g in groups if g.network.kind == kind and g.network.role == (role or g.network.role)]
        return best_of(fitting, "selection.accuracy")

    kinds = summary.comparison
    result = best(kinds.result)
    control = best(kinds.control, result.network.role if result else "")
    reference = best(kinds.reference)
    return Headline(
        reference=reference.spread("accuracy") if reference else None,
        control=control.spread("accuracy") if control else None,
        result=result.spread("accuracy") if result else None,
        errors=result.spread("errors") if result else None,
    )


def errors_by_network(summaries: Sequence[Summary]) -> dict[str, list[float | None]]:
    """Mean test errors of each network over its seeds, one for each run; None where a run lacks it.

    What is learned from comes first, then the controls, then the others as they come.
    """
    found: dict[tuple[int, str], list[float | None]] = {}
    for place, summary in enumerate(summaries):
        kinds = (summary.comparison.reference, summary.comparison.control)
        for group in gathered(summary.networks.values()):
            kind, name = group.network.kind, group.network.name
            rank = kinds.index(kind) if kind in kinds else len(kinds)
            errors = group.spread("errors")
            values = found.setdefault((rank, name), [None] * len(summaries))
            values[place] = errors.mean if errors else None
    return {name: found[rank, name] for rank, name in sorted(found, key=lambda key: key[0])}
