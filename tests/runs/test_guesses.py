"""What a class is asked follows from the claim; what it guessed is held against the interval."""

import pytest

from kdstudio.engine.claim import Claim
from kdstudio.engine.judgement import Finding, Judgement
from kdstudio.engine.views import Comparison
from kdstudio.runs.guesses import Estimate, answer, asked, question_of

SHARE = {"quantity": "errors", "expect": "lower"}
FIGURE = {"quantity": {"name": "accuracy"}, "of": {"kind": "exit", "exit": 3}, "expect": "higher"}
ENTROPY = {
    "quantity": {"name": "entropy", "temperature": 8.0}, "of": {"kind": "teacher"},
    "than": {"kind": "teacher"}, "than_quantity": "entropy", "expect": "higher",
}  # fmt: skip
DIRECTION = {"quantity": "loss", "expect": "equal", "than": 2.0, "tolerance": 0.1}


def question(measured):
    claim = Claim.model_validate({"statement": "It is so.", "measured": [measured]})
    return question_of(claim, Comparison())


def finding(**more):
    usual = {
        "quantity": "errors",
        "of": "student",
        "than": "baseline",
        "expected": "lower",
        "verdict": "shown",
    }
    figures = {"value": 40, "other": 100, "difference": -60, "low": -85, "high": -35, "seeds": 3}
    return Finding.model_validate(usual | figures | more)


def judgement(*findings):
    return Judgement(statement="It is so.", findings=findings)


@pytest.mark.parametrize(
    ("measured", "text", "most", "unit"),
    [
        (SHARE, "errors of student, in % of those of baseline", 200, "%"),
        (FIGURE, "accuracy of exit-3 (%)", 100, "%"),
        (ENTROPY, "entropy of teacher at T = 8 (nats)", pytest.approx(2.303, abs=1e-3), "nats"),
        (DIRECTION, "loss of student, against 2", None, "nats"),
    ],
)
def test_a_figure_with_an_end_a_share_or_a_direction_is_asked_for(measured, text, most, unit):
    found = question(measured)
    assert (found.text, found.most, found.unit) == (text, most, unit)


def test_shares_are_percent_of_the_other_side():
    found = question(SHARE)
    assert found.estimate(finding()) == Estimate(40, 15, 65)
    assert found.level(finding()) == (100, None, None)
    assert found.estimate(finding(other=0)) is None
    assert found.estimate(finding(difference=None)) is None


def test_figures_are_in_their_unit_and_lie_where_the_difference_puts_them():
    found = question(FIGURE)
    measured = finding(scale=100.0, value=0.9, other=0.8, difference=0.1, low=0.05, high=0.15)
    assert found.estimate(measured) == pytest.approx((90, 85, 95))
    assert found.level(measured) == (80, None, None)
    assert found.level(measured.model_copy(update={"tolerance": 0.01})) == pytest.approx((80, 79, 81))


@pytest.mark.parametrize(
    ("guess", "said"),
    [
        (50.0, "guessed 50 %, measured 40 ± 25 %: within the interval."),
        (75.0, "guessed 75 %, measured 40 ± 25 %: too high."),
        (5.0, "guessed 5 %, measured 40 ± 25 %: too low."),
        (None, "measured 40 ± 25 %."),
    ],
)
def test_a_figure_is_held_against_the_interval(guess, said):
    found = answer(question(SHARE), guess, judgement(finding()))
    assert found == f"Errors of student, in % of those of baseline: {said}"


def test_a_direction_is_where_the_whole_interval_lies():
    def said(**more):
        return answer(question(DIRECTION), "lower", judgement(finding(**more))).partition(": ")[2]

    assert said() == "guessed lower, measured lower."
    assert said(high=5) == "guessed lower, measured no difference."
    assert said(tolerance=40.0) == "guessed lower, measured no difference."
    assert said(low=1, high=3) == "guessed lower, measured higher."


def test_without_figures_there_is_the_reason():
    nothing = finding(difference=None, verdict="no statement", reason="no such network")
    said = answer(question(SHARE), None, judgement(nothing))
    assert said.endswith(": nothing was measured: no such network.")


def test_the_question_is_about_all_that_measure_the_same():
    other = finding(quantity="accuracy")
    first, second = finding(), finding(of="student T4")
    assert asked(question(SHARE), judgement(first, other, second)) == [first, second]
    at_eight, at_one = (finding(quantity="entropy", of=f"teacher at T = {t}") for t in (8, 1))
    assert asked(question(ENTROPY), judgement(at_eight, at_one)) == [at_eight]


def test_the_axis_names_what_is_held_against_where_that_is_one():
    share, figure = question(SHARE), question(FIGURE)
    assert share.axis([finding(), finding(of="peer")]) == "% of those of baseline"
    assert share.axis([finding(), finding(than="labels alone")]) == "% of what each is held against"
    assert figure.axis([finding(), finding(than="labels alone")]) == "%"
    assert question(DIRECTION).axis([finding()]) == "difference (nats)"
