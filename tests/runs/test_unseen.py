import numpy as np
import pytest
import torch

from kdstudio.engine.confusion import accuracy_on
from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.predictions import Predictions
from kdstudio.runs.presets import load_experiment
from kdstudio.runs.unseen import (
    UnseenPredictions,
    marked_classes,
    read_unseen,
    unseen_classes,
)
from tests.small import run_in, small_experiment

LEAVE_OUT = "networks.student.training.leave_out=[3]"
NAMES = ("a", "b", "c", "d")
SHARES = torch.tensor([0.4, 0.3, 0.2, 0.1])


def made_up(unseen=(2,), count=500, seed=0):
    """Predictions of a student that is right more often than not, and shy of the unseen classes."""
    random = np.random.default_rng(seed)

    def part():
        labels = random.integers(0, 4, count)
        logits = random.normal(0, 1.5, (count, 4)) + 2.5 * np.eye(4)[labels]
        logits[:, list(unseen)] -= 2
        pixels = torch.zeros(count, 1, 2, 2, dtype=torch.uint8)
        return Predictions(NAMES, pixels, torch.tensor(labels), {"student": torch.tensor(logits).float()})

    return UnseenPredictions({"student": unseen}, SHARES, {"validation": part(), "test": part()})


@pytest.mark.parametrize(("unseen", "classes"), [((2,), [2]), ((0, 3), [0, 3]), ((0, 1, 2), [3])])
def test_a_course_counts_the_answers_at_every_shift(unseen, classes):
    predictions = made_up(unseen)
    shifts = np.linspace(-8, 8, 33)
    found = predictions.course("student", "test", classes, shifts)
    logits = predictions.parts["test"].logits["student"].double().numpy()
    labels = predictions.parts["test"].labels.numpy()
    never_seen = np.isin(labels, unseen)
    for number, shift in enumerate(shifts):
        moved = logits.copy()
        moved[:, classes] += shift
        right = moved.argmax(1) == labels
        assert found.errors[number] == pytest.approx(1 - right.mean())
        assert found.unseen[number] == pytest.approx(right[never_seen].mean())


def test_a_fit_makes_the_mean_probability_on_validation_the_share_and_lowers_the_errors():
    predictions = made_up()
    biases = predictions.fit("student")
    assert biases.keys() == {2}
    logits = predictions.parts["validation"].logits["student"].double().numpy()
    logits[:, 2] += biases[2]
    powers = np.exp(logits)
    assert (powers / powers.sum(1, keepdims=True)).mean(0)[2] == pytest.approx(0.2, rel=1e-4)
    before, after = (predictions.scores("student", "test", b) for b in ({}, biases))
    assert after.scores.errors < before.scores.errors
    assert accuracy_on(after.confusion, [2]) > accuracy_on(before.confusion, [2])


def test_no_label_is_read_by_the_fit():
    predictions = made_up()
    hidden = {
        name: Predictions(part.class_names, part.pixels, torch.empty(0), part.logits)
        for name, part in predictions.parts.items()
    }
    assert UnseenPredictions(predictions.unseen, SHARES, hidden).fit("student") == predictions.fit("student")


def test_a_run_is_read_with_what_it_has_recorded(runs):
    folder = run_in(runs, small_experiment(LEAVE_OUT))
    recorded = folder.summary().networks["student"]
    predictions = read_unseen(folder)
    assert predictions.unseen == {"baseline": (3,), "student": (3,)}
    assert predictions.fit("student") == pytest.approx(recorded.shifted.biases, abs=1e-3)
    for part in ("validation", "test"):
        assert predictions.scores("student", part, {}).scores.errors == getattr(recorded, part).errors
        after = predictions.scores("student", part, recorded.shifted.biases)
        assert after.scores.errors == getattr(recorded.shifted, part).errors


def test_runs_that_leave_classes_out_are_found(runs):
    everything = run_in(runs, small_experiment(strategy="supervised"), "everything")
    folder = run_in(runs, small_experiment(LEAVE_OUT, strategy="supervised"), "no-threes")
    assert unseen_classes(everything.summary()) == {}
    assert unseen_classes(folder.summary()) == {"student": (3,)}


def test_an_outcome_is_what_the_scores_say():
    predictions = made_up((0, 3))
    biases = {0: 1.5, 3: 2.0}
    scores = predictions.scores("student", "test", biases)
    found = predictions.outcome("student", "test", biases)
    assert (found.count, found.errors) == (500, scores.scores.errors)
    assert found.unseen == pytest.approx(accuracy_on(scores.confusion, [0, 3]))


def test_unseen_classes_are_marked_by_a_word():
    assert marked_classes(NAMES, {1}) == ["a", "b\n(unseen)", "c", "d"]


def test_a_run_that_saw_everything_is_told(runs):
    folder = run_in(runs, small_experiment(strategy="supervised"))
    with pytest.raises(KDStudioError, match="no trained network of run 'run' left classes out"):
        read_unseen(folder)


def test_a_run_that_has_lost_those_that_did_not_says_so(runs):
    run = run_in(runs, small_experiment("networks.student.training.leave_out=[3]"), "run")
    for name in ("student", "baseline"):
        run.network_file(name).unlink()
    with pytest.raises(KDStudioError, match="has lost the weights of 'baseline', 'student'"):
        read_unseen(run)


def test_a_network_that_saw_everything_is_told():
    with pytest.raises(KDStudioError, match="no network 'teacher' that left classes out; choose student"):
        made_up().fit("teacher")


@pytest.mark.slow
def test_a_student_knows_threes_that_it_never_saw(runs):
    folder: RunFolder = run_in(runs, load_experiment("digits-no-threes", seeds=1))
    networks = folder.summary().networks
    assert networks["baseline"].unseen_accuracy < 0.05
    assert networks["student"].unseen_accuracy > 0.6
    shifted = networks["student"].shifted
    assert shifted.validation.errors <= networks["student"].validation.errors
    assert shifted.unseen_accuracy >= networks["student"].unseen_accuracy
