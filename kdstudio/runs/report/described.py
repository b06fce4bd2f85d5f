"""What a run was: its loss, its data, its networks, its settings, and the command that repeats it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tomli_w

from kdstudio.engine.card import NetworkCard
from kdstudio.engine.events import NetworkResult
from kdstudio.engine.trials import spoken_trials
from kdstudio.errors import KDStudioError
from kdstudio.runs.command_line import run_command
from kdstudio.runs.figures import MISSING
from kdstudio.runs.formulas.swept import formula_of
from kdstudio.runs.groups import Group, gathered
from kdstudio.runs.presets import load_experiment, plain, preset_names, to_toml
from kdstudio.runs.report.formula import formula_block
from kdstudio.runs.report.markup import Markup, element, fold, paragraph, table
from kdstudio.runs.report.reported import ReportedRun, Section
from kdstudio.runs.summary import Summary

MOST_CLASSES = 30
NOT_NOTED = "This run was begun by a version that noted nothing of its environment."


def method(run: ReportedRun) -> Section:
    """Tell what was learned and from what: formula, trials, images, training."""
    experiment = run.experiment
    parts = [element("div", _formula(run), class_="formula")]
    if experiment and (trials := spoken_trials(experiment)):
        parts.append(paragraph(f"{trials}."))
    parts += [paragraph(_data(run)), *_training(run.summary)]
    return Section("Method", tuple(parts))


def _formula(run: ReportedRun) -> Markup:
    if run.experiment is None:
        return element("code", f"{run.summary.experiment['strategy']['name']}: {run.fault}")
    return formula_block(formula_of(run.experiment))


def _data(run: ReportedRun) -> str:
    data, started = run.summary.experiment.get("data", {}), run.state.started
    name = data.get("source", {}).get("name", "")
    sizes = (
        f": {started.training_images:,} training images, {started.validation_images:,} kept for validation, "
        f"{started.test_images:,} for the test"
        if started
        else ""
    )
    names = run.summary.class_names
    more = f" and {len(names) - MOST_CLASSES} more" if len(names) > MOST_CLASSES else ""
    classes = f" {len(names)} classes: {', '.join(names[:MOST_CLASSES])}{more}." if names else ""
    return f"Data {name}{sizes}.{classes}"


def _training(summary: Summary) -> Iterator[Markup]:
    """One row for each role of the strategy; nothing of a run whose experiment has another shape."""
    rows = [
        (role, *_trained(network.get("training", {})))
        for role, network in summary.experiment.get("networks", {}).items()
    ]
    heads = ("role", "epochs", "batch", "optimiser", "learning rate", "schedule")
    if rows:
        yield table(heads, rows, "lrrlrl", title="Training")


def _trained(training: dict[str, Any]) -> tuple[str, ...]:
    optimizer, schedule = training.get("optimizer", {}), training.get("schedule", {})
    told = (
        training.get("epochs"), training.get("batch_size"), optimizer.get("name"),
        optimizer.get("learning_rate"), schedule.get("name"),
    )  # fmt: skip
    return tuple(MISSING if value is None else str(value) for value in told)


def networks(run: ReportedRun) -> Section | None:
    """Tell of every network what is needed to feed it and to read its answers; None before there is one."""
    groups = gathered(run.summary.networks.values())
    if not groups:
        return None
    heads = (
        "network",
        "what it is",
        "architecture",
        "parameters",
        "multiply-adds",
        "outputs",
        "epoch",
    )
    cards = {group.network.name: run.card(run.names_in(group)[0]) for group in groups}
    rows = [_network(run, group, cards[group.network.name]) for group in groups]
    fed = dict.fromkeys(_feeding(card) for card in cards.values() if card)
    return Section(
        "Networks", (table(heads, rows, "lllrrrr"), *(paragraph(text, class_="note") for text in fed))
    )


def _network(run: ReportedRun, group: Group, card: NetworkCard | None) -> tuple[str, ...]:
    row = group.rows[0]
    assert isinstance(row, NetworkResult)
    outputs = len(card.class_names) if card else len(run.classes_of(group))
    several = f" × {len(group.rows)} seeds" if len(group.rows) > 1 else ""
    return (
        group.network.name, f"{row.kind}{several}", row.architecture,
        f"{row.parameters:,}", _operations(row), str(outputs), str(card.epoch if card else MISSING),
    )  # fmt: skip


def _operations(row: NetworkResult) -> str:
    return MISSING if row.multiply_adds is None else f"{row.multiply_adds:,}"


def _feeding(card: NetworkCard) -> str:
    """Say what a network takes: channels, height, width, and what is done to the pixels before."""
    size = " × ".join(map(str, card.image))
    mean, std = (", ".join(f"{value:.4g}" for value in values) for values in (card.mean, card.std))
    return f"Images of {size} with pixels from 0 to 1, less {mean}, divided by {std}, channel by channel."


def origin(run: ReportedRun) -> Section:
    """Tell how to repeat the run: the command, all settings as an experiment file, versions and machine."""
    toml = tomli_w.dumps(run.summary.experiment) if run.experiment is None else to_toml(run.experiment)
    settings = fold("All settings, as experiment.toml", element("pre", element("code", toml)))
    command = element("pre", element("code", _command(run)))
    return Section("Reproduction", (*_environment(run), command, settings))


def _command(run: ReportedRun) -> str:
    """Return the command that runs the preset with what was changed, or the experiment file below."""
    of_file = "kdstudio run experiment.toml"
    name = run.summary.experiment.get("name")
    if run.experiment is None or name not in preset_names():
        return of_file
    try:
        preset = plain(load_experiment(name))
    except KDStudioError:
        return of_file
    changed = run_command(name, preset, plain(run.experiment))
    return f"{changed}\n# or, with the file below:\n{of_file}"


def _environment(run: ReportedRun) -> Iterator[Markup]:
    summary, started = run.summary, run.state.started
    computed = {"Device": summary.device}
    if started:
        computed |= {"Threads": str(started.threads), "Precision": started.precision}
    found = [(title, text) for title, text in (summary.environment | computed).items() if text]
    yield table(("", ""), found, "ll", title="Environment")
    if not summary.environment:
        yield paragraph(NOT_NOTED, class_="note")
