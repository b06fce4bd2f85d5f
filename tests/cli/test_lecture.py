"""The course on the command line: every claim is tried, what fails is told, and a report is written."""

import pytest

from kdstudio.cli import lecture as command
from kdstudio.cli.commands import run_command_line
from kdstudio.runs.lecture import lecture
from kdstudio.runs.presets import to_toml
from tests.small import small_experiment

CLAIM = "claim={statement='It is so', measured=[{quantity='errors', expect='lower'}]}"
MISSING = "networks.teacher.weights={origin='run', run='nobody'}"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Two claims: the first cannot be run."""
    text = ""
    for number, settings in enumerate(((CLAIM, MISSING), (CLAIM, "seeds=2")), 1):
        file = tmp_path / f"{number}.toml"
        file.write_text(to_toml(small_experiment(*settings)))
        text += f"[[claims]]\nnumber = {number}\ntitle = 'Claim {number}'\n"
        text += f"presets = [{{ name = '{file}', minutes = 3 }}]\n"
    path = tmp_path / "lecture.toml"
    path.write_text(text)
    monkeypatch.setattr(command, "read_lecture", lambda: lecture(path))


def test_what_fails_is_told_and_the_rest_is_shown_and_reported(course, runs, tmp_path, capfd):
    report = tmp_path / "report.html"
    assert run_command_line(["lecture", "--minutes", "4", "--report", str(report)]) == 1
    out, err = capfd.readouterr()
    assert "at their shortest the claims take about 6 min" in err
    assert "claim 1: no run 'nobody'" in err
    assert ": It is so" in err
    assert out.endswith(f"{report}\n")
    page = report.read_text("utf-8")
    assert "<h1>The lecture</h1>" in page
    assert "Claim 1" in page
    assert "errors of student lower than baseline" in page
    assert run_command_line(["lecture", "--claims", "2"]) == 0  # which is there already
    assert len([*runs.iterdir()]) == 1
    capfd.readouterr()
    assert run_command_line(["lecture", "--list"]) == 0
    assert ", finished" in " ".join(capfd.readouterr().out.split())


def test_claims_are_numbers(capfd):
    assert run_command_line(["lecture", "--claims", "five"]) == 2
    assert "write numbers with commas" in capfd.readouterr().err
