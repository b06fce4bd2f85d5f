import math

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

from kdstudio.data.declaration import LabelledImages
from kdstudio.data.feed import Feed
from kdstudio.engine.confusion import accuracy_on, class_accuracies
from kdstudio.engine.losses.response import cross_entropy
from kdstudio.engine.scoring import calibration_error, reliability, score, scores
from kdstudio.engine.stage import Stage
from kdstudio.engine.terms import LABELS, LossTerm
from kdstudio.engine.training import TrainingSpec
from kdstudio.errors import KDStudioError
from tests.small import digits, same_state, with_batch_norm

CLASSES = 5


def predictions(count=400, seed=0, scale=2.0):
    random = np.random.default_rng(seed)
    labels = random.integers(0, CLASSES, count)
    logits = random.normal(0, scale, (count, CLASSES)) + 2 * np.eye(CLASSES)[labels]
    return logits, labels


def scored(logits, labels):
    return scores(torch.tensor(logits, dtype=torch.float32), torch.tensor(labels))


def probabilities(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def calibration_error_by_hand(p, labels, bins=15):
    confidence, right = p.max(1), p.argmax(1) == labels
    total = 0.0
    for number in range(bins):
        inside = (confidence > number / bins) & (confidence <= (number + 1) / bins)
        if inside.any():
            total += inside.sum() * abs(right[inside].mean() - confidence[inside].mean())
    return total / len(labels)


def test_scores_equal_scikit_learns():
    logits, labels = predictions()
    (found, confusion, _seen), predicted = scored(logits, labels), logits.argmax(1)
    assert found.count == 400
    assert found.accuracy == pytest.approx(accuracy_score(labels, predicted))
    assert found.errors == (labels != predicted).sum()
    assert confusion == tuple(map(tuple, confusion_matrix(labels, predicted)))
    assert found.loss == pytest.approx(log_loss(labels, probabilities(logits)), rel=1e-5)
    per_class = confusion_matrix(labels, predicted, normalize="true").diagonal()
    assert class_accuracies(confusion) == pytest.approx(tuple(per_class))
    some = np.isin(labels, (1, 4))
    expected = accuracy_score(labels[some], predicted[some])
    assert accuracy_on(confusion, (1, 4)) == pytest.approx(expected)


@pytest.mark.parametrize("scale", [0.3, 2.0, 8.0])
def test_calibration_error_equals_the_sum_over_bins_by_hand(scale):
    logits, labels = predictions(scale=scale)
    by_hand = calibration_error_by_hand(probabilities(logits), labels)
    assert by_hand > 0.01
    assert scored(logits, labels).scores.calibration_error == pytest.approx(by_hand, abs=1e-5)


def test_calibration_error_of_sure_answers_is_the_share_of_errors():
    logits = torch.tensor([[50.0, 0.0], [50.0, 0.0], [0.0, 50.0], [0.0, 50.0]])
    assert calibration_error(logits, torch.tensor([0, 1, 1, 1])) == pytest.approx(0.25)


def test_answers_that_are_no_numbers_have_no_calibration():
    logits = torch.tensor([[1.0, 0.0], [torch.nan, 0.0]])
    assert math.isnan(calibration_error(logits, torch.tensor([0, 1])))
    assert sum(each.images for each in reliability(logits, torch.tensor([0, 1]))) == 2


def test_a_class_without_images_has_no_share():
    logits, labels = predictions()
    present = labels != 3
    confusion = scored(logits[present], labels[present]).confusion
    shares = class_accuracies(confusion)
    assert (shares[3], accuracy_on(confusion, [3])) == (None, None)
    assert confusion[3] == (0,) * CLASSES
    assert all(share is not None for number, share in enumerate(shares) if number != 3)


def test_all_right_and_all_wrong():
    logits = np.eye(3) * 9
    assert scored(logits, np.arange(3)).scores.accuracy == 1.0
    wrong, confusion, _seen = scored(logits, np.array([1, 2, 0]))
    assert (wrong.accuracy, wrong.errors, class_accuracies(confusion)) == (0.0, 3, (0.0, 0.0, 0.0))


@pytest.mark.parametrize("training", [True, False])
def test_a_stage_is_scored_in_eval_mode_over_the_whole_part_and_left_in_its_own(training):
    data, network = digits(), with_batch_norm("student")
    term = LossTerm("label loss", cross_entropy, "student.logits", (LABELS,))
    stage = Stage("student", networks=[network], updates=[[term]], training=TrainingSpec()).train(training)
    part = LabelledImages(data.test.images[:100], data.test.labels[:100])
    before = {key: value.clone() for key, value in network.state_dict().items()}
    found = score(stage, stage.scored, Feed(part, data, batch_size=7))["student"].scores
    assert {module.training for module in stage.modules()} == {training}
    assert same_state(before, dict(network.state_dict()))
    pixels = (part.images.numpy() / 255 - data.mean[0]) / data.std[0]
    with torch.no_grad():
        logits = network.module.eval()(torch.tensor(pixels, dtype=torch.float32))
    assert found.accuracy == pytest.approx(accuracy_score(part.labels, logits.argmax(1)))
    p = probabilities(logits.double().numpy())
    assert found.loss == pytest.approx(log_loss(part.labels, p, labels=range(10)), rel=1e-5)


def test_answers_that_are_no_numbers_are_told_with_the_remedy():
    network = with_batch_norm("student")
    with torch.no_grad():
        network.module[-1].weight.fill_(float("nan"))
    term = LossTerm("label loss", cross_entropy, "student.logits", (LABELS,))
    stage = Stage("student", networks=[network], updates=[[term]], training=TrainingSpec())
    feed = Feed(digits().test, digits(), batch_size=100)
    with pytest.raises(KDStudioError, match=r"predictions of the student .* lower the learning rate"):
        score(stage, stage.scored, feed)
