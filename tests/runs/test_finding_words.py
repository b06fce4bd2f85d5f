"""Words and figures of a claim's findings."""

import pytest

from kdstudio.engine.judgement import Finding, Judgement
from kdstudio.runs.finding_words import claim_table, difference_of, spoken_findings, spoken_judgement

ERRORS = {"quantity": "errors", "of": "student", "than": "baseline", "expected": "lower", "unit": "errors",
          "verdict": "shown", "seeds": 3}  # fmt: skip
PERCENT = ERRORS | {"quantity": "accuracy", "expected": "higher", "unit": "%", "scale": 100.0, "digits": 2}
NATS = ERRORS | {"quantity": "entropy", "expected": "higher", "unit": "nats", "digits": 3}
DISTANCE = PERCENT | {
    "quantity": "distance",
    "than": "0",
    "expected": "equal",
    "tolerance": 0.001,
    "digits": 3,
}


def finding(value, other, half=None, **told):
    difference = value - other
    ends = {} if half is None else {"low": difference - half, "high": difference + half}
    return Finding(value=value, other=other, difference=difference, **ends, **told)


def judgement(*findings):
    return Judgement(statement="It is so.", findings=findings)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (finding(27.0, 42.6, 6.1, **ERRORS), "27.0, of baseline 42.6: −15.6 ± 6.1 errors"),
        (finding(166.6, 401.4, 98, **ERRORS), "167, of baseline 401: −235 ± 98 errors"),
        (finding(69.8, 70.2, 0.68, **ERRORS), "69.8, of baseline 70.2: −0.4 ± 0.7 errors"),
        (finding(9344, 20544, 0, **ERRORS), "9,344, of baseline 20,544: −11,200 errors"),
        (finding(0.76957, 0.0, 0.041, **PERCENT), "77.0%, of baseline 0.0%: +77.0 ± 4.1 points"),
        (finding(0.9, 0.1, 0.04, **PERCENT | {"than": "0.1"}), "90.0%, against 10%: +80.0 ± 4.0 points"),
        (finding(1.3588, 0.114, 0.0086, **NATS), "1.359, of baseline 0.114: +1.245 ± 0.009 nats"),
        (finding(2.2181, 1.384, 0.14, **NATS), "2.22, of baseline 1.38: +0.83 ± 0.14 nats"),
        (finding(1.00031, 1.0, 0.0002, **NATS), "1.0003, of baseline 1.0000: +0.0003 ± 0.0002 nats"),
    ],
)  # fmt: skip
def test_figures_are_as_exact_as_their_interval(found, words):
    assert spoken_findings(judgement(found)).partition(" student ")[2] == f"{words}, 3 seeds"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (finding(3.05e-7, 0, 0.44e-7, **DISTANCE), "differ by at most 0.000035 points, 0.1 are allowed"),
        (finding(0.0009, 0, 0.0003, **DISTANCE | {"verdict": "not shown"}),
         "may differ by up to 0.12 points, 0.1 are allowed"),
        (finding(-0.02, 0, 0.005, **DISTANCE | {"verdict": "the opposite"}),
         "differ by at least 1.5 points, 0.1 are allowed"),
        (finding(3.05e-7, 0, **DISTANCE | {"verdict": "no statement"}),
         "differ by 0.000030 points, 0.1 are allowed"),
        (finding(5.0, 5.0, 0, **ERRORS | {"expected": "equal", "tolerance": 2}),
         "differ by at most 0 errors, 2 are allowed"),
    ],
)  # fmt: skip
def test_equal_ones_differ_by_what_decides(found, words):
    assert difference_of(found) == words


def test_a_judgement_is_said_in_a_sentence_and_a_table():
    found = finding(40, 100, 24.84, **ERRORS)
    said = "Shown: It is so (errors of student 40, of baseline 100: −60 ± 25 errors, 3 seeds)."
    assert spoken_judgement(judgement(found)) == said
    (cells,) = claim_table(judgement(found)).rows
    assert cells == ("errors", "student lower than baseline", "40", "100", "−60 ± 25 errors", "shown")
    (cells,) = claim_table(judgement(finding(3e-7, 0, 4e-8, **DISTANCE))).rows
    assert cells[1:4] == ("student equal to 0%", "0.000030%", "0%")
    assert spoken_judgement(judgement(found, found, found)).endswith("(3 of 3 measurements are as expected).")


def test_what_was_not_measured_says_why():
    none = Finding(**ERRORS | {"verdict": "no statement", "seeds": 0}, reason="nothing was scored")
    assert spoken_findings(judgement(none)) == "errors of student: nothing was scored"
    assert claim_table(judgement(none)).rows[0][2:] == ("–", "–", "–", "no statement: nothing was scored")
