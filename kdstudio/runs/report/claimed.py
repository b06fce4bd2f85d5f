"""What a run shows of its experiment's claim: the verdict, and the measurements behind it."""

from __future__ import annotations

from collections.abc import Iterator

from kdstudio.engine.judgement import Judgement
from kdstudio.runs.claim_figures import figure_axes, figure_curves
from kdstudio.runs.finding_words import claim_table
from kdstudio.runs.network_colours import series_of
from kdstudio.runs.report.chart import drawn
from kdstudio.runs.report.markup import Markup, element, paragraph
from kdstudio.runs.report.outcome import INTERVAL, chart_of, laid_out
from kdstudio.runs.report.reported import ReportedRun, Section
from kdstudio.runs.summary import Summary


def claimed(run: ReportedRun) -> Section | None:
    """The claim and what came out; None where the run makes none, or did not come to its end."""
    judgement = run.summary.claim
    return Section("The claim", tuple(_told(judgement, run.summary))) if judgement else None


def _told(judgement: Judgement, summary: Summary) -> Iterator[Markup]:
    if judgement.slide:
        yield element("blockquote", judgement.slide)
    yield laid_out(claim_table(judgement))
    tokens = series_of([*summary.planned.values(), *summary.networks.values()])
    charts = [chart_of(figure_axes(each), figure_curves(each, tokens)) for each in judgement.figures]
    if charts:
        yield element("div", *map(drawn, charts), class_="figures")
    if judgement.published:
        yield paragraph("Published: ", judgement.published, ".")
    yield paragraph(INTERVAL, class_="note")
