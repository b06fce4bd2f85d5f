"""What is worth knowing of the chosen runs, in words and tables."""

from __future__ import annotations

from collections.abc import Sequence

from kdstudio.engine.views import TableView
from kdstudio.gui.html import Html, bold, joined, lines, paragraphs, table
from kdstudio.gui.warnings_strip import told
from kdstudio.runs.comparison import differing_settings, short_names
from kdstudio.runs.result_tables import ResultTable, effects_table, networks_table, result_tables, tabulate
from kdstudio.runs.summary import Summary
from kdstudio.runs.table_formats import Table, TextTable


def notes(summaries: Sequence[Summary]) -> Html:
    """Say everything of one run, of several only in what they differ."""
    if not summaries:
        return paragraphs("Select a run above.")
    if len(summaries) == 1:
        return _notes_of_one(summaries[0])
    _, head, body, align = differences_table(summaries)
    if not body:
        return paragraphs("All settings of these runs are equal.")
    return paragraphs("Only what differs:", table(["", *map(bold, head[1:])], body, align))


def note_tables(summaries: Sequence[Summary]) -> Sequence[Table]:
    """The tables among what is said: results of one run, differing settings of several."""
    return result_tables(summaries[0]) if len(summaries) == 1 else [differences_table(summaries)]


def differences_table(summaries: Sequence[Summary]) -> TextTable:
    """A row for each setting in which runs differ."""
    head = ["setting", *short_names(summaries)]
    body = [[path, *values] for path, values in differing_settings(summaries).items()]
    return TextTable("", head, body, "l" * len(head))


def _notes_of_one(summary: Summary) -> Html:
    rows = list(summary.networks.values())
    tables = [tabulate(view, rows) for view in summary.views if isinstance(view, TableView)]
    published = (summary.experiment.get("about") or {}).get("published") or ()
    figures = [joined((f"{figure['what']}: ", bold(str(figure["value"])))) for figure in published]
    strategy = summary.experiment["strategy"]
    settings = ", ".join(f"{key} {value}" for key, value in strategy.items() if key != "name")
    return paragraphs(
        joined((bold("Failed: "), summary.error)) if summary.error else "",
        laid_out(networks_table(rows), last=("parameters", "architecture")) if rows else "",
        told(summary.warnings),
        *(laid_out(found) for found in (effects_table(summary.comparisons), *tables) if found.rows),
        lines(bold("Published"), *figures) if figures else "",
        joined((bold(strategy["name"]), f": {settings}" if settings else "")),
    )


def laid_out(found: ResultTable, last: Sequence[str] = ()) -> Html:
    """Write a table of results, its title above it; the columns ``last`` come at the right."""
    body = [[cell.replace(" ", "\N{NO-BREAK SPACE}") for cell in row] for row in found.body]
    if found.best is not None:
        body[found.best] = [*map(bold, body[found.best])]
    late = {column: place for place, column in enumerate(last, 1)}
    order = sorted(range(len(found.head)), key=lambda place: late.get(found.head[place], 0))
    head = [bold(found.head[place]) for place in order]
    shown = [[row[place] for place in order] for row in body]
    align = "".join(found.align[place] for place in order)
    return paragraphs(bold(found.title) if found.title else "", table(head, shown, align))
