"""What came out of a run: its tables and figures, what they show in words, the published figures beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kdstudio.engine.views import FigureView, TableView
from kdstudio.runs.axes import Axes, axes_of
from kdstudio.runs.differences import Difference
from kdstudio.runs.figures import FIGURES, Spread
from kdstudio.runs.published import published_tables
from kdstudio.runs.report.chart import Chart, Level, Line, drawn
from kdstudio.runs.report.markup import Markup, element, escaped, joined, paragraph, table
from kdstudio.runs.report.reported import ReportedRun, Section
from kdstudio.runs.result_tables import ResultTable, networks_table, tabulate, unseen_table
from kdstudio.runs.results import ResultCurve, curves, leading
from kdstudio.runs.summary import Summary

INTERVAL = (
    "Differences are taken seed by seed, network less control; behind ± stands half the 95 % interval of "
    "their mean (Student's t). A ± in the tables is the sample standard deviation over the seeds."
)
MOST_MARKS = 10


def outcome(run: ReportedRun) -> Section | None:
    """All that the run's networks have scored; None before one has."""
    summary = run.summary
    rows = list(summary.networks.values())
    if not rows:
        return None
    declared = [tabulate(view, rows) for view in summary.views if isinstance(view, TableView)]
    tables = [found for found in (*declared, unseen_table(summary)) if found.rows]
    parts = (
        *in_words(summary.comparisons),
        element("div", laid_out(networks_table(rows)), *published(run), class_="beside"),
        element("div", *map(laid_out, tables), class_="tables"),
        element("div", *figures(summary), class_="figures"),
    )
    return Section("Results", parts)


def in_words(found: Sequence[Difference]) -> Iterator[Markup]:
    """Say of each network what it gains on its control, and how that was found."""
    points = {(each.result, each.control): each for each in found if each.figure == "accuracy"}
    said = [
        element("li", *_sentence(each, points[each.result, each.control]), class_=f"verdict {_class(each)}")
        for each in found
        if each.figure == "errors"
    ]
    if said:
        yield element("ul", *said, class_="verdicts")
    if any(each.seeds > 1 for each in found):
        yield paragraph(INTERVAL, class_="note")


def _sentence(errors: Difference, accuracy: Difference) -> tuple[Markup, ...]:
    more = f"; {accuracy.signed} points of accuracy" if errors.seeds > 1 else ""
    pair = joined((element("b", errors.result), " against ", element("b", errors.control), ": "))
    return pair, escaped(f"{errors.text}{more}")


def _class(difference: Difference) -> str:
    return difference.verdict.replace(" ", "-")


def published(run: ReportedRun) -> Iterator[Markup]:
    """The figures of the paper, where the experiment names them, and what was measured of the same."""
    yield from map(laid_out, published_tables(run.summary))


def laid_out(found: ResultTable) -> Markup:
    """Lay out a table of results."""
    return table(found.head, found.body, found.align, title=found.title, best=found.best)


def figures(summary: Summary) -> Iterator[Markup]:
    """Draw every figure that the run's strategy declares and that has points."""
    for view in summary.views:
        found = (
            curves(view, summary.networks.values(), planned=summary.planned.values())
            if isinstance(view, FigureView)
            else []
        )
        if isinstance(view, FigureView) and any(curve.points for curve in found):
            yield drawn(chart_of(axes_of(view), found))


def chart_of(axes: Axes, found: Sequence[ResultCurve]) -> Chart:
    """Lay a figure out, in the units of its axes."""
    along, up = axes.x.scale, axes.y.scale
    lines, number = [], dict[object, int]()
    for curve in (curve for curve in found if curve.level is None):
        style = number[curve.token] = number.get(curve.token, -1) + 1  # of one colour: other dashes
        lines.append(
            Line(
                curve.text, curve.token, [along * point.x for point in curve.points],
                [up * point.y.mean for point in curve.points],
                [up * point.y.deviation for point in curve.points],
                style, curve.connected, [p.name for p in curve.points] if not curve.connected else (), True,
            )
        )  # fmt: skip
    levels = [
        Level(curve.text, curve.token, up * curve.level.mean, up * curve.level.deviation)
        for curve in found
        if curve.level is not None
    ]
    values = sorted({x for line in lines for x in line.x})
    marks = values if axes.log_x or not axes.x.is_continuous else []
    return Chart(
        axes.title, axes.x.title, axes.y.title, lines, levels, axes.log_x,
        marks=marks[:: len(marks) // (MOST_MARKS + 1) + 1],
    )  # fmt: skip


def leading_figures(summary: Summary) -> Markup:
    """One line of what stands for the run: ``student 97.41% ± 0.13, baseline 97.26% ± 0.51``."""
    found = leading(summary)
    said = []
    for group in (found.result, found.control, found.reference):
        spread = group.spread("accuracy") if group else None
        if group and spread:
            said.append(joined((f"{group.network.name} ", element("b", _accuracy(spread)))))
    return joined(said, ", ")


def _accuracy(spread: Spread) -> str:
    return FIGURES["accuracy"].text(spread)
