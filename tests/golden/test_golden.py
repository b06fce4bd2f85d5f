"""What former versions have written is listed, shown, reported, asked, exported and gone on with."""

import json
import shutil

import pytest

from kdstudio.cli.commands import run_command_line
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.predictions import read_predictions
from tests.golden.make import GOLDEN

versions = pytest.mark.parametrize("version", sorted(path.name for path in GOLDEN.glob("20*")))
MOST_BYTES = 110_000


@pytest.fixture
def golden(runs, version):
    """Both runs of a version, where one's own runs are."""
    shutil.copytree(GOLDEN / version, runs)
    return runs


def told(capsys, *command):
    """What a command prints; it must be content."""
    assert run_command_line([*command]) == 0, capsys.readouterr().err
    return capsys.readouterr().out


@versions
def test_they_are_small(version):
    assert sum(file.stat().st_size for file in (GOLDEN / version).rglob("*") if file.is_file()) < MOST_BYTES


@versions
def test_both_are_listed_and_shown(golden, capsys):
    listed = told(capsys, "list", "runs")
    for name in ("finished", "stopped"):
        assert name in listed
        shown = told(capsys, "show", name)
        for network in json.loads((golden / name / "summary.json").read_bytes())["networks"]:
            assert network.split(" seed")[0] in shown


@versions
def test_a_table_a_report_and_the_temperatures_are_made_of_it(golden, capsys, tmp_path):
    assert "student" in told(capsys, "show", "finished", "--format", "csv")
    told(capsys, "report", "finished", "stopped", "--out", str(tmp_path / "report.html"))
    assert "finished" in (tmp_path / "report.html").read_text("utf-8")
    assert "student" in told(capsys, "temperature", "finished")
    assert "errors" in told(capsys, "bias", "finished")


@pytest.mark.slow
@versions
def test_its_networks_answer_as_its_rows_say_and_are_exported(golden, capsys, tmp_path):
    folder = RunFolder(golden / "finished")
    assert len(folder.networks()) == 5
    for name in folder.networks():
        found = read_predictions(folder).of_network(name)
        wrong = found.logits[name].argmax(1) != found.labels
        assert int(wrong.sum()) == folder.summary().networks[name].test.errors
    told(capsys, "export", "finished", "--format", "safetensors", "--out", str(tmp_path / "out"))
    assert [*(tmp_path / "out").rglob("*.safetensors")]


@versions
def test_the_stopped_one_goes_on_to_the_results_of_one_made_anew(golden, capsys):
    before = (golden / "stopped" / "events.jsonl").read_text().splitlines()
    told(capsys, "resume", "stopped", "--quiet")
    folder = RunFolder(golden / "stopped")
    assert folder.summary().status == "finished"
    assert folder.events_file.read_text().splitlines()[: len(before) - 1] == before[:-1]  # it was stopped
    told(capsys, "run", str(folder.path / "experiment.toml"), "--name", "anew", "--quiet")
    anew = RunFolder(golden / "anew").summary().networks
    for name, row in folder.summary().networks.items():  # another machine may have rounded otherwise
        assert row.test.loss == pytest.approx(anew[name].test.loss, rel=1e-3)
