"""What a run shows of its experiment's claim: the verdict, and the measurements behind it."""

from __future__ import annotations

from collections.abc import Iterator

from kdstudio.engine.judgement import Judgement
from kdstudio.runs.claims import claim_table
from kdstudio.runs.report.markup import Markup, element, paragraph
from kdstudio.runs.report.outcome import INTERVAL, laid_out
from kdstudio.runs.report.reported import ReportedRun, Section


def claimed(run: ReportedRun) -> Section | None:
    """The claim and what came out; None where the run makes none, or did not come to its end."""
    judgement = run.summary.claim
    return Section("The claim", tuple(_told(judgement))) if judgement else None


def _told(judgement: Judgement) -> Iterator[Markup]:
    if judgement.slide:
        yield element("blockquote", judgement.slide)
    yield laid_out(claim_table(judgement))
    if judgement.published:
        yield paragraph("Published: ", judgement.published, ".")
    yield paragraph(INTERVAL, class_="note")
