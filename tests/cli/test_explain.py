import json

import numpy as np
import pytest
from PIL import Image

from kdstudio.cli.commands import run_command_line
from kdstudio.runs.predictions import read_predictions
from tests.small import digits, run_in, small_experiment


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return run_in(tmp_path_factory.mktemp("runs"), small_experiment("seeds=2"))


@pytest.fixture
def image(tmp_path):
    file = tmp_path / "seven.png"
    Image.fromarray(digits().test.images[0, 0].numpy()).save(file)
    return file


def explain(folder, *arguments):
    return run_command_line(["explain", str(folder.path), *map(str, arguments)])


@pytest.fixture
def explained(folder, capfd):
    """What ``explain --json`` says."""

    def ask(*arguments):
        assert explain(folder, "--json", *arguments) == 0
        return json.loads(capfd.readouterr().out)

    return ask


def test_json_has_all_of_it_and_the_figures_of_the_run(folder, explained):
    found = explained("--limit", 3)
    rows = folder.summary().networks
    student = found["student"]
    assert student.startswith("student seed-")
    assert (found["teacher"], found["images"]) == ("teacher", 450)
    assert found["baseline"] == student.replace("student", "baseline")
    for each in found["fidelity"]:
        accuracies = [rows[f"{each['network']} seed-{seed}"].test.accuracy for seed in (0, 1)]
        assert each["accuracy"]["values"] == pytest.approx(accuracies)
        assert each["seeds"] == 2
    logits = read_predictions(folder).logits
    alike = (logits["student seed-1"].argmax(1) == logits["teacher"].argmax(1)).double().mean()
    assert found["fidelity"][1]["agreement"]["values"][1] == pytest.approx(float(alike))
    for name, calibration in found["calibration"].items():
        assert calibration["error"] == pytest.approx(rows[name].test.calibration_error, abs=1e-6)
        assert sum(each["images"] for each in calibration["bins"]) == 450
    assert len(found["class_changes"]["classes"]) == 10
    counts = found["disagreements"]["counts"]
    assert counts["all"] == 450
    assert counts["student-wrong"] == rows[student].test.errors
    parts = ("student-wrong-teacher-right", "both-wrong-alike", "both-wrong-differently")
    assert sum(counts[part] for part in parts) == counts["student-wrong"]


def test_filter_sort_class_and_limit_choose_the_images(explained):
    found = explained("--filter", "all", "--sort", "kl", "--ascending", "--class", "3", "--limit", 4)
    listed = found["disagreements"]["listed"]
    assert len(listed) == 4
    assert found["disagreements"]["chosen"] == int((digits().test.labels == 3).sum())
    assert {each["true_class"] for each in listed} == {"3"}
    distances = [each["kl"] for each in listed]
    assert distances == sorted(distances)
    answered = explained("--answer", "7", "--limit", 500)
    student = answered["student"]
    assert {each["answers"][student]["answer"] for each in answered["disagreements"]["listed"]} <= {"7"}


def test_tables_are_printed(folder, capfd):
    assert explain(folder) == 0
    out = capfd.readouterr().out
    for told in (
        "fidelity to the teacher",
        "Of 10 classes",
        "calibration error",
        "student-wrong",
        "KL (nats)",
    ):
        assert told in out


def test_a_picture_is_answered_without_the_data(folder, image, explained, monkeypatch):
    monkeypatch.setattr("kdstudio.data.sources.digits.Digits.load", None)
    found = explained("--image", image)
    shares = found["probabilities"]["teacher"]
    assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
    soft = explained("--image", image, "--temperature", 8)["probabilities"]["teacher"]
    assert max(soft.values()) < max(shares.values())
    inverted = explained("--image", image, "--invert")
    assert inverted["probabilities"] != found["probabilities"]


def test_a_pictures_table_tells_what_was_done(folder, tmp_path, capfd):
    file = tmp_path / "wide.png"
    Image.fromarray(np.zeros((20, 50, 3), dtype=np.uint8)).save(file)
    assert explain(folder, "--image", file) == 0
    out = capfd.readouterr().out
    assert "50×20 pixels were scaled to 8×8" in out
    assert "says" in out


BAD = {
    "an unknown filter": (["--filter", "wrong"], "'wrong' is not one of"),
    "an unknown class": (["--class", "eleven"], "no class 'eleven'; there are 0, 1"),
    "a network that is not there": (["--network", "nobody"], "no network 'nobody'"),
    "a temperature without a picture": (["--temperature", "3"], "give --image FILE too"),
    "no temperature": (["--temperature", "0", "--image", "x.png"], "'0' is no temperature"),
    "no file": (["--image", "none.png"], "'none.png' cannot be read: No such file"),
    "no image": (["--image", __file__], "is not an image"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_input_is_one_line(bad, folder, capfd):
    arguments, reason = BAD[bad]
    assert explain(folder, *arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert reason in err
    assert err.count("\n") == 1


def test_a_run_without_a_teacher_has_mistakes_and_no_fidelity(tmp_path, capfd):
    alone = run_in(tmp_path, small_experiment(strategy="supervised"))
    assert explain(alone, "--json") == 0
    found = json.loads(capfd.readouterr().out)
    assert found["fidelity"] == []
    assert found["class_changes"] is None
    assert set(found["disagreements"]["counts"]) == {"all", "student-wrong"}
    assert explain(alone, "--sort", "kl") == 2
    assert "no teacher here" in capfd.readouterr().err
