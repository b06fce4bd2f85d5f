"""Paired differences, their intervals and their words, against figures worked out by hand."""

import sys
from math import sqrt

import pytest

from kdstudio.engine.views import Comparison
from kdstudio.runs.differences import Difference, controls_of, differences, means, paired
from kdstudio.runs.figures import LiveResult
from kdstudio.runs.groups import gathered
from tests.results import row

KINDS = Comparison()


def seeded(kind, *errors, seeds=None, **more):
    """Networks with so many errors of 1000, by seed."""
    places = range(len(errors)) if seeds is None else seeds
    return [row(kind, 1 - e / 1000, seed=s, **more) for s, e in zip(places, errors, strict=True)]


def group(*rows):
    (found,) = gathered(rows)
    return found


def difference(ours, theirs, key="errors"):
    return paired(group(*seeded("student", *ours)), group(*seeded("control", *theirs)), key)


def test_the_interval_is_students_over_the_differences_of_each_seed():
    """Differences −60, −70, −50: mean −60, deviation 10, half width 4.303·10/√3."""
    found = difference((40, 30, 45), (100, 100, 95))
    half = 4.302652729911275 * 10 / sqrt(3)
    assert (found.seeds, found.difference, found.deviation) == (3, -60, pytest.approx(10))
    assert (found.low, found.high) == (pytest.approx(-60 - half), pytest.approx(-60 + half))
    assert (found.verdict, found.text) == ("better", "better by 60 ± 25 errors (3 seeds)")
    assert found.brief == "better by 60 ± 25"


def test_what_varies_with_the_seed_in_both_alike_does_not_blur_the_difference():
    """Each group has a deviation of 100, the differences one of 1."""
    found = difference((100, 200, 300), (103, 202, 304))
    assert (found.difference, found.deviation) == (-3, pytest.approx(1))
    assert found.text == "better by 3.0 ± 2.5 errors (3 seeds)"


def test_more_errors_are_worse_and_an_interval_with_zero_shows_nothing():
    assert difference((120, 132, 126), (100, 110, 106)).text == "worse by 20.7 ± 2.9 errors (3 seeds)"
    assert difference((100, 90, 101), (100, 101, 99)).text == "no difference shown: −3 ± 17 errors (3 seeds)"
    assert difference((100, 90, 101), (100, 101, 99)).brief == "not shown: −3 ± 17"
    assert difference((100, 111, 99), (100, 101, 101)).text == "no difference shown: +3 ± 16 errors (3 seeds)"
    assert difference((100, 104), (104, 100)).text == "no difference shown: 0 ± 51 errors (2 seeds)"


def test_higher_accuracy_is_better_and_agrees_with_the_errors():
    found = difference((40, 30, 45), (100, 100, 95), "accuracy")
    assert (found.verdict, found.difference) == ("better", pytest.approx(0.06))
    assert (found.signed, found.text) == ("+6.0 ± 2.5", "better by 6.0 ± 2.5 points (3 seeds)")


@pytest.mark.parametrize("key", ["errors", "accuracy"])
def test_equal_differences_are_told_as_such_and_two_of_them_show_nothing(key):
    three, two = difference((97, 94, 90), (100, 97, 93), key), difference((97, 94), (100, 97), key)
    assert (three.verdict, three.deviation, three.low, three.high) == ("better", 0, *[three.difference] * 2)
    assert (two.verdict, two.deviation) == ("not shown", 0)
    words = {"errors": ("3 errors", "−3 errors"), "accuracy": ("0.30 points", "+0.30 points")}[key]
    assert three.text == f"better by {words[0]} in each of 3 seeds"
    assert two.text == f"no difference shown: {words[1]} in each of 2 seeds"


def test_one_error_is_singular_and_equal_errors_are_equal():
    assert difference((9, 8, 7), (10, 9, 8)).text == "better by 1 error in each of 3 seeds"
    assert difference((9, 8, 7), (9, 8, 7)).text == "no difference shown: equal in each of 3 seeds"


def test_the_half_width_has_two_digits_or_those_of_a_mean():
    many = Difference(result="", control="", figure="errors", seeds=2, difference=-1210.4, deviation=1.0,
                      low=-1640.4, high=-780.4, verdict="better")  # fmt: skip
    few = many.model_copy(update={"difference": -2.34, "low": -2.48, "high": -2.2})
    assert many.text == "better by 1,210 ± 430 errors (2 seeds)"
    assert few.text == "better by 2.3 ± 0.1 errors (2 seeds)"


def test_one_seed_says_nothing():
    found = difference((0,), (500,))
    assert (found.verdict, found.text) == ("one seed", "1 seed: no statement")
    assert (found.difference, found.deviation, found.low, found.high) == (-500, None, None, None)
    without = paired(group(row("student", 0.9)), group(row("control", 0.5)))
    assert (without.verdict, without.seeds) == ("one seed", 1)


def test_only_seeds_that_both_have_are_paired():
    ours = group(*seeded("student", 40, 30, 45, seeds=(0, 1, 3)))
    theirs = group(*seeded("control", 100, 500, 60, seeds=(0, 2, 3)))
    assert (paired(ours, theirs).seeds, paired(ours, theirs).difference) == (2, (-60 - 15) / 2)
    assert paired(ours, group(*seeded("control", 9, 9, seeds=(4, 5)))) is None
    assert paired(ours, group(row("control", 0.5))) is None  # trained once: no seed is its own


def test_any_coordinate_can_be_paired_over():
    ours = [row("student", a, temperature=t) for t, a in ((1.0, 0.9), (4.0, 0.8))]
    theirs = [row("control", a, temperature=t) for t, a in ((1.0, 0.7), (4.0, 0.7))]
    (one,), (other,) = gathered(ours, "temperature"), gathered(theirs, "temperature")
    assert paired(one, other, over="temperature").difference == pytest.approx(-150)


def pairs(rows, kinds=KINDS):
    return [(d.result, d.control) for d in differences(rows, kinds) if d.figure == "errors"]


def test_whatever_has_a_control_is_held_against_it_and_what_the_run_is_about_comes_first():
    rows = [row("teacher", 0.9, generation=0), row("control", 0.5), row("exit", 0.6, exit=1),
            row("student", 0.7, generation=1), row("student", 0.7, generation=2)]  # fmt: skip
    assert pairs(rows) == [("generation-1", "baseline"), ("generation-2", "baseline"), ("exit-1", "baseline")]
    assert [d.figure for d in differences(rows, KINDS)[:2]] == ["errors", "accuracy"]


def test_ways_are_held_against_the_control_of_their_role():
    rows = [row(kind, 0.5, role=role, way=way)
            for way, kind in (("alone", "control"), ("distilled", "student"), ("mutual", "peer"))
            for role in ("net-1", "net-2")]  # fmt: skip
    assert pairs(rows, Comparison(result="peer")) == [
        ("net-1 mutual", "net-1 alone"), ("net-2 mutual", "net-2 alone"),
        ("net-1 distilled", "net-1 alone"), ("net-2 distilled", "net-2 alone"),
    ]  # fmt: skip


def test_a_swept_setting_is_held_against_the_control_of_that_setting_or_the_plain_one():
    plain, same, other = row("control", 0.5), row("control", 0.5, depth=2), row("control", 0.5, depth=3)
    result = row("student", 0.7, depth=2)
    assert pairs([plain, other, result]) == [("depth-2", "baseline")]
    assert pairs([plain, same, other, result]) == [("depth-2", same.name)]


def test_a_swept_word_is_a_setting_too():
    path = "networks.student.model.name"
    rows = [row(kind, 0.5, **{path: word}) for word in ("mlp", "lenet") for kind in ("control", "student")]
    assert pairs(rows) == [("student mlp", "baseline mlp"), ("student lenet", "baseline lenet")]


def test_several_controls_are_all_held_against():
    rows = [row("control", 0.5), row("control", 0.6, method="kd"), row("student", 0.7)]
    assert pairs(rows) == [("student", "baseline"), ("student", "kd")]


def test_scores_of_other_images_are_not_compared():
    def answering(kind, count, classes=()):
        found = row(kind, 0.5, classes=classes, way=kind)
        test = found.test.model_copy(update={"count": count})
        return found.model_copy(update={"last_epoch": found.last_epoch.model_copy(update={"test": test})})

    student = answering("student", 200, (1, 7))
    assert pairs([answering("control", 200, (1, 7)), student])
    assert pairs([answering("control", 200), student])  # all outputs, scored on the student's images
    assert not pairs([answering("control", 1000), student])
    assert not pairs([answering("control", 200, (1, 8)), student])


def test_twice_as_many_settings_are_twice_the_work():
    """Calls of functions, not seconds; each setting has a control of its own."""

    def calls(settings):
        kinds = ("control", "student")
        rows = [row(kind, 0.5, **{"strategy.temperature": t}) for t in range(settings) for kind in kinds]
        count = 0

        def counted(_frame, event, _argument):
            nonlocal count
            count += event == "call"

        sys.setprofile(counted)
        try:
            assert len(differences(rows, KINDS)) == 2 * settings
        finally:
            sys.setprofile(None)
        return count

    assert calls(80) < 2.2 * calls(40)


def test_controls_of_what_still_trains_are_not_known():
    live = LiveResult(role="student", kind="student", validation=row("student", 0.5).validation)
    assert controls_of(group(live), gathered([row("control", 0.5)]), KINDS) == []


def test_means_have_a_deviation_where_there_are_several():
    found = means([row("teacher", 0.9), *seeded("student", 40, 30, 50)])
    assert list(found) == ["teacher", "student"]
    assert (found["teacher"]["errors"].mean, found["teacher"]["errors"].deviation) == (100, None)
    errors = found["student"]["errors"]
    assert (errors.mean, errors.deviation, errors.count) == (40, pytest.approx(10), 3)
    assert found["student"]["accuracy"].deviation == pytest.approx(0.01)
