"""Curves of several seeds as one: what the mean is over, and what stands beside it."""

import pytest

from kdstudio.runs.curves import Series
from kdstudio.runs.mean_curves import SeedCurves, in_families, over_seeds, thinned

WHOLE, OTHER, THIRD = Series([1, 2], [0.1, 0.3]), Series([1, 2], [0.3, 0.9]), Series([1, 2], [0.2, 0.9])


def test_the_mean_and_the_sample_deviation_are_those_at_each_point():
    mean, deviations = SeedCurves((WHOLE, OTHER, THIRD), 3).mean()
    assert (mean.x, mean.y) == ([1, 2], pytest.approx([0.2, 0.7]))
    assert deviations == pytest.approx([0.1, ((0.4**2 + 0.2**2 + 0.2**2) / 2) ** 0.5])


def test_a_seed_that_has_not_come_as_far_stands_beside_the_mean():
    growing = Series([1], [0.9])
    found = SeedCurves((WHOLE, growing), 3)
    assert found.mean() == (WHOLE, [])
    assert (found.farthest, found.growing) == ([WHOLE], [growing])
    assert found.called("student") == "student, 1 of 3 seeds"
    growing.add(2, 0.5)
    assert found.mean()[0].y == pytest.approx([0.5, 0.4])
    assert (found.growing, found.called("student")) == ([], "student, 2 of 3 seeds")
    assert found.points == (2, 2)


def test_seeds_that_grow_together_have_a_mean_all_the_time():
    curves = Series([1], [0.25]), Series([1], [0.75])
    for epoch in (2, 3):
        mean, deviations = SeedCurves(curves, 2).mean()
        assert (mean.y, deviations) == ([0.5] * (epoch - 1), pytest.approx([0.125**0.5] * (epoch - 1)))
        for series in curves:
            series.add(epoch, series.y[-1])


def test_what_was_measured_at_other_steps_is_interpolated():
    first, second = Series([0, 1, 4], [1, 1, 1]), Series([0, 2, 4], [3, 5, 1])
    mean, _ = SeedCurves((first, second), 2).mean()
    assert (mean.x, mean.y) == ([0, 1, 4], [2, 2.5, 1])


def test_nothing_yet_and_one_alone():
    empty = SeedCurves((Series(), Series()), 3)
    assert empty.mean() == (Series(), [])
    assert (empty.growing, empty.called("student")) == ([], "student, 0 of 3 seeds")
    alone = SeedCurves((WHOLE,), 1)
    assert alone.mean() == (WHOLE, [])
    assert alone.called("student") == "student"
    assert SeedCurves((WHOLE, OTHER), 2).called("student") == "student, 2 seeds"
    assert alone.scaled(10).mean()[0].y == [1, 3]


def test_curves_are_put_together_by_what_they_are_without_the_seed():
    plain = {f"{t} seed-{seed}": t for t in ("T1", "T4") for seed in range(3)}
    curves = {"teacher": THIRD, "T1 seed-0": WHOLE, "T4 seed-0": OTHER, "T1 seed-1": Series()}
    found = over_seeds(curves, plain)
    assert found == {
        "teacher": SeedCurves((THIRD,), 1), "T1": SeedCurves((WHOLE, Series()), 3),
        "T4": SeedCurves((OTHER,), 3),
    }  # fmt: skip
    assert list(found) == ["teacher", "T1", "T4"]


def test_few_points_stay_and_many_become_means_of_neighbours():
    assert thinned([1.0, 2.0, 3.0], 3) == [1.0, 2.0, 3.0]
    values = [float(number) for number in range(100)]
    found = thinned(values, 12)
    assert found == [0.0, *(10 * part + 4.5 for part in range(10)), 99.0]


def test_what_is_left_over_at_the_end_is_a_mean_too():
    assert thinned([1.0, 1.0, 1.0, 1.0, 7.0], 4) == [1.0, 1.0, 4.0, 7.0]


# families


PLAIN = {f"T{t} seed-{s}": f"T{t}" for t in range(8) for s in range(2)} | {"teacher": "teacher"}
FAMILY = {f"T{t}": "student" for t in range(8)} | {"teacher": "teacher"}


def test_many_trials_are_one_curve_for_each_family():
    begun = {
        "T0": SeedCurves((WHOLE, OTHER), 2),
        "teacher": SeedCurves((THIRD,), 1),
        "T1": SeedCurves((THIRD,), 2),
    }
    teacher, students = in_families(begun, PLAIN, FAMILY)
    assert (teacher.head, teacher.together, teacher.stands_alone) == ("teacher", begun["teacher"], True)
    assert (students.head, students.stands_alone, [*students.members]) == ("student", False, ["T0", "T1"])
    assert students.together.called("student") == "student, 3 of 16 trials, min to max"
    assert students.together.edges() == ([0.1, 0.3], [0.3, 0.9])


def test_few_networks_stand_alone():
    plain = {f"T{t}": f"T{t}" for t in range(6)}
    begun = {"T0": SeedCurves((WHOLE,), 1), "T1": SeedCurves((OTHER,), 1)}
    assert [each.head for each in in_families(begun, plain, FAMILY)] == ["T0", "T1"]


def test_the_band_of_seeds_is_one_deviation():
    low, high = SeedCurves((WHOLE, OTHER), 2).edges()
    assert low == pytest.approx([0.2 - 0.02**0.5, 0.6 - 0.18**0.5])
    assert high == pytest.approx([0.2 + 0.02**0.5, 0.6 + 0.18**0.5])
    assert SeedCurves((WHOLE,), 1).edges() == ([], [])
