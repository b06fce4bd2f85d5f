"""Lists of all that there is, as they are printed and as JSON."""

import io
import json

import pytest
from rich.console import Console

from kdstudio.cli import lists
from kdstudio.cli.commands import run_command_line
from kdstudio.cli.lists import declared_rows, remedies, run_rows, with_state
from kdstudio.cli.tables import table
from kdstudio.engine.strategy import strategies
from kdstudio.runs.folder import RunFolder, run_folders
from kdstudio.runs.presets import load_experiment, preset_names
from tests.results import row, run
from tests.small import create_run, small_experiment


def shown(renderable):
    output = io.StringIO()
    Console(file=output, width=200).print(renderable)
    return output.getvalue()


def test_presets_are_listed_with_their_titles_and_times(runs):
    rows = lists.preset_rows(runs)
    assert [row["name"] for row in rows] == preset_names()
    experiment = load_experiment(preset_names()[0])
    assert rows[0]["title"] == experiment.about.title
    assert rows[0]["time"] == f"expected: {experiment.about.expected}"
    assert (rows[0]["strategy"], rows[0]["data"]) == ("Soft targets", "Small digits")


def test_lists_are_searched_by_words(runs, capsys):
    def names(*arguments):
        assert run_command_line(["list", *arguments, "--json"]) == 0
        return [row["name"] for row in json.loads(capsys.readouterr().out)]

    assert names("presets", "mutual", "MNIST") == ["mnist-mutual", "mnist-mutual-noise"]
    assert names("terms", "park") == ["relational"]
    assert "fsp" in names("terms", "maps")
    assert names("strategies", "no-such") == []
    assert names("glossary", "selection", "wanted") == ["phi"]
    run_command_line(["list", "terms", "no-such"])
    assert "none of the terms has 'no-such'" in capsys.readouterr().out


@pytest.mark.parametrize("what", list(lists.REGISTRIES))
def test_declarations_are_listed_with_their_options(what):
    rows = declared_rows(what)
    assert [row["name"] for row in rows] == list(lists.REGISTRIES[what])
    assert all("name" not in row["options"] for row in rows)
    if what == "strategies":
        assert {"temperature", "alpha"} <= {*next(r for r in rows if r["name"] == "hinton")["options"]}
        assert rows[0]["about"] == strategies[rows[0]["name"]].headline()


def kept(runs, summary):
    """A folder that holds no more than ``summary``."""
    folder = RunFolder(runs / summary.name)
    folder.path.mkdir(parents=True)
    folder.summary_file.write_text(summary.model_dump_json())
    return folder


def test_runs_are_listed_with_their_status_and_test_accuracy_over_the_seeds(runs):
    seeds = (row("student", accuracy, seed=seed) for seed, accuracy in enumerate((0.6, 0.8)))
    (found,) = run_rows([kept(runs, run(row("teacher", 0.9), *seeds, name="mine"))])
    assert (found["name"], found["status"], found["strategy"]) == ("mine", "finished", "nobody-knows")
    assert found["test_accuracy"] == {"teacher": 0.9, "student": pytest.approx(0.7)}
    text = shown(table([found]))
    assert "student 70.00%" in text
    assert "test accuracy" in text


def test_a_damaged_run_is_listed_with_its_reason_beside_the_others(runs):
    create_run(runs, small_experiment(), "damaged").summary_file.write_text('{"status": "odd"}')
    create_run(runs, small_experiment(), "whole")
    listed = run_rows(run_folders(runs))
    rows = {row["name"]: with_state(row)["status"] for row in listed}
    assert rows["whole"] == "interrupted"
    assert rows["damaged"].startswith("damaged: summary.json cannot be read: ")
    assert remedies(listed) == ["1 run is damaged; 'kdstudio check' says what can be mended"]
    assert "damaged" in shown(table(run_rows(run_folders(runs))))
