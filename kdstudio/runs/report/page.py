"""The page: what stands in which order, and writing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace as replace_fields
from datetime import datetime
from pathlib import Path

from kdstudio import __version__
from kdstudio.declaration import ProgressCallback
from kdstudio.errors import KDStudioError
from kdstudio.runs.files import check_place, write_file
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.report.beside import comparison
from kdstudio.runs.report.claimed import claimed
from kdstudio.runs.report.course import course
from kdstudio.runs.report.described import method, networks, origin
from kdstudio.runs.report.disagreed import disagreed, read_disagreements
from kdstudio.runs.report.exported import exported
from kdstudio.runs.report.markup import Markup, element, escaped, paragraph
from kdstudio.runs.report.mistakes import mistakes
from kdstudio.runs.report.outcome import laid_out, leading_figures, outcome
from kdstudio.runs.report.palette import style_sheet
from kdstudio.runs.report.reported import ReportedRun, Section, read_run
from kdstudio.runs.result_tables import ResultTable
from kdstudio.runs.state import spoken_duration
from kdstudio.runs.summary import spoken_warnings

SECTIONS: tuple[Callable[[ReportedRun], Section | None], ...] = (
    claimed,
    outcome,
    course,
    mistakes,
    disagreed,
    exported,
    networks,
    method,
    origin,
)
"""What is told of each run, in this order; a function says None where it has nothing to tell."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Tells the browser to load nothing, from anywhere."""
HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}
</style>
</head>
"""


def write_report(
    runs: Sequence[RunFolder],
    path: Path,
    progress: ProgressCallback,
    *,
    claims: ResultTable | None = None,
    ask: bool = False,
    replace: bool = False,
) -> Path:
    """Write the report of ``runs`` to ``path``, which is returned.

    Runs that show the ``claims`` of a lecture have these before them, in the place of a comparison.

    With ``ask`` the networks are asked the test images, where the data are here, and disagreements shown.

    Raises KDStudioError where a run cannot be read, or ``path`` cannot be written or is there already and
    may not be replaced.
    """
    check_place(path, replace=replace)
    found = []
    for number, run in enumerate(runs):
        progress(run.name, number / len(runs))
        asked = read_disagreements(run, progress) if ask else None
        found.append(replace_fields(read_run(run), disagreements=asked))
    write_file(path, report(found, claims), replace=replace)
    return path


def report(runs: Sequence[ReportedRun], claims: ResultTable | None = None) -> str:
    """Return the page of ``runs``, one at least: beside each other where there are several, then each.

    The table of ``claims``, where it is given, stands in the place of the comparison.
    """
    if not runs:
        raise KDStudioError("a report needs a run; name one")
    several = len(runs) > 1 or claims is not None
    title = claims.title if claims else f"{len(runs)} runs compared" if several else runs[0].title
    beside = [laid_out(replace_fields(claims, title=""))] if claims else comparison(runs)
    parts: list[Markup] = [element("header", element("h1", title), *beside)] if several else []
    parts += [_article(run, number, heading="h2" if several else "h1") for number, run in enumerate(runs, 1)]
    today = f"{datetime.now().astimezone():%d %B %Y}"
    foot = element("footer", f"Written by KD Studio {__version__} on {today}.")
    head = HEAD.format(policy=POLICY, title=escaped(title), style=style_sheet())
    return head + element("body", element("main", *parts, foot)) + "\n</html>\n"


def _article(run: ReportedRun, number: int, heading: str) -> Markup:
    """Tell all of one run, below ``heading``, ``h1`` or ``h2``."""
    sections = (section for make in SECTIONS if (section := make(run)))
    below = "h3" if heading == "h2" else "h2"
    told = [element("section", element(below, section.title), *section.parts) for section in sections]
    return element("article", *_lead(run, heading), *told, id=f"run-{number}", class_="run")


def _lead(run: ReportedRun, heading: str) -> Iterator[Markup]:
    """Say what the run is, what it shows and what came out, and what to doubt."""
    summary, about = run.summary, run.about
    name = f"{summary.name}: " if heading == "h2" and run.title != summary.name else ""  # titles may be alike
    yield element(heading, name, run.title)
    took = f"{summary.state} after {spoken_duration(summary.seconds)}"
    begun = f"{datetime.fromisoformat(summary.started):%d %B %Y, %H:%M}"
    yield paragraph(f"Run {summary.name}, begun {begun}, {took}.", class_="note")
    for note in (*summary.notes, *run.state.notices):
        yield paragraph(note, class_="note")
    for key, title in (("shows", ""), ("source", "Source: "), ("changed", "Differs from it: ")):
        if about.get(key):
            yield paragraph(title, str(about[key]))
    if run.labels.note:
        yield paragraph("Note: ", run.labels.note)
    if summary.networks:
        yield paragraph("Test accuracy: ", leading_figures(summary), ".", class_="lead")
    if summary.error:
        yield paragraph(element("b", "Failed: "), summary.error, class_="warning")
    if summary.warnings:
        entries = [
            element("li", element("b", f"{w.title}. "), f"{w.message} {w.remedy}") for w in summary.warnings
        ]
        count = element("b", spoken_warnings(len(entries)))
        yield element("aside", count, element("ul", *entries), class_="warning")
