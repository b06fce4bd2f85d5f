"""What can be listed: presets, everything that is registered, terms of the field, runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from kdstudio.cli.display import console
from kdstudio.cli.options import json_flag, runs_dir
from kdstudio.cli.tables import cell, table
from kdstudio.data.declaration import datasets
from kdstudio.declaration import Declaration, Registry
from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.engine.optimization import optimizers, schedules
from kdstudio.engine.quantities.declaration import quantities
from kdstudio.engine.strategy import strategies
from kdstudio.engine.weighting import weightings
from kdstudio.errors import KDStudioError
from kdstudio.machine import host
from kdstudio.models.declaration import models
from kdstudio.models.heads.declaration import heads
from kdstudio.packages import OURS
from kdstudio.runs.folder import RunFolder, recorded_runs, run_folders
from kdstudio.runs.formats.declaration import formats
from kdstudio.runs.glossary import glossary
from kdstudio.runs.groups import gathered
from kdstudio.runs.index import LIVE, RunIndex
from kdstudio.runs.labels import Labels, read_labels
from kdstudio.runs.preset_facts import PresetFacts, Took, preset_facts, took
from kdstudio.runs.presets import gallery
from kdstudio.runs.searching import Query

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
    text = " ".join(cell(value) for value in row.values()).lower()
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
    """One row for each run that is looked for; damaged ones say why."""
    rows: list[dict[str, Any]] = []
    for folder in folders:
        summary = folder.read()
        try:
            labels = read_labels(folder)
        except KDStudioError as error:
            labels = Labels(note=str(error))
        if not query.accepts(folder, summary, labels):
            continue
        if summary.status == "damaged":
            rows.append({"name": summary.name, "status": summary.state, "error": summary.error})
            continue
        groups = gathered(summary.networks.values())
        means = {g.network.name: spread.mean for g in groups if (spread := g.spread("accuracy"))}
        rows.append(
            {
                "name": summary.name,
                "status": summary.state,
                "host": summary.host,
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


def remedies(rows: list[dict[str, Any]]) -> list[str]:
    """Say what to do where runs are damaged."""
    count = sum("error" in row for row in rows)
    told = f"{count} run{' is' if count == 1 else 's are'} damaged; 'kdstudio check' says what can be mended"
    return [told] if count else []


def with_state(row: dict[str, Any]) -> dict[str, Any]:
    """Return a run's row for people: its state tells of warnings, and what is damaged."""
    if "error" in row:
        return row | {"status": f"{row['status']}: {row['error'].partition('; ')[0]}"}
    if row.get("status") in LIVE and row.get("host", "") not in ("", host()):
        row = row | {"status": f"{row['status']} on {row['host']}"}
    return row | {"status": f"! {row['status']}"} if row.get("warnings") else row


@click.command("list")
@click.argument("what", type=click.Choice([*LISTS, "runs"]))
@click.argument("words", nargs=-1)
@click.option("--state", default="", help="Runs in this state, for instance failed.")
@click.option("--tag", default="", help="Runs with this tag.")
@runs_dir
@json_flag
def list_(what: str, words: tuple[str, ...], state: str, tag: str, runs: Path, as_json: bool) -> None:
    """List presets, what they can be made of, runs, or what words mean; WORDS choose what has all of them.

    A run has them in its name, title, tags, note or settings (path=value). What was left out is told on
    stderr.
    """
    if (state or tag) and what != "runs":
        raise KDStudioError(f"--state and --tag choose runs, not {what}; leave them out")
    if what == "runs":
        folders = [*run_folders(runs), *recorded_runs()]
        rows = run_rows(folders, Query(" ".join(words), state=state, tag=tag))
    else:
        found = rows_of(what, runs)
        rows = [row for row in found if has_words(row, words)]
    recordings = dict.fromkeys(row["recorded"] for row in rows if "recorded" in row)
    for line in (*left_out(what), *recordings, *remedies(rows)):
        click.echo(f"note: {line}", err=True)
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif rows:
        console(stderr=False).print(table([with_state(row) for row in rows]))
    elif words or state or tag:
        wanted = " ".join((*words, state, tag)).strip()
        click.echo(f"none of the {what} has '{wanted}'; leave words out to see more")
    else:
        click.echo(f"no {what} in {runs} yet; 'kdstudio run digits-hinton' makes one")
