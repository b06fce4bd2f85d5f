"""Tables of what came out of runs, of their exported files, and of what an experiment would do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kdstudio.engine.events import StageSummary
from kdstudio.runs.comparison import spoken_options
from kdstudio.runs.exporting.records import MeasuredFile
from kdstudio.runs.exporting.truth_table import measured_how, truth_table
from kdstudio.runs.figures import FIGURES
from kdstudio.runs.finding_words import claim_table
from kdstudio.runs.outcome import outcome
from kdstudio.runs.preview import Preview
from kdstudio.runs.published import published_tables
from kdstudio.runs.reading import shortened
from kdstudio.runs.result_tables import ResultTable, result_tables
from kdstudio.runs.side_by_side import differences_table, figures_table
from kdstudio.runs.state import spoken_duration, spoken_epochs
from kdstudio.runs.summary import Summary, spoken_warnings, with_warnings
from kdstudio.runs.table_formats import written_as

WIDEST = 1000
"""Characters that a table may take where there is no terminal."""
NO_COLUMN = ("path", "recorded", "error", "host")
"""Of a run: too long for a table, or told with its state."""
LONGEST_SWEEP = 2000
"""Characters of the values that were tried of a field."""


def table(rows: list[dict[str, Any]]) -> Table:
    """Lay ``rows`` out, one column for each key but those of :data:`NO_COLUMN`."""
    keys = list(dict.fromkeys(key for row in rows for key in row if key not in NO_COLUMN))
    laid = Table(box=None, pad_edge=False, header_style="bold")
    for key in keys:
        laid.add_column(key.replace("_", " "), no_wrap=key == "name")
    for row in rows:
        laid.add_row(*(escape(cell(row.get(key, ""))) for key in keys))
    return laid


def cell(value: Any) -> str:  # noqa: ANN401
    """Say what stands in a row."""
    if isinstance(value, dict):
        return "  ".join(f"{name} {share:.2%}" for name, share in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def print_results(summary: Summary, console: Console) -> None:
    """Show what came out in a sentence, then the tables behind it, in general and as declared, and doubts."""
    if summary.networks and summary.status not in ("running", "paused"):
        told = outcome(summary)
        console.print(Text(" ".join((f"{told.sentence}.", *told.remarks)), style="bold"))
    claimed = [claim_table(summary.claim)] if summary.claim else []
    for found in (*claimed, *result_tables(summary), *published_tables(summary)):
        console.print(laid_out(found))
    if summary.warnings:
        console.print(spoken_warnings(len(summary.warnings)), style="bold yellow")
    for warning in summary.warnings:
        console.print(Padding(Text(warning.text), (0, 0, 0, 2), expand=False))


def print_beside(
    summaries: Sequence[Summary], console: Console, table_format: str | None, as_json: bool
) -> None:
    """Show runs side by side: what came out, and the settings in which they differ."""
    if as_json:
        records = [summary.model_dump(mode="json") for summary in summaries]
        console.print_json(json.dumps(records, ensure_ascii=False), indent=2)
        return
    found = [figures_table(summaries), differences_table(summaries)]
    if table_format:
        console.out(written_as(table_format, found), end="", highlight=False)
        return
    for each in found:
        console.print(laid_out(each))


def print_exports(files: Sequence[MeasuredFile], console: Console) -> None:
    """Show what the exported files of a run were measured to be; nothing where there are none."""
    if files:
        shown = laid_out(truth_table(files))
        if not console.is_terminal:  # a pipe cuts nothing off
            wide = console.options.update(width=WIDEST)
            console.width = max(console.width, console.measure(shown, options=wide).maximum)
        console.print(shown)
        console.print(measured_how(files), markup=False)


def laid_out(found: ResultTable) -> Table:
    """Lay out a table of results."""
    laid = Table(
        title=escape(found.title) or None, title_justify="left", title_style="bold", box=None, pad_edge=False,
        header_style="bold",
    )  # fmt: skip
    for column, side in zip(found.head, found.align, strict=True):
        laid.add_column(escape(column), justify="right" if side == "r" else "left")
    for place, row in enumerate(found.body):
        laid.add_row(*map(escape, row), style="bold" if place == found.best else "")
    return laid


def percent(share: float | None) -> str:
    """``87.13%``; a dash for what is not there."""
    return FIGURES["accuracy"].single(share)


def print_run(summary: Summary, console: Console) -> None:
    """Show one run."""
    strategy = summary.experiment["strategy"]
    options = spoken_options(strategy)
    ended = f"{summary.name}: {summary.state} after {spoken_duration(summary.seconds)}"
    lines = [with_warnings(ended, len(summary.warnings))]
    lines.append(f"{strategy['name']}: {options}" if options else strategy["name"])
    lines += [*_tried(summary.experiment), *summary.notes]
    console.print("\n".join(lines), markup=False)
    if summary.error:
        console.print(summary.error, markup=False)
    print_results(summary, console)


def _tried(experiment: Mapping[str, Any]) -> Iterator[str]:
    """Say what a run has crossed: its seeds, and the values of each swept field."""
    seed, seeds = experiment.get("seed", 0), experiment.get("seeds", 1)
    if seeds > 1:
        yield f"seeds {seed} to {seed + seeds - 1}"
    for path, values in experiment.get("sweep", {}).items():
        yield shortened(f"swept: {path} {', '.join(map(str, values))}", LONGEST_SWEEP)


def stage_text(stage: StageSummary, class_names: Sequence[str]) -> str:
    """Epochs, terms, classes and added heads of a stage."""
    heads = "".join(f"; adds {name}: {what}" for name, what in stage.heads.items())
    seen = "; sees only " + ", ".join(class_names[c] for c in stage.classes) if stage.classes else ""
    work = f"{spoken_epochs(stage.epochs)} of {stage.steps_per_epoch} steps"
    return f"{work}; {', '.join(stage.terms)}{seen}{heads}"


def print_preview(found: Preview, output: Console) -> None:
    """Show what an experiment would see and build."""
    size = "×".join(map(str, found.image))
    output.print(
        f"images {size}; {found.validation_images:,} for validation, {found.test_images:,} for the test"
    )
    laid = Table(box=None, pad_edge=False, header_style="bold")
    laid.add_column("network")
    laid.add_column("architecture")
    for title in ("parameters", "multiply-adds", "training images"):
        laid.add_column(title, justify="right")
    laid.add_column("taps")
    for role, network in found.networks.items():
        laid.add_row(
            role,
            escape(network.architecture),
            f"{network.cost.parameters:,}",
            f"{network.cost.multiply_adds:,}",
            f"{sum(network.counts):,}",
            escape(", ".join(network.taps)),
        )
    output.print(laid)
    if found.trials > 1:
        output.print(f"{found.trials:,} trials, {found.spoken_stages()}")
    for number, planned in enumerate(found.stages, start=1):
        times = found.spoken_times(planned)
        heading = f"stage {number}, {planned.first.own_name}{f', {times}' if times else ''}"
        output.print(f"{heading}: {stage_text(planned.first, found.class_names)}", markup=False)
    for role, network in found.networks.items():
        counts = ", ".join(f"{n} {c}" for n, c in zip(found.class_names, network.counts, strict=True))
        output.print(f"classes of the {role}: {counts}", markup=False)
    for note in found.notes:
        output.print(note, markup=False)
