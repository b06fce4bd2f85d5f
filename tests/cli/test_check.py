import json

import pytest

from kdstudio.cli.commands import run_command_line
from kdstudio.runs.folder import RunFolder
from tests.damaged import OF_SUMMARY
from tests.small import create_run, small_experiment


@pytest.fixture
def made(runs):
    """Two runs that have not begun, of which one has lost its summary, but not all of its log."""
    whole, damaged = (create_run(runs, small_experiment(), name) for name in ("whole", "damaged"))
    damaged.events_file.write_text('{"kind":"preparing","what":"data","fraction":0.5}\n')
    OF_SUMMARY["half"](damaged)
    return whole, damaged


def test_each_run_has_its_line_and_damage_its_exit_code(made, capsys):
    assert run_command_line(["check"]) == 1
    told = capsys.readouterr()
    lines = sorted(told.out.splitlines())
    assert lines[0].startswith("damaged: summary.json: cannot be read: ")
    assert lines[0].endswith("; can be written anew from the log")
    assert lines[1:] == ["queue: fine", "whole: fine"]
    assert "'kdstudio check --mend' does what can be done" in told.err
    assert run_command_line(["check", "whole"]) == 0
    assert capsys.readouterr().out == "whole: fine\n"


def test_what_was_mended_is_told_and_no_damage_any_more(made, capsys):
    assert run_command_line(["check", "--mend", "damaged"]) == 0
    assert "; mended: written anew from the log" in capsys.readouterr().out
    assert run_command_line(["check"]) == 0
    assert made[1].summary().status == "interrupted"


def test_as_json(made, capsys):
    assert run_command_line(["check", "--json", "--mend", "damaged"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["name"] == "damaged"
    assert [(fault["file"], fault["mended"]) for fault in found["faults"]] == [("summary.json", True)]


def test_a_run_that_goes_on_is_told(made, capsys):
    with RunFolder(made[0].path).hold():
        assert run_command_line(["check", "whole", "--mend"]) == 0
    assert capsys.readouterr().out == "whole: is running, and was not looked at\n"


def test_an_unknown_run_is_bad_input(made, capsys):
    assert run_command_line(["check", "nothing"]) == 2
    assert "no run 'nothing'" in capsys.readouterr().err
