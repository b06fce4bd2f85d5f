import json

import pytest

from kdstudio.cli.bias import read_biases
from kdstudio.cli.commands import run_command_line
from kdstudio.engine.confusion import class_accuracies
from kdstudio.errors import KDStudioError
from kdstudio.runs.confusions import read_confusion
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.predictions import read_predictions
from tests.small import run_in, small_experiment

LEAVE_OUT = "networks.student.training.leave_out=[3]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run whose student never saw a 3."""
    return run_in(tmp_path_factory.mktemp("runs"), small_experiment(LEAVE_OUT))


def bias(folder: RunFolder, *arguments: str) -> int:
    return run_command_line(["bias", str(folder.path), *arguments])


def test_the_fit_is_that_of_the_run(folder, capfd):
    assert bias(folder, "--json") == 0
    found = json.loads(capfd.readouterr().out)
    recorded = folder.summary().networks["student"]
    assert found["unseen"] == ["3"]
    assert found["biases"] == {"3": pytest.approx(recorded.shifted.biases[3], abs=1e-3)}
    for part in ("validation", "test"):
        for when, scores in (("before", recorded), ("after", recorded.shifted)):
            told, expected = found[part][when], getattr(scores, part)
            assert (told["errors"], told["count"]) == (expected.errors, expected.count)
            shift = recorded.shifted.biases[3] if when == "after" else 0.0
            assert list(told["per_class"].values()) == per_class(folder, part, shift)
            assert told["unseen_accuracy"] == told["per_class"]["3"]
    for when, unseen in (("before", recorded.unseen_accuracy), ("after", recorded.shifted.unseen_accuracy)):
        assert found["test"][when]["unseen_accuracy"] == unseen
    counted = read_confusion(folder, "student")
    assert [*found["test"]["before"]["per_class"].values()] == [*class_accuracies(counted.confusion)]


def per_class(folder, part, shift):
    """Shares of right answers of the student, class by class, with ``shift`` on the logits of the 3."""
    predictions = read_predictions(folder, part)
    logits = predictions.logits["student"].clone()
    logits[:, 3] += shift
    right = logits.argmax(1) == predictions.labels
    return [
        int(right[predictions.labels == k].sum()) / int((predictions.labels == k).sum()) for k in range(10)
    ]


def test_a_shift_by_hand_raises_what_it_names(folder, capfd):
    assert bias(folder, "--raise", "3=50", "--json") == 0
    found = json.loads(capfd.readouterr().out)
    assert found["biases"] == {"3": 50.0}
    assert found["test"]["after"]["unseen_accuracy"] == 1.0
    assert found["test"]["after"]["per_class"]["0"] == 0.0


@pytest.mark.parametrize(
    ("group", "shifted"), [("left-out", "3"), ("seen", "012456789"), ("all", "0123456789")]
)
def test_the_classes_to_shift_can_be_chosen(folder, capfd, group, shifted):
    assert bias(folder, "--network", "baseline", "--shift", group, "--json") == 0
    assert "".join(json.loads(capfd.readouterr().out)["biases"]) == shifted


def test_the_table_marks_the_unseen_class(folder, capfd):
    assert bias(folder) == 0
    out = capfd.readouterr().out
    assert "3 (unseen)" in out
    assert "errors" in out


def test_the_table_of_a_run_tells_of_unseen_classes(folder, capfd):
    assert run_command_line(["show", str(folder.path)]) == 0
    out = capfd.readouterr().out
    assert "Never seen in training: 3." in out
    assert "has seen them" in out
    shifted = folder.summary().networks["student"].shifted
    assert f"3 {shifted.biases[3]:+.2f}" in out


BAD = {
    "a network that saw all": (["--network", "teacher"], "choose baseline or student"),
    "an unknown class": (["--raise", "eleven=1"], "no class 'eleven'; there are 0, 1"),
    "a class out of range": (["--raise", "11=1"], "no class 11"),
    "no amount": (["--raise", "3"], "--raise 3: write CLASS=AMOUNT"),
    "an amount that is no number": (["--raise", "3=much"], "--raise 3=much: write CLASS=AMOUNT"),
    "an endless amount": (["--raise", "3=inf"], "--raise 3=inf: write CLASS=AMOUNT"),
    "a class given twice": (["--raise", "3=1", "--raise", "3=2"], "class 3 is given twice"),
    "both": (["--raise", "3=1", "--shift", "all"], "give one of the two"),
    "an unknown group": (["--shift", "some"], "'some' is not one of"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_input_is_one_line(bad, folder, capfd):
    arguments, reason = BAD[bad]
    assert bias(folder, *arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert reason in err
    assert err.count("\n") == 1


def test_a_run_that_saw_everything_is_told(tmp_path, capfd):
    whole = run_in(tmp_path, small_experiment(strategy="supervised"))
    assert bias(whole) == 2
    assert "left classes out" in capfd.readouterr().err


def test_names_of_classes_go_before_numbers():
    assert read_biases(["1=2", "b=-3.5"], ["1", "a", "b"]) == {0: 2.0, 2: -3.5}
    assert read_biases(["1=2"], ["a", "b"]) == {1: 2.0}
    with pytest.raises(KDStudioError, match="given twice"):
        read_biases(["a=2", "0=1"], ["a", "b"])
