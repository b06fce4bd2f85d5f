"""A run's rows of results: the curves of a figure, what stands for the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kdstudio.engine.identity import Coordinate, Identity
from kdstudio.engine.views import FigureView
from kdstudio.runs.colours import Token
from kdstudio.runs.differences import Difference, controls_of, paired
from kdstudio.runs.figures import Part, Row, Spread, heading, place_of, spoken_field
from kdstudio.runs.groups import Group, best_of, gathered, in_order
from kdstudio.runs.network_colours import base_of, series_of
from kdstudio.runs.summary import Summary


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
    stepped: bool = False
    """Whether that line holds its height up to the next point; the points are those of other curves."""


def curves(
    view: FigureView, rows: Iterable[Row], part: Part = "test", planned: Iterable[Identity] = ()
) -> list[ResultCurve]:
    """Lay ``rows``, all of a run in its order, out as a strategy has declared it.

    Those that are only ``planned`` take part in the choice of colours.
    """
    rows = list(rows)
    tokens = series_of([*planned, *rows])
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
    shaded = {key: [tokens[group.rows[0].name] for _, group in line] for key, line in lines.items()}
    alike = Counter(map(base_of, shaded.values()))
    for key, line in lines.items():
        first = line[0][1]
        words = dict.fromkeys(_in_legend(field, first.field(field)) for field in view.series)  # each once
        text = " ".join(filter(None, words))
        points = tuple(sorted((point for point, _ in line), key=lambda point: point.x))
        base = base_of(shaded[key])
        token = base if alike[base] == 1 else shaded[key][0]  # lines of one colour differ in their shades
        drawn.append(ResultCurve(text, token, points, connected=view.connected))
    return drawn + levels


def _in_legend(field: str, value: Coordinate | None) -> str:
    """Words speak for themselves; numbers need to be named."""
    text = spoken_field(field, value)
    return text if isinstance(value, str) or not text else f"{heading(field)} {text}"


class Headline(NamedTuple):
    """What stands for a run beside others: test accuracies, the errors of its result, what it gains."""

    reference: Spread | None
    control: Spread | None
    result: Spread | None
    errors: Spread | None
    effect: Difference | None
    """Errors of the result less those of the control, seed by seed."""


class Leading(NamedTuple):
    """The networks that stand for a run; of several the best on validation."""

    reference: Group | None
    """What is learned from."""
    control: Group | None
    """What the result is held against."""
    result: Group | None


def leading(summary: Summary) -> Leading:
    """Find what a run holds against what; where several could stand, the best on validation does."""
    groups, kinds = gathered(summary.networks.values()), summary.comparison

    def best(among: Iterable[Group]) -> Group | None:
        return best_of(among, "selection.accuracy")

    def of_kind(kind: str) -> list[Group]:
        return [group for group in groups if group.network.kind == kind]

    result = best(of_kind(kinds.result))
    control = best(controls_of(result, groups, kinds) if result else of_kind(kinds.control))
    return Leading(best(of_kind(kinds.reference)), control, result)


def headline(summary: Summary) -> Headline:
    """Return the figures of what stands for a run."""
    reference, control, result = leading(summary)
    return Headline(
        reference=reference.spread("accuracy") if reference else None,
        control=control.spread("accuracy") if control else None,
        result=result.spread("accuracy") if result else None,
        errors=result.spread("errors") if result else None,
        effect=paired(result, control) if result and control else None,
    )


def errors_by_network(summaries: Sequence[Summary]) -> dict[str, list[Spread | None]]:
    """Test errors of each network, spread over its seeds, one for each run; None where a run lacks it.

    What is learned from comes first, then the controls, then the others as they come.
    """
    found: dict[tuple[int, str], list[Spread | None]] = {}
    for place, summary in enumerate(summaries):
        kinds = (summary.comparison.reference, summary.comparison.control)
        for group in gathered(summary.networks.values()):
            kind, name = group.network.kind, group.network.name
            rank = kinds.index(kind) if kind in kinds else len(kinds)
            spreads = found.setdefault((rank, name), [None] * len(summaries))
            spreads[place] = group.spread("errors")
    return {name: found[rank, name] for rank, name in sorted(found, key=lambda key: key[0])}
