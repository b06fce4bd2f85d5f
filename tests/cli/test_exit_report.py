import json
from importlib.metadata import version

import pytest

from kdstudio.cli.commands import run_command_line
from tests.small import run_in, small_experiment

WIDTHS = "networks.student.model={name='mlp', widths=[8, 6]}"


@pytest.fixture
def run(runs):
    return run_in(runs, small_experiment(WIDTHS, strategy="self-distillation"))


@pytest.mark.slow
def test_exits_are_printed(run, capsys):
    assert run_command_line(["exits", run.name]) == 0
    printed = capsys.readouterr().out
    assert f"Latency of one image in onnxruntime {version('onnxruntime')}, 1 thread" in printed
    assert f"Leaving early, latency in onnxruntime {version('onnxruntime')}" in printed
    for word in ("exit-1", "student", "baseline", "ensemble", "multiply-adds", "latency", "0.99"):
        assert word in printed


@pytest.mark.slow
def test_the_json_holds_every_threshold_for_both_parts(run, capsys):
    thresholds = ("--threshold", "0.9", "--threshold", "0.25")
    assert run_command_line(["exits", run.name, *thresholds, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["runtime"] == f"onnxruntime {version('onnxruntime')}"
    assert [way["network"] for way in found["exits"]] == ["exit-1", "student"]
    assert found["exits"][1]["multiply_adds"] == found["baseline"]["multiply_adds"] == 64 * 8 + 8 * 6 + 6 * 10
    assert set(found["exits"][0]["latency"]) == {"median", "lower", "upper"}
    assert set(found["ensemble"]) == {"multiply_adds", "latency", "accuracy"}
    for part in ("validation", "test"):
        assert [point["threshold"] for point in found["leaving"][part]] == [0.9, 0.25]
        assert all(abs(sum(point["shares"]) - 1) < 1e-5 for point in found["leaving"][part])


def test_an_exit_is_exported_by_name(run, tmp_path, capsys):
    assert run_command_line(["export", run.name, "--network", "exit-1", "--out", str(tmp_path)]) == 0
    name = f"{run.name}-exit-1"
    assert (tmp_path / f"{name}.safetensors").exists()
    card = json.loads((tmp_path / f"{name}.json").read_text())
    trunks = card["composition"]["networks"]
    assert (card["network"], [*trunks], trunks["student"]["reads"]) == ("exit-1", ["student"], ["block1"])


@pytest.mark.parametrize("threshold", ["1.5", "-0.1", "much"])
def test_a_threshold_that_is_no_probability_is_refused(run, capsys, threshold):
    assert run_command_line(["exits", run.name, "--threshold", threshold]) == 2
    assert "--threshold" in capsys.readouterr().err


def test_a_run_without_exits_is_told(runs, capsys):
    folder = run_in(runs, small_experiment(strategy="supervised"))
    assert run_command_line(["exits", folder.name]) == 2
    assert "has no early exits; run digits-self-distillation" in capsys.readouterr().err
