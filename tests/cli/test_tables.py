import io
import json

import pytest
from rich.console import Console

from kdstudio.cli import tables
from kdstudio.cli.tables import declared_rows, run_rows
from kdstudio.engine.strategy import strategies
from kdstudio.runs.folder import create_run, run_folders
from kdstudio.runs.presets import load_experiment, preset_names
from tests.small import run_in, small_experiment


def shown(renderable):
    output = io.StringIO()
    Console(file=output, width=200).print(renderable)
    return output.getvalue()


def test_presets_are_listed_with_their_titles():
    rows = declared_rows("presets")
    assert [row["name"] for row in rows] == preset_names()
    assert rows[0]["title"] == load_experiment(preset_names()[0]).about.title


@pytest.mark.parametrize("what", list(tables.REGISTRIES))
def test_declarations_are_listed_with_their_options(what):
    rows = declared_rows(what)
    assert [row["name"] for row in rows] == list(tables.REGISTRIES[what])
    assert all("name" not in row["options"] for row in rows)
    if what == "strategies":
        assert {"temperature", "alpha"} <= {*next(r for r in rows if r["name"] == "hinton")["options"]}
        assert rows[0]["about"] == strategies[rows[0]["name"]].headline()


def test_runs_are_listed_with_their_status_and_test_accuracy(runs):
    folder = run_in(runs, small_experiment(), "mine")
    (row,) = run_rows(run_folders(runs))
    networks = json.loads(folder.summary_file.read_text())["networks"]
    assert (row["name"], row["status"], row["strategy"]) == ("mine", "finished", "hinton")
    assert row["test_accuracy"] == {name: found["test"]["accuracy"] for name, found in networks.items()}
    text = shown(tables.table([row]))
    assert f"student {networks['student']['test']['accuracy']:.2%}" in text
    assert "test accuracy" in text


def test_a_damaged_run_is_listed_as_unreadable_beside_the_others(runs):
    create_run(runs, small_experiment(), "damaged").summary_file.write_text('{"status": "odd"}')
    create_run(runs, small_experiment(), "whole")
    rows = {row["name"]: row["status"] for row in run_rows(run_folders(runs))}
    assert rows["whole"] == "interrupted"
    assert rows["damaged"].startswith("unreadable: ")
    assert "damaged" in shown(tables.table(run_rows(run_folders(runs))))


def test_square_brackets_are_shown_as_they_are():
    assert "[/x] [type=odd]" in shown(tables.table([{"name": "[/x] [type=odd]"}]))


def test_networks_are_shown_last_and_best(runs):
    summary = run_in(runs, small_experiment(), "mine").summary()
    text = shown(tables.networks(summary))
    for name, network in summary.networks.items():
        (line,) = (line for line in text.splitlines() if line.strip().startswith(name))
        assert f"{network.test.accuracy:.2%}" in line
        assert f"{network.best_epoch.test.accuracy:.2%}" in line
        assert "mlp 8" in line
        assert "610" in line


def test_a_run_is_shown_with_its_strategy(runs):
    summary = run_in(runs, small_experiment("strategy.temperature=7"), "mine").summary()
    output = io.StringIO()
    tables.print_run(summary.model_copy(update={"error": "[it] broke"}), Console(file=output, width=200))
    assert "mine: finished after " in output.getvalue()
    assert "hinton: temperature 7.0, alpha 0.1" in output.getvalue()
    assert "[it] broke" in output.getvalue()


def test_what_mutual_learning_has_found_is_shown_below_its_networks(runs):
    summary = run_in(runs, small_experiment(strategy="mutual"), "mine").summary()
    output = io.StringIO()
    tables.print_results(summary, Console(file=output, width=200))
    last = output.getvalue().splitlines()[-1].split()
    networks = (summary.networks[name] for name in ("net-2 alone", "net-2 distilled", "net-2"))
    assert last == ["net-2", "mlp", "8", *(f"{network.test.accuracy:.2%}" for network in networks)]
