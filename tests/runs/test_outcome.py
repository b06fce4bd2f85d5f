"""What came out of a run, in a sentence, worked out by hand from rows that no run has made."""

import pytest

from kdstudio.engine.judgement import Finding, Judgement
from kdstudio.engine.views import Comparison
from kdstudio.runs.outcome import ONE_SEED, outcome
from tests.results import doubt, row, run


def hinton(student, baseline=0.9, **more):
    return run(row("teacher", 0.99), row("control", baseline), row("student", student), **more)


def test_one_seed_that_is_not_better_says_so_and_what_to_do():
    found = outcome(hinton(0.889))
    assert found.sentence == (
        "teacher 10, baseline 100, student 111 errors of 1,000: no better than alone (one seed)"
    )
    assert found.remarks == (ONE_SEED,)
    assert found.doubts == ""


def test_fewer_errors_on_one_seed_are_counted_and_not_called_better():
    assert outcome(hinton(0.95)).sentence.endswith("errors of 1,000: 50 fewer than alone (one seed)")
    assert "better" not in outcome(hinton(0.95)).text


def test_equal_errors_are_no_better():
    assert outcome(hinton(0.9)).sentence.endswith(": no better than alone (one seed)")


def test_the_verdict_on_a_claim_is_a_remark_and_needs_no_other_on_one_seed():
    told = {"quantity": "errors", "of": "student", "than": "baseline", "expected": "lower"}
    figures = {"value": 50, "other": 100, "difference": -50, "seeds": 1}
    finding = Finding(**told, **figures, verdict="no statement", reason="one seed shows nothing")
    found = outcome(hinton(0.95, claim=Judgement(statement="It is so.", findings=(finding,))))
    assert found.remarks == (
        "No statement: It is so (errors of student 50, of baseline 100: −50, one seed shows nothing).",
    )


def over_seeds(*students):
    seeds = [row(kind, a, seed=s) for s, student in enumerate(students) for kind, a in
             (("control", 0.9), ("student", student))]  # fmt: skip
    return run(row("teacher", 0.99), *seeds)


def test_with_seeds_the_verdict_has_its_interval():
    found = outcome(over_seeds(0.95, 0.95, 0.95))
    assert found.sentence == (
        "teacher 10, baseline 100.0 ± 0.0, student 50.0 ± 0.0 errors of 1,000; "
        "better by 50 errors in each of 3 seeds"
    )
    assert ONE_SEED not in found.remarks
    assert "no difference shown: " in outcome(over_seeds(0.95, 0.85, 0.9)).sentence


def test_of_several_settings_the_best_on_validation_stands_for_all_even_if_it_is_not_on_the_test():
    students = [row("student", 0.9 + t / 100, 0.9 - t / 100, temperature=t) for t in (1, 4)]
    found = outcome(run(row("control", 0.9), *students))
    assert "T1 90 errors" in found.sentence
    assert "T1 is the best of 2 on validation." in found.remarks


def test_what_a_strategy_compares_is_asked_of_its_declaration():
    rows = [row("control", 0.9, role="net-1", way="alone"), row("peer", 0.92, role="net-1", way="mutual")]
    found = outcome(run(*rows, comparison=Comparison(result="peer")))
    assert found.sentence == (
        "net-1 alone 100, net-1 mutual 80 errors of 1,000: 20 fewer than net-1 alone (one seed)"
    )


def test_a_network_with_nothing_to_compare_tells_its_accuracy():
    found = outcome(run(row("student", 0.97)))
    assert found.sentence == "student 30 errors of 1,000; 97.00% right"
    assert found.remarks == ()


def test_networks_asked_other_images_each_tell_how_many():
    half = row("student", 0.9)
    half = half.model_copy(
        update={"last_epoch": half.last_epoch.model_copy(
            update={"test": half.test.model_copy(update={"count": 500, "errors": 50})})}
    )  # fmt: skip
    found = outcome(run(row("teacher", 0.99), half))
    assert found.sentence == "teacher 10 of 1,000, student 50 of 500 wrong; 90.00% right"


def test_classes_never_seen_are_named_with_what_is_right_of_them():
    rows = [row("control", 0.8, unseen=(1,), unseen_accuracy=0.0),
            row("student", 0.9, unseen=(1,), unseen_accuracy=0.75)]  # fmt: skip
    assert "Of dog, never seen in training: student 75.00% right, baseline 0.00% right." in (
        outcome(run(*rows)).remarks
    )


def test_a_class_that_a_damaged_log_does_not_name_has_its_number():
    rows = [row("control", 0.8, unseen=(1,), unseen_accuracy=0.0),
            row("student", 0.9, unseen=(1,), unseen_accuracy=0.75)]  # fmt: skip
    found = outcome(run(*rows).model_copy(update={"class_names": ()}))
    assert "Of class 1, never seen in training: student 75.00% right, baseline 0.00% right." in found.remarks


def test_warnings_are_named_beside_it():
    found = outcome(hinton(0.95, warnings=(doubt("teacher"), doubt())))
    assert found.doubts == "Doubtful, 2 warnings: teacher is at <chance>; student is at <chance>."
    assert found.text.endswith(found.doubts)


@pytest.mark.parametrize("status", ["stopped", "interrupted"])
def test_a_run_that_did_not_end_says_where(status):
    found = outcome(run(row("teacher", 0.99), status=status, stage="student", epoch=3))
    assert found.sentence == f"teacher 10 errors of 1,000; {status} in stage student, epoch 3"
    assert found.remarks == ()
    assert outcome(run(status=status)).sentence == f"{status} before a network had learned to the end"


def test_a_failed_run_tells_why():
    assert outcome(run(status="failed", error="no room; make some")).sentence == (
        "failed: no room; make some"
    )
    late = run(row("teacher", 0.9), status="failed", error="no room", stage="student", epoch=1)
    assert outcome(late).remarks == ("no room.",)
