"""Agreement, KL, classes gained and lost: against values computed by hand and by SciPy's t."""

import math

import pytest
import torch
from scipy import stats

from kdstudio.errors import KDStudioError
from kdstudio.runs.fidelity import fidelity_report
from kdstudio.runs.predictions import Predictions
from tests.results import row, run

NAMES = ("a", "b")
LABELS = torch.tensor([0] * 10 + [1] * 10)


def answers(right_of_a, right_of_b):
    """So many right of each ten, all with probability 0.9."""
    said = [0] * right_of_a + [1] * (10 - right_of_a) + [1] * right_of_b + [0] * (10 - right_of_b)
    sure, other = math.log(0.9), math.log(0.1)
    return torch.tensor([[sure, other] if number == 0 else [other, sure] for number in said])


def reported(counts, student="student seed-0", rows=None):
    """``counts``: right answers of ``teacher``, ``baseline seed-0`` and so on."""
    rows = rows or [row("teacher", 0.5)] + [
        row(kind, 0.5, seed=seed)
        for seed in range(sum(name.startswith("student") for name in counts))
        for kind in ("control", "student")
    ]
    summary = run(*rows)
    assert set(counts) <= set(summary.networks)
    logits = {name: answers(*right) for name, right in counts.items()}
    predictions = Predictions(NAMES, torch.zeros(20, 1, 1, 1, dtype=torch.uint8), LABELS, logits)
    return fidelity_report(predictions, summary, sorted(counts), student)


THREE = {
    "teacher": (10, 9),
    "baseline seed-0": (5, 8), "student seed-0": (9, 8),
    "baseline seed-1": (6, 8), "student seed-1": (9, 7),
    "baseline seed-2": (6, 8), "student seed-2": (10, 8),
}  # fmt: skip


def test_accuracy_agreement_and_kl_of_each_seed():
    report = reported(THREE)
    control, student = report.rows
    assert (control.network, student.network, student.teacher) == ("baseline", "student", "teacher")
    assert student.images == 20
    assert student.accuracy.values == pytest.approx((17 / 20, 16 / 20, 18 / 20))
    # the teacher is wrong on the last image alone; students are wrong there too
    assert student.agreement.values == pytest.approx((18 / 20, 17 / 20, 19 / 20))
    far = 0.9 * math.log(9) + 0.1 * math.log(1 / 9)  # where they disagree; 0 where they agree
    assert student.kl.values == pytest.approx((far * 2 / 20, far * 3 / 20, far * 1 / 20), abs=1e-6)


def test_classes_gained_and_lost_with_the_interval_of_students_t():
    changes = reported(THREE).changes
    assert (changes.result, changes.control, changes.seeds) == ("student", "baseline", 3)
    gained, other = changes.classes
    assert (gained.name, gained.images) == ("a", 10)
    assert gained.difference.mean == pytest.approx((0.4 + 0.3 + 0.4) / 3)
    low, high = stats.t.interval(0.95, 2, loc=1.1 / 3, scale=stats.sem([0.4, 0.3, 0.4]))
    assert (gained.difference.low, gained.difference.high) == pytest.approx((low, high))
    assert gained.change == "gained"
    assert (other.name, other.change) == ("b", "not shown")
    assert other.difference.mean == pytest.approx(-0.1 / 3)
    assert changes.text.startswith("Of 2 classes 1 gained and 0 lost")


def test_one_seed_has_no_interval_and_says_so():
    counts = {"teacher": (10, 9), "baseline seed-0": (5, 8), "student seed-0": (9, 7)}
    changes = reported(counts).changes
    assert {each.change for each in changes.classes} == {"one seed"}
    assert all(each.difference.low is None for each in changes.classes)
    assert changes.text.startswith("On 1 of 2 classes student is better than baseline, on 1 worse.")
    assert "One seed has no interval" in changes.text


def test_without_a_control_no_classes_are_compared_and_without_a_teacher_nothing_is_faithful():
    rows = [row("teacher", 0.5), row("student", 0.5)]
    report = reported({"teacher": (10, 9), "student": (9, 8)}, "student", rows)
    assert report.changes is None
    assert [each.network for each in report.rows] == ["student"]
    alone = reported({"student": (9, 8)}, "student", [row("student", 0.5)])
    assert alone.rows == ()


def test_a_student_without_results_is_told():
    with pytest.raises(KDStudioError, match="no results"):
        reported({"teacher": (10, 9)}, "nobody", [row("teacher", 0.5)])


def test_the_teacher_of_the_same_seed_is_the_one():
    rows = [row(kind, 0.5, seed=seed) for seed in (0, 1) for kind in ("teacher", "student")]
    counts = {
        "teacher seed-0": (10, 10), "student seed-0": (10, 10),
        "teacher seed-1": (0, 0), "student seed-1": (0, 0),
    }  # fmt: skip
    (student,) = reported(counts, "student seed-0", rows).rows
    assert student.agreement.values == (1.0, 1.0)
