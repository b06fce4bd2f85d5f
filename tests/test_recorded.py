"""Runs that come with the package: they show the lecture as it is now, and are never written to."""

import importlib.util
import json
import shutil
import tomllib
import zlib
from pathlib import Path

import pytest

from kdstudio.cli.commands import run_command_line
from kdstudio.errors import KDStudioError
from kdstudio.gui.pages.unseen.unseen_analysis import analyse
from kdstudio.runs import folder as run_folder
from kdstudio.runs.early_exits import read_exits
from kdstudio.runs.exporting.choice import usual_networks, weights_of
from kdstudio.runs.exporting.records import keep, records_file
from kdstudio.runs.finding import find_run
from kdstudio.runs.folder import RECORDED, RunFolder, recorded_runs
from kdstudio.runs.gathered_runs import gathered_members
from kdstudio.runs.labels import Labels, write_labels
from kdstudio.runs.lecture import lecture, recording_of, run_of, steps
from kdstudio.runs.log import RunFollower
from kdstudio.runs.predictions import read_predictions
from kdstudio.runs.presets import DEFAULT_PRESET, load_experiment
from kdstudio.runs.trash import throw_away

PROJECT = Path(__file__).parents[1]
MOST_BYTES = 6 * 2**20
"""In a wheel."""


@pytest.fixture(autouse=True)
def recorded(runs, monkeypatch):
    """The runs that came with the package; nothing in them has changed after the test."""
    monkeypatch.setattr(run_folder, "RECORDED", RECORDED)
    before = written(RECORDED)
    yield recorded_runs()
    assert written(RECORDED) == before


@pytest.fixture(scope="module")
def record():
    spec = importlib.util.spec_from_file_location("record", PROJECT / "docs" / "record.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def written(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_the_lecture_on_the_digits_is_recorded_as_it_is_now(record, recorded):
    shown = [name for name in record.shown_presets() if load_experiment(name).data.source.name == record.DATA]
    assert [name for name in shown if not record.is_recorded(name)] == [], "run: python docs/record.py"
    assert {run.name for run in recorded} == {*shown}
    assert recorded[0].name == DEFAULT_PRESET


def test_biases_are_fitted_of_the_networks_that_are_kept(recorded):
    (run,) = [run for run in recorded if run.name == "digits-no-threes"]
    assert set(analyse(run, lambda _what, _fraction: None).fits) == {"baseline seed-0", "student seed-0"}


@pytest.mark.slow
def test_exits_are_those_of_one_seed_and_setting(recorded):
    (run,) = [run for run in recorded if run.name == "digits-self-distillation"]
    report = read_exits(run)
    trial = "α0,9 seed-0"
    assert [way.name for way in report.ways] == [
        f"{name} {trial}" for name in ("exit-1", "exit-2", "student")
    ]
    assert (report.baseline.name, report.ensemble) == ("baseline seed-0", f"ensemble {trial}")


def test_each_can_be_read_and_its_networks_answer_as_it_says(recorded, capfd):
    for run in recorded:
        summary = run.summary()
        assert (summary.status, summary.state, summary.claim is not None) == ("finished", "recorded", True)
        follower = RunFollower(run)
        follower.poll()
        assert follower.state.is_over
        assert [summary.notes[0]] == [note for note in follower.state.notes if summary.recording in note]
        predictions = read_predictions(run)
        for name in usual_networks(run, summary):
            found = predictions.of_network(name)
            if len(found.labels) != summary.networks[name].test.count:
                continue  # it has outputs for more classes than it was scored on
            wrong = (found.logits[name].argmax(1) != found.labels).sum().item()
            assert wrong == summary.networks[name].test.errors, (run.name, name)
        assert run_command_line(["show", run.name]) == 0
        assert summary.recording in capfd.readouterr().out.replace("\n", " ")


def test_they_are_listed_and_reported_where_there_is_no_other_run(recorded, runs, tmp_path, capfd):
    assert run_command_line(["list", "runs", "--state", "recorded"]) == 0
    out, err = capfd.readouterr()
    assert out.count(" recorded  ") == len(recorded)
    assert recorded[0].summary().recording in err
    assert run_command_line(["report", DEFAULT_PRESET, "--out", str(tmp_path / "report.html")]) == 0
    assert run_command_line(["lecture", "--list"]) == 0
    *_, listed = capfd.readouterr().out.rpartition("claim  title")
    assert "recorded" in listed.split()
    with pytest.raises(KDStudioError, match="there are none yet"):
        find_run("latest", runs)


def test_the_lecture_does_not_take_them_for_runs_of_ones_own(runs):
    step = steps(lecture().chosen([5]))[0]
    recording = recording_of(load_experiment(DEFAULT_PRESET))
    assert recording is not None
    assert run_of(step.experiment, runs) is None
    own = RunFolder(runs / "mine")
    shutil.copytree(recording.path, own.path)
    assert not own.summary().recorded
    assert find_run("mine", runs) == own
    assert len(gathered_members({run: run.summary() for run in (own, recording)})) == 2


def test_nothing_is_written_to_them(recorded):
    run = recorded[0]
    assert not run.is_running()
    for refused in (lambda: write_labels(run, Labels(title="mine")), lambda: throw_away([run])):
        with pytest.raises(KDStudioError, match=f"'{run.name}' came with KD Studio"):
            refused()
    with pytest.raises(KDStudioError, match="has not; run it anew"):
        weights_of(run, "teacher", best=True)
    assert run_command_line(["resume", run.name]) == 2
    keep(run, ())
    assert records_file(run).read_text() == "[]"
    assert RECORDED not in records_file(run).parents


def test_they_are_in_the_wheel_and_small_and_tell_of_no_folder(recorded):
    build = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert build["targets"]["wheel"]["force-include"]["resources"] == "kdstudio/resources"
    files = [path for path in RECORDED.rglob("*") if path.is_file()]
    assert sum(len(zlib.compress(file.read_bytes())) for file in files) < MOST_BYTES
    texts = [file.read_text("utf-8") for file in files if file.suffix != ".safetensors"]
    assert not [text for text in texts if '"/' in text or "file://" in text]


def test_of_a_long_log_some_points_of_each_curve_are_kept(record, tmp_path, monkeypatch):
    log = tmp_path / "events.jsonl"
    told = '{"kind":"step-done","stage":%d,"step":%d,"losses":{"a":0.123456789}}'
    steps_told = [told % (number // 10, number) for number in range(20)]
    log.write_text("\n".join(['{"kind":"run-started"}', *steps_told, '{"kind":"run-done"}', ""]))
    monkeypatch.setattr(record, "POINTS", 8)
    first, *kept, last = [json.loads(line) for line in record.thinned(log)]
    assert (first["kind"], last["kind"]) == ("run-started", "run-done")
    assert [event["step"] for event in kept] == [0, 3, 6, 9, 10, 13, 16, 19]
    assert {event["losses"]["a"] for event in kept} == {0.12346}
