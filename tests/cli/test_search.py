"""``kdstudio search`` and ``kdstudio study``: what they print, go on with, and refuse."""

import json

import pytest

from kdstudio.cli import search as command
from kdstudio.cli.commands import run_command_line
from kdstudio.runs.folder import run_folders
from kdstudio.runs.presets import save_experiment
from kdstudio.runs.studies import library
from tests.small import small_experiment

ALPHA = "strategy.alpha=0.1..0.9"


@pytest.fixture
def preset(tmp_path):
    file = tmp_path / "small.toml"
    save_experiment(small_experiment(), file)
    return str(file)


def test_a_search_prints_the_best_run_and_goes_on(preset, runs, capfd):
    arguments = ["search", preset, "--over", ALPHA, "--study", "mine", "--trials", "2", "--sampler", "random"]
    assert run_command_line(arguments) == 0
    told = capfd.readouterr()
    assert told.out.strip() in {str(runs / f"mine-00{number}") for number in range(2)}
    assert "trial 0: strategy.alpha=0." in told.err
    assert "% on validation" in told.err
    assert "Best of 2: trial" in told.err
    assert run_command_line(["search", "--study", "mine", "--trials", "3", "--quiet"]) == 0
    assert capfd.readouterr().err == ""
    assert len(run_folders(runs)) == 3

    assert run_command_line(["study"]) == 0
    assert "strategy.alpha=0.1..0.9" in capfd.readouterr().out
    assert run_command_line(["study", "mine"]) == 0
    assert "Best of 3" in capfd.readouterr().out
    assert run_command_line(["study", "mine", "--json"]) == 0
    record = json.loads(capfd.readouterr().out)
    values = [trial["value"] for trial in record["trials"]]
    assert record["trials"][record["best"]]["value"] == max(values)
    assert [trial["state"] for trial in record["trials"]] == ["finished"] * 3
    assert run_command_line(["study", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)[0]["trials"] == 3


def test_without_any_study_it_says_how_to_begin(runs, capfd):
    assert run_command_line(["study"]) == 0
    assert "'kdstudio search' begins one" in capfd.readouterr().out


def test_a_wish_to_stop_is_left(preset, runs, capfd):
    assert (
        run_command_line(["search", preset, "--over", ALPHA, "--study", "mine", "--trials", "1", "-q"]) == 0
    )
    assert run_command_line(["study", "mine", "--stop"]) == 0
    assert command.open_study("mine", command.own_storage(runs, "mine")).is_to_stop


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["search"], "name a preset or file"),
        (["search", "--study", "mine", "--over", ALPHA], "name a preset or file"),
        (["search", "--study", "mine", "--goal", "errors"], "name a preset or file"),
        (["search", "--study", "mine"], "there is none"),
        (["search", "digits-hinton"], "nothing is varied"),
        (
            ["search", "digits-hinton", "--over", "strategy.alpha=0..2"],
            "must be less than or equal to 1, not 2",
        ),
        (["search", "digits-hinton", "--over", ALPHA, "--sampler", "best"], "no sampler 'best'"),
        (["search", "digits-hinton", "--over", ALPHA, "--pruner", "best"], "no pruner 'best'"),
        (["search", "digits-hinton", "--over", ALPHA, "--study", "a/b"], "is no name for a study"),
        (["search", "digits-hinton", "--over", ALPHA, "--storage", "/no/where"], "there is no folder"),
        (["study", "mine"], "there is none"),
        (["study", "--stop"], "name it"),
    ],
)
def test_bad_input_is_one_line(runs, capfd, arguments, told):
    assert run_command_line(arguments) == 2
    error = capfd.readouterr().err
    assert told in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("arguments", [["search", "digits-hinton", "--over", ALPHA], ["study"]])
def test_without_optuna_it_says_how_to_install_it(runs, capfd, monkeypatch, arguments):
    monkeypatch.setattr(library, "find_spec", lambda name: None)
    assert run_command_line(arguments) == 2
    assert 'uv pip install "kdstudio[search]"' in capfd.readouterr().err


def test_a_damaged_study_does_not_hide_the_others(preset, runs, capfd):
    arguments = ["search", preset, "--over", ALPHA, "--study", "whole", "--trials", "1", "-q"]
    assert run_command_line(arguments) == 0
    (runs / ".studies" / "broken.journal").write_text("no journal\nat all\n")
    capfd.readouterr()
    assert run_command_line(["study"]) == 0
    told = capfd.readouterr()
    assert "whole" in told.out
    assert "note: the studies in" in told.err
