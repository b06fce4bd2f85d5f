"""The truth table of a run's exported files, where some were measured."""

from __future__ import annotations

from kdstudio.errors import KDStudioError
from kdstudio.runs.exporting.records import measured_files
from kdstudio.runs.exporting.truth_table import measured_how, truth_table
from kdstudio.runs.report.markup import paragraph
from kdstudio.runs.report.outcome import laid_out
from kdstudio.runs.report.reported import ReportedRun, Section

TITLE = "Exported files"


def exported(run: ReportedRun) -> Section | None:
    """Show what every file weighs, answers and takes; None where nothing was exported."""
    try:
        rows = measured_files(run.folder)
    except KDStudioError as error:
        return Section(TITLE, (paragraph(str(error)),))
    if not rows:
        return None
    return Section(TITLE, (laid_out(truth_table(rows)), paragraph(measured_how(rows), class_="note")))
