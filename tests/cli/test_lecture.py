"""The course on the command line: every claim is tried, what fails is told, and a report is written."""

import json

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


def runs_in(runs):
    return [folder.name for folder in runs.iterdir()]


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
    assert len(runs_in(runs)) == 1
    capfd.readouterr()
    assert run_command_line(["lecture", "--list"]) == 0
    assert ", finished" in " ".join(capfd.readouterr().out.split())
    assert run_command_line(["lecture", "--list", "--json"]) == 0
    first, second = json.loads(capfd.readouterr().out)
    assert (first["claim"], first["run"], second["title"]) == ("1", "", "Claim 2")
    assert run_command_line(["lecture", "--json", "--report", str(report)]) == 1
    out, err = capfd.readouterr()
    first, second = json.loads(out)
    assert (first["verdict"], first["run"], first["judgement"]) == ("no statement", None, None)
    assert first["fault"].startswith("no run 'nobody'")
    assert (second["claim"], second["fault"], second["run"]) == (2, "", runs_in(runs)[0])
    assert second["judgement"]["findings"][0]["seeds"] == 2
    assert str(report) in err


def test_claims_are_numbers(capfd):
    assert run_command_line(["lecture", "--claims", "five"]) == 2
    assert "write numbers with commas" in capfd.readouterr().err


def test_code_of_the_user_s_is_run_where_that_is_allowed(tmp_path, monkeypatch, capfd):
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n\n\ndef build(image, classes):\n"
        "    pixels = image.channels * image.height * image.width\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(pixels, classes))\n"
    )
    own = f"networks.student.model={{name='python', path='{tmp_path}/mine.py:build'}}"
    entropy = "claim={statement='It is so', measured=[{quantity='entropy', expect='higher', than=0.1}]}"
    file, path = tmp_path / "own.toml", tmp_path / "lecture.toml"
    file.write_text(to_toml(small_experiment(entropy, "seeds=2", own)))
    presets = f"presets = [{{ name = '{file}', minutes = 3 }}]"
    path.write_text(f"[[claims]]\nnumber = 1\ntitle = 'Own'\n{presets}\n")
    monkeypatch.setattr(command, "read_lecture", lambda: lecture(path))
    assert run_command_line(["lecture"]) == 1
    assert "--allow-code" in capfd.readouterr().err
    assert run_command_line(["lecture", "--allow-code"]) == 0
