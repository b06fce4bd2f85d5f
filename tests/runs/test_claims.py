"""Verdicts on claims, worked out by hand from rows that no run has made."""

import pytest

from kdstudio.engine.claim import Claim
from kdstudio.runs.claims import judged, judged_together
from kdstudio.runs.evidence import RunEvidence
from tests.results import row, run

FEWER = {"quantity": "errors", "expect": "lower"}
STATEMENT = "It is so."


def claim(*measured):
    return {"statement": STATEMENT, "measured": measured}


def over_seeds(students, control=0.9, **more):
    """The errors of 1000 of each seed's student; controls have 100."""
    rows = [row(kind, accuracy, seed=seed) for seed, errors in enumerate(students)
            for kind, accuracy in (("control", control), ("student", 1 - errors / 1000))]  # fmt: skip
    return run(row("teacher", 0.95), *rows, **more)


def judge(summary, *measured):
    return judged(Claim.model_validate(claim(*measured)), RunEvidence(summary))


@pytest.mark.parametrize(
    ("students", "expect", "verdict"),
    [
        ((40, 30, 50), "lower", "shown"),
        ((40, 30, 50), "higher", "the opposite"),
        ((90, 120, 100), "lower", "not shown"),
        ((40,), "lower", "no statement"),
    ],
)
def test_the_interval_over_the_seeds_decides(students, expect, verdict):
    assert judge(over_seeds(students), FEWER | {"expect": expect}).verdict == verdict


def test_the_figures_are_those_of_the_paired_differences():
    """Differences −60, −70, −50: mean −60, half width 4.303·10/√3 = 24.8."""
    judgement = judge(over_seeds((40, 30, 50)), FEWER)
    (found,) = judgement.findings
    assert (found.value, found.other, found.difference, found.seeds) == (40, 100, -60, 3)
    assert (found.low, found.high) == (pytest.approx(-84.84, abs=0.01), pytest.approx(-35.16, abs=0.01))


@pytest.mark.parametrize(("tolerance", "verdict"), [(100, "shown"), (70, "not shown"), (30, "the opposite")])
def test_equal_is_shown_by_an_interval_that_lies_within_the_tolerance(tolerance, verdict):
    equal = FEWER | {"expect": "equal", "tolerance": tolerance}
    assert judge(over_seeds((40, 30, 50)), equal).verdict == verdict


def test_networks_can_be_held_against_a_number_and_another_quantity_of_their_own():
    summary = over_seeds((40, 30, 50))
    more = {"quantity": "accuracy", "expect": "higher", "than": 0.9}
    (number,) = judge(summary, more).findings
    assert (number.verdict, number.difference, number.than) == ("shown", pytest.approx(0.06), "0.9")
    itself = {
        "quantity": "loss",
        "than": {"kind": "student"},
        "than_quantity": "accuracy",
        "expect": "higher",
    }
    (found,) = judge(summary, itself).findings
    assert (found.of, found.than, found.verdict) == ("student", "accuracy of student", "shown")
    assert found.difference == pytest.approx(1 - 0.96)


def test_every_network_that_is_meant_must_do_as_expected():
    roles = [row(kind, accuracy, role=role, seed=seed) for seed in range(3) for kind, role, accuracy in
             (("control", "net-1", 0.9), ("control", "net-2", 0.8), ("peer", "net-1", 0.95),
              ("peer", "net-2", 0.75))]  # fmt: skip
    judgement = judge(run(*roles), FEWER | {"of": {"kind": "peer"}})
    assert [finding.verdict for finding in judgement.findings] == ["shown", "the opposite"]
    assert judgement.verdict == "the opposite"


def test_one_network_that_teaches_all_is_held_against_each_seed():
    (found,) = judge(over_seeds((40, 30, 50)), FEWER | {"than": {"kind": "teacher"}}).findings
    assert (found.seeds, found.difference) == (3, -10)


def test_what_cannot_be_measured_is_no_statement_and_says_why():
    summary = over_seeds((40, 30, 50))
    for measured, reason in (
        ({"quantity": "entropy", "expect": "higher"}, "from one run's folder"),
        ({"quantity": "unseen-accuracy", "expect": "higher"}, "no accuracy on classes never seen"),
        (FEWER | {"of": {"kind": "peer"}}, "no networks with kind = peer have been scored"),
        ({"quantity": "gap-closed", "expect": "higher", "than": 0.5}, ""),
    ):
        (found,) = judge(summary, measured).findings
        assert reason in found.reason
        assert (found.verdict == "no statement") == bool(reason)
    others = run(*(row("student", 0.9, seed=s) for s in range(3)),
                 *(row("control", 0.9, classes=(1, 2), seed=s) for s in range(3)))  # fmt: skip
    narrow = others.model_copy(
        update={"networks": {n: r.model_copy(update={"classes": (0,)}) if r.kind == "student" else r
                             for n, r in others.networks.items()}}
    )  # fmt: skip
    assert "scored on other images" in judge(narrow, FEWER).findings[0].reason


def test_runs_of_one_seed_each_are_judged_together():
    experiment = {"strategy": {"name": "nobody-knows"}, "claim": claim(FEWER)}
    assert judged_together(over_seeds((40, 30, 50), experiment=experiment)).verdict == "shown"
    unknown = experiment | {"claim": claim(FEWER | {"quantity": "of another package"})}
    assert judged_together(over_seeds((40, 30, 50), experiment=unknown)) is None
    assert judged_together(over_seeds((40, 30, 50))) is None
