import json
from io import StringIO

import numpy as np
import pytest
import torch
from rich.console import Console

from kdstudio.cli.commands import run_command_line
from kdstudio.cli.temperature_report import print_dark_knowledge
from kdstudio.runs.dark_knowledge import soften
from kdstudio.runs.predictions import Predictions, read_predictions
from tests.small import run_in, small_experiment


@pytest.fixture
def folder(runs):
    """A finished run called ``run``."""
    return run_in(runs, small_experiment(), "run")


def test_json_holds_everything(folder, capfd):
    asked = ["--sample", "3", "--temperatures", "1,10", "--at", "2", "--json"]
    assert run_command_line(["temperature", "run", *asked]) == 0
    record = json.loads(capfd.readouterr().out)
    predictions = read_predictions(folder)
    assert (record["teacher"], record["student"], record["images"]) == ("teacher", "student", 450)
    assert record["temperatures"] == [1, 10]
    sample = record["sample"]
    assert sample["true_class"] == predictions.class_names[predictions.labels[3]]
    powers = np.exp(predictions.logits["teacher"][3].double().numpy() / 10)
    assert sample["softened"][1]["temperature"] == 10
    assert sample["softened"][1]["teacher"] == pytest.approx(powers / powers.sum(), rel=1e-5)
    assert len(record["distance"]) == len(record["entropy"]["student"]) == 2
    first = record["distance"][0]
    assert first["ce"] - first["kl"] == pytest.approx(record["entropy"]["teacher"][0])
    rows = np.array(record["mean_soft_targets"]["rows"])
    assert rows.shape == (10, 10)
    assert rows.sum(1) == pytest.approx(np.ones(10), abs=1e-5)


def test_tables_are_printed(folder, capfd):
    assert run_command_line(["temperature", "run", "--part", "validation", "--network", "baseline"]) == 0
    out = capfd.readouterr().out
    assert "means over 270 images" in out
    assert "entropy baseline" in out
    assert "mean soft targets of the teacher at T = 4" in out


def test_a_run_without_a_teacher_shows_its_network(runs, capfd):
    run_in(runs, small_experiment(strategy="supervised"), "alone")
    assert run_command_line(["temperature", "alone"]) == 0
    out = capfd.readouterr().out
    assert "mean soft targets of the student" in out
    assert "KL  " not in out


BAD = {
    "an unknown network": (["--network", "peer"], "no network 'peer'; there are baseline, student, teacher"),
    "an unknown teacher": (["--teacher", "peer"], "no network 'peer'"),
    "a sample out of range": (["--sample", "450"], "no sample 450; there are 450, from 0 to 449"),
    "a negative sample": (["--sample", "-1"], "no sample -1"),
    "words": (["--temperatures", "1,warm"], "'warm' is no temperature"),
    "a temperature of none": (["--temperatures", "1,0"], "'0' is no temperature"),
    "an endless temperature": (["--at", "inf"], "'inf' is no temperature"),
    "no number": (["--at", "nan"], "'nan' is no temperature"),
    "an empty list": (["--temperatures", ""], "'' is no temperature"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_input_is_one_line(bad, folder, capfd):
    arguments, reason = BAD[bad]
    assert run_command_line(["temperature", "run", *arguments]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert reason in err
    assert err.count("\n") == 1


def test_of_many_classes_the_likest_are_named():
    logits = torch.zeros(20, 20)
    logits[:, 7], logits[:, 13] = 5.0, 3.0
    names = tuple(f"class{number}" for number in range(20))
    pixels = torch.zeros(20, 1, 2, 2, dtype=torch.uint8)
    found = soften(Predictions(names, pixels, torch.arange(20), {"student": logits}), [1.0], "student")
    output = Console(width=200, file=StringIO())
    print_dark_knowledge(found, 0, 1.0, output)
    line = next(line for line in output.file.getvalue().splitlines() if line.startswith("class2 "))
    total = np.exp(5) + np.exp(3) + 18
    assert f"class7 {np.exp(5) / total:.3f}, class13 {np.exp(3) / total:.3f}" in line
