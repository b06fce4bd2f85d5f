"""Tables of runs, networks and everything that is registered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kdstudio.data.declaration import datasets
from kdstudio.declaration import Declaration, Registry
from kdstudio.engine.events import StageSummary
from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.engine.optimization import optimizers, schedules
from kdstudio.engine.quantities.declaration import quantities
from kdstudio.engine.strategy import strategies
from kdstudio.engine.weighting import weightings
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import models
from kdstudio.models.heads.declaration import heads
from kdstudio.packages import OURS
from kdstudio.runs.claims import claim_table
from kdstudio.runs.comparison import spoken_options
from kdstudio.runs.exporting.records import MeasuredFile
from kdstudio.runs.exporting.truth_table import measured_how, truth_table
from kdstudio.runs.figures import FIGURES
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.formats.declaration import formats
from kdstudio.runs.glossary import glossary
from kdstudio.runs.groups import gathered
from kdstudio.runs.index import RunIndex
from kdstudio.runs.labels import Labels, read_labels
from kdstudio.runs.outcome import outcome
from kdstudio.runs.preset_facts import PresetFacts, Took, preset_facts, took
from kdstudio.runs.presets import gallery
from kdstudio.runs.preview import Preview
from kdstudio.runs.published import published_tables
from kdstudio.runs.result_tables import ResultTable, result_tables
from kdstudio.runs.searching import Query
from kdstudio.runs.side_by_side import differences_table, figures_table
from kdstudio.runs.state import spoken_duration, spoken_epochs
from kdstudio.runs.summary import Summary, spoken_warnings, with_warnings
from kdstudio.runs.table_formats import written_as

WIDEST = 1000
"""Characters that a table may take where there is no terminal."""
REGISTRIES: dict[str, Registry[Any]] = {
    "strategies": strategies,
    "terms": matching_terms,
    "models": models,
    "heads": heads,
    "datasets": datasets,
    "optimizers": optimizers,
    "schedules": schedules,
    "weightings": weightings,
    "quantities": quantities,
    "formats": formats,
}


NO_COLUMN = ("path", "recorded")
"""Of a run: too long for a table."""
LISTS = ("presets", *REGISTRIES, "glossary")
"""What can be listed, beside runs."""


def rows_of(what: str, runs: Path) -> list[dict[str, Any]]:
    """One row for each entry of a list."""
    rows = {"presets": lambda: preset_rows(runs), "glossary": term_rows}
    return rows[what]() if what in rows else declared_rows(what)


def term_rows() -> list[dict[str, Any]]:
    """One row for each term of the field."""
    shown = ("title", "says", "formula", "source")
    return [
        {"name": name} | {key: text for key in shown if (text := getattr(term, key))}
        for name, term in glossary().terms.items()
    ]


def declared_rows(what: str) -> list[dict[str, Any]]:
    """One row for each entry of a registry; foreign ones tell their package."""
    registry = REGISTRIES[what]
    return [_entry_row(name, entry, registry.package_of(name)) for name, entry in registry.items()]


def preset_rows(runs: Path) -> list[dict[str, Any]]:
    """One row for each preset; how long it took where there are runs of it in ``runs``."""
    index = RunIndex(runs)
    index.refresh()
    return [_preset_row(facts, took(facts, index.summaries.values())) for facts in preset_facts()]


def _preset_row(facts: PresetFacts, time: Took) -> dict[str, Any]:
    return {
        "name": facts.name,
        "title": facts.about.title,
        "source": facts.about.source,
        "strategy": facts.strategy,
        "data": f"{facts.data} (needs {facts.lacks})" if facts.lacks else facts.data,
        "time": time.text,
    } | _told_package(facts.package)


def has_words(row: Mapping[str, Any], words: Sequence[str]) -> bool:
    """Tell whether every one of ``words`` stands somewhere in a row."""
    text = " ".join(_cell(value) for value in row.values()).lower()
    return all(word.lower() in text for word in words)


def _entry_row(name: str, entry: type[Declaration], package: str) -> dict[str, Any]:
    paper = getattr(entry, "paper", "")
    return {
        "name": name,
        "about": entry.headline(),
        **({"paper": paper} if paper else {}),
        **({"needs": list(needs)} if (needs := entry.needed()) else {}),
        "options": [option for option in entry.model_fields if option != "name"],
    } | _told_package(package)


def _told_package(package: str) -> dict[str, str]:
    return {"package": package} if package and package != OURS else {}


def left_out(what: str) -> list[str]:
    """Lines about what could not be entered into a list, and why."""
    if what in ("runs", "glossary"):
        return []
    failures = gallery().failures if what == "presets" else REGISTRIES[what].failures
    return [f"{source} is left out: {reason}" for source, reason in failures.items()]


def run_rows(folders: list[RunFolder], query: Query = Query()) -> list[dict[str, Any]]:  # noqa: B008
    """One row for each run that is looked for; all that cannot be read say why."""
    rows: list[dict[str, Any]] = []
    for folder in folders:
        try:
            summary = folder.summary()
        except KDStudioError as error:
            rows.append({"name": folder.name, "status": f"unreadable: {error}"})
            continue
        try:
            labels = read_labels(folder)
        except KDStudioError as error:
            labels = Labels(note=str(error))
        if not query.accepts(folder, summary, labels):
            continue
        groups = gathered(summary.networks.values())
        means = {g.network.name: spread.mean for g in groups if (spread := g.spread("accuracy"))}
        rows.append(
            {
                "name": folder.name,
                "status": summary.state,
                "warnings": len(summary.warnings),
                "strategy": summary.experiment["strategy"]["name"],
                "seconds": round(summary.seconds, 1),
                **({"taken": len(summary.taken)} if summary.taken else {}),
                **({"recorded": summary.recording} if summary.recorded else {}),
                "test_accuracy": means,
                **{key: value for key, value in labels.model_dump().items() if value},
                "path": str(folder.path),
            }
        )
    return rows


def table(rows: list[dict[str, Any]]) -> Table:
    """Lay ``rows`` out, one column for each key but those of :data:`NO_COLUMN`."""
    keys = list(dict.fromkeys(key for row in rows for key in row if key not in NO_COLUMN))
    laid = Table(box=None, pad_edge=False, header_style="bold")
    for key in keys:
        laid.add_column(key.replace("_", " "), no_wrap=key == "name")
    for row in rows:
        laid.add_row(*(escape(_cell(row.get(key, ""))) for key in keys))
    return laid


def _cell(value: Any) -> str:  # noqa: ANN401
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
        yield f"swept: {path} {', '.join(map(str, values))}"


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
