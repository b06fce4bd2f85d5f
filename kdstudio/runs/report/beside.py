"""Several runs beside each other: what came out, and only the settings in which they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kdstudio.runs.colours import Token
from kdstudio.runs.comparison import differing_settings, short_names
from kdstudio.runs.figures import FIGURES, MISSING, Spread
from kdstudio.runs.report.chart import colour_class
from kdstudio.runs.report.markup import Markup, element, fold, joined, paragraph, table
from kdstudio.runs.report.reported import ReportedRun
from kdstudio.runs.report.scales import Scale, widened, written
from kdstudio.runs.results import headline, leading
from kdstudio.runs.state import spoken_time

WIDTH, LEFT, RIGHT, ROW, TOP, BOTTOM = 700, 190, 20, 30, 8, 40
MOST_SETTINGS = 12
"""More are folded away."""
LONGEST = 28
"""Letters of a run's name in the figure."""
COLUMNS = ("run", "strategy", "teacher", "control", "result", "against control", "errors", "time")


def comparison(runs: Sequence[ReportedRun]) -> Iterator[Markup]:
    """Table, figure and differing settings of ``runs``."""
    yield table(COLUMNS, [_row(run, number) for number, run in enumerate(runs, 1)], "llrrrlrr")
    yield dots(runs)
    yield differences(runs)


def differences(runs: Sequence[ReportedRun]) -> Markup:
    """Show the settings in which ``runs`` differ; very many are folded away."""
    names = short_names([run.summary for run in runs])
    rows = [(path, *values) for path, values in differing_settings([run.summary for run in runs]).items()]
    if not rows:
        return paragraph("All settings of these runs are equal.")
    title = f"Settings in which they differ: {len(rows)}"
    shown = table(("setting", *names), rows, "l" * (1 + len(names)))
    return (
        fold(title, shown) if len(rows) > MOST_SETTINGS else joined((paragraph(title, class_="note"), shown))
    )


def _row(run: ReportedRun, number: int) -> tuple[str, ...]:
    summary, found = run.summary, headline(run.summary)
    accuracy = FIGURES["accuracy"]
    return (
        element("a", summary.name, href=f"#run-{number}"),
        str(summary.experiment["strategy"]["name"]),
        *(accuracy.text(spread) for spread in (found.reference, found.control, found.result)),
        found.effect.text if found.effect else MISSING,
        FIGURES["errors"].text(found.errors),
        spoken_time(summary),
    )


class Dot(NamedTuple):
    """A network's test errors in the figure."""

    row: int
    name: str
    token: Token
    errors: Spread


def dots(runs: Sequence[ReportedRun]) -> Markup:
    """Draw the test errors of what stands for each run, a row for each, whiskers of one deviation."""
    found = [
        Dot(row, group.network.name, run.tokens.get(group.network.name, 0), errors)
        for row, run in enumerate(runs)
        for group in leading(run.summary)
        if group and (errors := group.spread("errors"))
    ]
    if not found:
        return Markup("")
    ends = [dot.errors.mean + side * dot.errors.deviation for dot in found for side in (-1, 1)]
    low, high = widened(min(0.0, *ends), max(ends), log=False)
    scale = Scale(low, high, LEFT, WIDTH - RIGHT)
    height = TOP + ROW * len(runs) + BOTTOM
    svg = element(
        "svg",
        element("title", "Test errors of each run's networks"),
        *_rows(runs),
        *_axis(scale, TOP + ROW * len(runs)),
        *(mark for dot in found for mark in _dot(dot, scale)),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
    )
    title = "Test errors after the last epoch, means with one standard deviation over the seeds"
    return element("figure", element("figcaption", title), _legend(found), svg, class_="wide")


def _legend(found: Sequence[Dot]) -> Markup:
    names = {(dot.name, dot.token) for dot in found}
    entries = []
    for name, token in sorted(names):
        circle = element("circle", cx=12, cy=4, r=4, class_=f"dot {colour_class(token)}")
        swatch = element(
            "svg", circle, xmlns="http://www.w3.org/2000/svg", viewBox="0 0 24 8", aria_hidden="true"
        )
        entries.append(element("li", swatch, name))
    return element("ul", *entries, class_="legend")


def _rows(runs: Sequence[ReportedRun]) -> Iterator[Markup]:
    for row, name in enumerate(short_names([run.summary for run in runs])):
        middle = TOP + ROW * (row + 0.5)
        short = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
        yield element("text", short, x=LEFT - 14, y=middle + 4, class_="right")
        yield element("path", d=f"M{LEFT} {middle:.1f}H{WIDTH - RIGHT}", class_="grid")


def _axis(scale: Scale, bottom: int) -> Iterator[Markup]:
    values = scale.ticks(8)
    for value in values:
        yield element("path", d=f"M{scale(value):.1f} {bottom}v4", class_="tick")
        step = values[1] - values[0] if len(values) > 1 else 0.0
        yield element("text", written(value, step), x=scale(value), y=bottom + 16, class_="middle")
    yield element("path", d=f"M{LEFT} {bottom}H{WIDTH - RIGHT}", class_="axis")
    title = "test errors (images)"
    yield element("text", title, x=WIDTH - RIGHT, y=bottom + 33, class_="axis-title right")


def _dot(dot: Dot, scale: Scale) -> Iterator[Markup]:
    middle, colour = TOP + ROW * (dot.row + 0.5), colour_class(dot.token)
    if dot.errors.deviation:
        low, high = (scale(dot.errors.mean + side * dot.errors.deviation) for side in (-1, 1))
        yield element("path", d=f"M{low:.1f} {middle:.1f}H{high:.1f}", class_=f"line {colour}")
    told = element("title", f"{dot.name}: {FIGURES['errors'].text(dot.errors)} errors")
    yield element("circle", told, cx=scale(dot.errors.mean), cy=middle, r=5, class_=f"dot {colour}")
