import subprocess
import sys
from pathlib import Path

import pytest

from kdstudio.cli.commands import run_command_line
from tests.small import run_in, small_experiment


@pytest.mark.slow
def test_a_run_is_written_as_a_script_that_runs_alone(runs, tmp_path, monkeypatch, capsys):
    run_in(runs, small_experiment(), "mine")
    monkeypatch.chdir(tmp_path)
    assert run_command_line(["code", "mine"]) == 0
    assert capsys.readouterr().out == "mine.py\n"
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "mine.py", "--seeds", "2"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split()[0] for line in done.stdout.splitlines()[-3:]]
    assert rows == ["teacher", "baseline", "student"]


def test_it_goes_to_standard_output_or_into_a_folder(tmp_path, capsys):
    assert run_command_line(["code", "digits-hinton", "--out", "-"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith('"""Soft targets on small digits.')
    assert "digits.npz" in told.err
    assert run_command_line(["code", "digits-hinton", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "digits-hinton.py").read_text() == told.out


@pytest.mark.parametrize("words", [
    ["no-such-thing"],
    ["digits-hinton", "--set", "networks.teacher.weights={origin='run', run='x'}"],
    ["digits-hinton", "--out", "/proc/none/s.py"],
])  # fmt: skip
def test_bad_input_is_one_line_and_leaves_nothing(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run_command_line(["code", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not [*Path().iterdir()]
