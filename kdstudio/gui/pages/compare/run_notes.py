"""What is worth knowing of the chosen runs, in words and tables."""

from __future__ import annotations

from collections.abc import Sequence

from kdstudio.engine.views import TableView
from kdstudio.gui.html import Html, bold, joined, paragraphs, table, unbroken
from kdstudio.gui.warnings_strip import told
from kdstudio.runs.comparison import spoken_options
from kdstudio.runs.published import published_tables
from kdstudio.runs.result_tables import ResultTable, effects_table, networks_table, result_tables, tabulate
from kdstudio.runs.side_by_side import differences_table, figures_table
from kdstudio.runs.summary import Summary
from kdstudio.runs.table_formats import Table


def notes(summaries: Sequence[Summary]) -> Html:
    """Say everything of one run; of several what came out, and only the settings in which they differ."""
    if not summaries:
        return paragraphs("Select a run above; several with Ctrl or Shift to compare them.")
    damaged = [_notes_of_damaged(summary) for summary in summaries if summary.status == "damaged"]
    whole = _whole(summaries)
    if len(whole) < 2:
        return paragraphs(*damaged, *map(_notes_of_one, whole))
    settings = differences_table(whole)
    return paragraphs(
        *damaged,
        laid_out(figures_table(whole)),
        laid_out(settings) if settings.rows else "All settings of these runs are equal.",
    )


def _notes_of_damaged(summary: Summary) -> Html:
    reason = summary.error.partition("; ")[0]
    return joined((bold(f"{summary.name} is damaged: "), f"{reason}. Its files are where they were."))


def note_tables(summaries: Sequence[Summary]) -> Sequence[Table]:
    """The tables among what is said: results of one run, figures and differing settings of several."""
    whole = _whole(summaries)
    if len(whole) < 2:
        return [found for one in whole for found in (*result_tables(one), *published_tables(one))]
    return [figures_table(whole), differences_table(whole)]


def _whole(summaries: Sequence[Summary]) -> list[Summary]:
    return [summary for summary in summaries if summary.status != "damaged"]


def _notes_of_one(summary: Summary) -> Html:
    rows = list(summary.networks.values())
    tables = [tabulate(view, rows) for view in summary.views if isinstance(view, TableView)]
    strategy = summary.experiment["strategy"]
    settings = spoken_options(strategy)
    return paragraphs(
        joined((bold("Failed: "), summary.error)) if summary.error else "",
        f"{summary.recording}." if summary.recorded else "",
        laid_out(networks_table(rows), last=("parameters", "architecture")) if rows else "",
        told(summary.warnings),
        *(laid_out(found) for found in (effects_table(summary.comparisons), *tables) if found.rows),
        *(laid_out(found, wrapped=True) for found in published_tables(summary)),
        joined((bold(strategy["name"]), f": {settings}" if settings else "")),
    )


def laid_out(found: ResultTable, last: Sequence[str] = (), *, wrapped: bool = False) -> Html:
    """Write a table of results, its title above it; the columns ``last`` come at the right."""
    body = [[*row] for row in found.body]
    if found.best is not None:
        body[found.best] = [*map(bold, body[found.best])]
    late = {column: place for place, column in enumerate(last, 1)}
    order = sorted(range(len(found.head)), key=lambda place: late.get(found.head[place], 0))
    head = [bold(found.head[place]) for place in order]
    shown = [[row[place] for place in order] for row in body]
    align = "".join(found.align[place] for place in order)
    laid = table(head, shown, align)
    return paragraphs(bold(found.title) if found.title else "", laid if wrapped else unbroken(laid))
