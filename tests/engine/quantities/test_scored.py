"""Quantities of rows of results, against figures worked out by hand."""

import pytest

from kdstudio.engine.quantities.declaration import quantities
from kdstudio.errors import KDStudioError
from tests.engine.quantities.evidence import Given
from tests.results import row


def given(student=0.95, control=0.9, teacher=0.98, **more):
    rows = {"student": row("student", student, **more), "control": row("control", control)}
    return Given(rows | {"teacher": row("teacher", teacher)})


def value(name, evidence, **options):
    return quantities[name](**options).value("student", evidence)


def test_scores_and_costs_are_those_of_the_row():
    found = given(multiply_adds=5000, unseen_accuracy=0.75)
    names = (
        "errors",
        "accuracy",
        "loss",
        "calibration-error",
        "parameters",
        "multiply-adds",
        "unseen-accuracy",
    )
    assert [value(name, found) for name in names] == [50, 0.95, 1.0, 0.0, 1234, 5000, 0.75]
    assert value("latency", Given(kept={"student": 0.002})) == 0.002


def test_what_a_row_does_not_have_is_told():
    for name, reason in (("unseen-accuracy", "never seen"), ("multiply-adds", "cannot be counted")):
        with pytest.raises(KDStudioError, match=reason):
            value(name, given())
    with pytest.raises(KDStudioError, match="with fitted biases"):
        value("unseen-accuracy", given(unseen_accuracy=0.5), shifted=True)


def test_the_gap_is_that_between_the_control_and_what_is_learned_from():
    """100 errors alone, 20 the teacher's: 50 are five eighths of the way."""
    assert value("gap-closed", given()) == pytest.approx(50 / 80)
    assert value("gap-closed", given(student=0.85)) == pytest.approx(-50 / 80)
    with pytest.raises(KDStudioError, match="no gap to close: 100 errors at its beginning, 100 at its end"):
        value("gap-closed", given(teacher=0.9))
