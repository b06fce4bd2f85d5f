"""A chart as SVG: lines with bands, points with names, level lines; a legend that wraps above it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kdstudio.runs.colours import Shade, Token, schemes
from kdstudio.runs.report.markup import Markup, element
from kdstudio.runs.report.point_names import places_of
from kdstudio.runs.report.scales import Scale, widened, written

WIDTH, HEIGHT = 460, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 24, 36
DASHES = (None, "6 3", "2 3", "8 3 2 3")
LEVEL_DASH = "2 2.5"
MOST_MARKED = 12
"""Points of a line that are marked."""
MOST_TICKS = 6


@dataclass(frozen=True)
class Line:
    """A curve, or points that nothing joins."""

    name: str
    token: Token
    x: Sequence[float]
    y: Sequence[float]
    deviations: Sequence[float] = ()
    """Half the height of the band at each point; none where there is no band."""
    style: int = 0
    """Which dashes it has, counted from 0."""
    joined: bool = True
    point_names: Sequence[str] = ()
    """What stands at each point; none where points have no names."""
    marked: bool = False
    """Whether points have dots; few points have."""

    def edges(self, *, log: bool) -> tuple[list[float], list[float]]:
        """Return the lower and the upper edge of the band; a log axis has no place for 0."""
        spread = self.deviations or [0.0] * len(self.y)
        low = [y - d for y, d in zip(self.y, spread, strict=True)]
        if log:
            low = [max(edge, y / 10) for edge, y in zip(low, self.y, strict=True)]
        return low, [y + d for y, d in zip(self.y, spread, strict=True)]


@dataclass(frozen=True)
class Level:
    """A line across the chart: what stands nowhere on its axis."""

    name: str
    token: Token
    y: float
    deviation: float = 0.0


@dataclass(frozen=True)
class Chart:
    """What is drawn, and how its axes are called."""

    title: str
    x: str
    y: str
    lines: Sequence[Line] = ()
    levels: Sequence[Level] = ()
    log_x: bool = False
    log_y: bool = False
    marks: Sequence[float] = ()
    """Values below the axis; none: round ones."""

    def scales(self) -> tuple[Scale, Scale]:
        """Fit both axes to everything that is drawn."""
        xs = [x for line in self.lines for x in line.x] or [0.0]
        edges = [line.edges(log=self.log_y) for line in self.lines]
        ys = [y for pair in edges for edge in pair for y in edge]
        ys += [level.y + side * level.deviation for level in self.levels for side in (-1, 1)]
        room = 0.02 if all(line.joined for line in self.lines) else 0.08
        low, high = widened(min(xs), max(xs), log=self.log_x, share=room)
        bottom, top = widened(min(ys), max(ys), log=self.log_y)
        return (
            Scale(low, high, LEFT, WIDTH - RIGHT, self.log_x),
            Scale(bottom, top, HEIGHT - BOTTOM, TOP, self.log_y),
        )


def colour_class(token: Token) -> str:
    """CSS class that sets the colour of ``token``, see ``palette.py``."""
    if isinstance(token, Shade):
        return f"{colour_class(token.base)}-{token.level}"
    numbered = len(schemes()["light"].series["others"])
    return f"c-{token % numbered if isinstance(token, int) else token}"


def drawn(chart: Chart) -> Markup:
    """Draw ``chart`` with its title and its legend."""
    x, y = chart.scales()
    parts = [*_axes(chart, x, y)]
    for level in chart.levels:
        parts += _level(level, y)
    for line in chart.lines:
        parts += _line(line, x, y)
    parts += _names(chart, x, y)
    svg = element(
        "svg",
        element("title", f"{chart.title}: {chart.y} against {chart.x}"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
    )
    return element("figure", element("figcaption", chart.title), legend(chart), svg)


def legend(chart: Chart) -> Markup:
    """Name every line beside a piece of it."""
    entries = [_entry(line.name, line.token, DASHES[line.style % len(DASHES)]) for line in chart.lines]
    entries += [_entry(level.name, level.token, LEVEL_DASH) for level in chart.levels]
    return element("ul", *entries, class_="legend")


def _entry(name: str, token: Token, dash: str | None) -> Markup:
    piece = element("path", d="M0 4H24", class_=f"line {colour_class(token)}", stroke_dasharray=dash)
    swatch = element("svg", piece, xmlns="http://www.w3.org/2000/svg", viewBox="0 0 24 8", aria_hidden="true")
    return element("li", swatch, name)


def _axes(chart: Chart, x: Scale, y: Scale) -> Iterator[Markup]:
    heights = y.ticks(MOST_TICKS)
    step = heights[1] - heights[0] if len(heights) > 1 and not y.log else 0.0
    for value in heights:
        yield element("path", d=f"M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}", class_="grid")
        yield element("text", written(value, step), x=LEFT - 6, y=y(value) + 4, class_="right")
    values = list(chart.marks) or x.ticks(MOST_TICKS)
    step = 0.0 if chart.marks or x.log or len(values) < 2 else values[1] - values[0]
    for value in values:
        yield element("path", d=f"M{x(value):.1f} {HEIGHT - BOTTOM}v4", class_="tick")
        yield element("text", written(value, step), x=x(value), y=HEIGHT - BOTTOM + 15, class_="middle")
    yield element("path", d=f"M{LEFT} {HEIGHT - BOTTOM}H{WIDTH - RIGHT}", class_="axis")
    yield element("text", chart.y + (", logarithmic" if y.log else ""), x=4, y=12, class_="axis-title")
    below = chart.x + (", logarithmic" if x.log else "")
    yield element("text", below, x=WIDTH - RIGHT, y=HEIGHT - 5, class_="axis-title right")


def _level(level: Level, y: Scale) -> Iterator[Markup]:
    colour = colour_class(level.token)
    if level.deviation:
        top, bottom = y(level.y + level.deviation), y(level.y - level.deviation)
        yield element(
            "rect", x=LEFT, y=top, width=WIDTH - LEFT - RIGHT, height=bottom - top, class_=f"band {colour}"
        )
    path = f"M{LEFT} {y(level.y):.1f}H{WIDTH - RIGHT}"
    yield element("path", d=path, class_=f"line {colour}", stroke_dasharray=LEVEL_DASH)


def _line(line: Line, x: Scale, y: Scale) -> Iterator[Markup]:
    colour, points = colour_class(line.token), [(x(a), y(b)) for a, b in zip(line.x, line.y, strict=True)]
    low, high = ([y(edge) for edge in side] for side in line.edges(log=y.log))
    across = [place for place, _ in points]
    if any(line.deviations) and line.joined and len(points) > 1:
        there, back = zip(across, high, strict=True), zip(across[::-1], low[::-1], strict=True)
        yield element("path", d=_path([*there, *back]) + "Z", class_=f"band {colour}")
    elif any(line.deviations):
        bars = "".join(f"M{a:.1f} {b:.1f}V{c:.1f}" for a, b, c in zip(across, low, high, strict=True))
        yield element("path", d=bars, class_=f"line {colour}")
    if line.joined and len(points) > 1:
        dash = DASHES[line.style % len(DASHES)]
        yield element("path", d=_path(points), class_=f"line {colour}", stroke_dasharray=dash)
    if not line.joined or len(points) == 1 or (line.marked and len(points) <= MOST_MARKED):
        for a, b in points:
            yield element("circle", cx=a, cy=b, r=3, class_=f"dot {colour}")


def _names(chart: Chart, x: Scale, y: Scale) -> Iterator[Markup]:
    """Write the points' names, those of all lines at once, so that they keep clear of each other."""
    named = [line for line in chart.lines if line.point_names]
    points = [(x(a), y(b)) for line in named for a, b in zip(line.x, line.y, strict=True)]
    names = [name for line in named for name in line.point_names]
    for name, (a, b) in zip(names, places_of(points, names, LEFT, WIDTH - RIGHT), strict=True):
        yield element("text", name, x=a, y=b)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
