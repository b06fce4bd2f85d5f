import json

import pytest

from kdstudio.cli.commands import run_command_line
from kdstudio.runs.folder import run_folders
from kdstudio.runs.labels import Labels, labels_file, read_labels
from tests.small import create_run, small_experiment


@pytest.fixture
def folders(runs):
    return [
        create_run(runs, small_experiment(f"seed={seed}"), name) for seed, name in enumerate(("one", "two"))
    ]


def names(runs):
    return {folder.name for folder in run_folders(runs)}


def test_runs_are_labelled_and_found_by_it(folders, capsys):
    assert run_command_line(["label", "one", "--title", "First", "--tag", "paper", "--note", "look"]) == 0
    assert run_command_line(["label", "one", "two", "--tag", "all", "--untag", "paper"]) == 0
    assert read_labels(folders[0]) == Labels(title="First", tags=("all",), note="look")
    capsys.readouterr()
    assert run_command_line(["label", "two"]) == 0
    assert capsys.readouterr().out == "two: tags: all\n"
    assert run_command_line(["list", "runs", "first", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["name"], found["title"], found["tags"]) == ("one", "First", ["all"])


def test_one_title_is_of_one_run(folders, capsys):
    assert run_command_line(["label", "one", "two", "--title", "Both"]) == 2
    assert "name one run" in capsys.readouterr().err
    assert run_command_line(["list", "presets", "--tag", "paper"]) == 2
    assert "leave them out" in capsys.readouterr().err


def test_damaged_labels_are_told_and_the_run_stays_in_the_list(folders, capsys):
    labels_file(folders[0]).write_text("{")
    assert run_command_line(["label", "one"]) == 2
    assert "is damaged" in capsys.readouterr().err
    assert run_command_line(["list", "runs", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_deleting_can_be_undone(runs, folders, capsys):
    assert run_command_line(["delete", "one", "two", "--yes"]) == 0
    assert names(runs) == set()
    assert run_command_line(["delete", "--undo"]) == 0
    assert names(runs) == {"one", "two"}
    assert run_command_line(["delete", "--undo"]) == 2
    assert "nothing that was deleted" in capsys.readouterr().err
    assert run_command_line(["delete"]) == 2


def test_nothing_is_deleted_without_a_yes(runs, folders, monkeypatch):
    monkeypatch.setattr("click.confirm", lambda *_args, **_more: (_ for _ in ()).throw(KeyboardInterrupt))
    assert run_command_line(["delete", "one"]) != 0
    assert names(runs) == {"one", "two"}


def test_several_runs_are_shown_side_by_side_and_seeds_as_one(runs, folders, capsys):
    create_run(runs, small_experiment("strategy.temperature=2"), "other")
    assert run_command_line(["show", "one", "two"]) == 0
    assert "one: interrupted" in capsys.readouterr().out
    assert run_command_line(["show", "one", "other", "--format", "csv"]) == 0
    assert "strategy.temperature,4.0,2.0" in capsys.readouterr().out
