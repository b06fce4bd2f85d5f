"""Six images, three networks; every answer is written down, and counted by hand."""

import math

import pytest
import torch

from kdstudio.errors import KDStudioError
from kdstudio.runs.disagreements import FILTERS, disagreements
from kdstudio.runs.predictions import Predictions

NAMES = ("cat", "dog", "owl")
LABELS = torch.tensor([0, 0, 1, 1, 2, 2])
STUDENT = [(0, 0.9), (1, 0.81), (1, 0.5), (0, 0.7), (0, 0.61), (2, 0.95)]
TEACHER = [(0, 0.9), (0, 0.6), (2, 0.7), (0, 0.9), (1, 0.6), (2, 0.8)]
CONTROL = [(1, 0.9), (1, 0.9), (1, 0.9), (1, 0.9), (2, 0.9), (0, 0.9)]


def logits(answers):
    """Logits whose softmax gives the class its probability, and the others shares of the rest."""
    rows = []
    for number, sure in answers:
        row = [(1 - sure) / 2] * 3
        row[number] = sure
        rows.append([math.log(share) for share in row])
    return torch.tensor(rows)


@pytest.fixture
def predictions():
    pixels = torch.arange(6, dtype=torch.uint8).view(6, 1, 1, 1).expand(6, 1, 2, 2)
    answers = {"teacher": logits(TEACHER), "baseline": logits(CONTROL), "student": logits(STUDENT)}
    return Predictions(NAMES, pixels, LABELS, answers)


@pytest.fixture
def found(predictions):
    return disagreements(predictions, "student", "teacher", "baseline")


BY_HAND = {
    "all": {0, 1, 2, 3, 4, 5},
    "student-wrong": {1, 3, 4},
    "student-wrong-teacher-right": {1},
    "teacher-wrong-student-right": {2},
    "both-wrong-alike": {3},
    "both-wrong-differently": {4},
    "baseline-wrong-student-right": {0, 5},
    "baseline-right-student-wrong": {3, 4},
}


def test_every_filter_is_counted():
    assert BY_HAND.keys() == FILTERS.keys()


@pytest.mark.parametrize("key", BY_HAND)
def test_a_filter_lets_through_what_a_person_would(found, key):
    assert set(found.images(key)) == BY_HAND[key]


def test_filters_are_told_with_the_networks_names(found):
    assert found.filters["student-wrong-teacher-right"] == "student wrong, teacher right"
    assert found.filters["baseline-right-student-wrong"] == "baseline right, student wrong"


def test_images_are_sorted_by_the_students_confidence_either_way(found):
    assert found.images() == [5, 0, 1, 3, 4, 2]
    assert found.images(ascending=True) == [2, 4, 3, 1, 0, 5]


def kl(teacher, student):
    """KL of two answers over three classes, by its definition."""

    def shares(number, sure):
        return [sure if place == number else (1 - sure) / 2 for place in range(3)]

    return sum(p * math.log(p / q) for p, q in zip(shares(*teacher), shares(*student), strict=True))


def test_kl_is_that_of_the_definition_and_sorts(found):
    by_hand = [kl(*pair) for pair in zip(TEACHER, STUDENT, strict=True)]
    assert found.divergences.tolist() == pytest.approx(by_hand, abs=1e-6)
    assert found.images(sort="kl") == sorted(range(6), key=lambda image: -by_hand[image])


def test_a_cell_of_the_confusion_and_a_class_open_their_images(found):
    assert found.images(true_class=0, answered=1) == [1]
    assert found.images(true_class=0, answered=1, of="baseline") == [0, 1]
    assert set(found.images(true_class=2)) == {4, 5}
    assert found.confusion("student") == ((1, 1, 0), (1, 1, 0), (1, 0, 1))
    assert found.confusion("baseline", "student-wrong") == ((0, 1, 0), (0, 1, 0), (0, 0, 1))


def test_an_image_has_every_networks_answer(found):
    said = found.answers_to(1)
    assert list(said) == ["teacher", "baseline", "student"]
    assert said["student"].answer == "dog"
    assert said["student"].probability == pytest.approx(0.81)
    assert [answer.is_right for answer in said.values()] == [True, False, False]
    assert found.true_class(1) == "cat"


def test_without_teacher_or_control_their_filters_and_sorts_are_not_there(predictions):
    alone = disagreements(predictions, "student")
    assert list(alone.filters) == ["all", "student-wrong"]
    assert alone.sorts == ("confidence",)
    with pytest.raises(KDStudioError, match="there are all, student-wrong"):
        alone.images("both-wrong-alike")
    with pytest.raises(KDStudioError, match="no teacher"):
        alone.images(sort="kl")


def test_calibration_is_that_of_fifteen_bins_by_hand(found):
    # confidences 0.9, 0.81, 0.5, 0.7, 0.61, 0.95; right are the first, the third and the last
    assert found.calibration_error("student") == pytest.approx(
        (abs(0.9 - 1) + 0.81 + abs(0.5 - 1) + 0.7 + 0.61 + abs(0.95 - 1)) / 6, abs=1e-6
    )
    held = {number: each for number, each in enumerate(found.reliability("student")) if each.images}
    assert {number: each.images for number, each in held.items()} == {13: 1, 12: 1, 7: 1, 10: 1, 9: 1, 14: 1}
    assert held[14] == pytest.approx((1, 0.95, 1.0))


def test_networks_that_tell_some_classes_apart_are_held_on_their_images():
    pixels = torch.zeros(4, 1, 1, 1, dtype=torch.uint8)
    answers = {
        "teacher": torch.tensor([[9.0, 0, 1], [0, 9, 0], [0, 0, 9], [9, 1, 0]]),
        "student": torch.tensor([[0.0, 2], [2, 0], [0, 2]]),
    }
    labels = torch.tensor([0, 1, 2, 0])
    whole = Predictions(NAMES, pixels, labels, answers, {"student": ("owl", "cat")})
    with_own = Predictions(
        NAMES, pixels, labels, answers | {"student": torch.zeros(4, 2)}, {"student": ("owl", "cat")}
    )
    with_own.logits["student"][:] = torch.tensor([[0.0, 2], [0, 0], [2, 0], [2, 0]])
    found = disagreements(with_own, "student", "teacher")
    assert found.predictions.class_names == ("owl", "cat")
    assert found.predictions.labels.tolist() == [1, 0, 1]
    assert found.images("student-wrong-teacher-right") == [2]
    other = Predictions(
        NAMES, pixels, labels, whole.logits, {"student": ("owl", "cat"), "teacher": ("cat", "dog")}
    )
    with pytest.raises(KDStudioError, match="tell other classes apart"):
        disagreements(other, "student", "teacher")
