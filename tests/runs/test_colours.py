from kdstudio.runs.colours import schemes, series_by_name, series_of
from tests.results import row


def test_the_plain_networks_have_colours_of_their_own():
    rows = [row("teacher", 0.5), row("control", 0.5), row("student", 0.5)]
    assert series_of(rows) == {"teacher": "teacher", "baseline": "baseline", "student": "student"}


def test_others_are_numbered_in_the_order_of_the_plan():
    rows = [row("teacher", 0.5, generation=0), row("student", 0.5, generation=1), row("ensemble", 0.5),
            row("control", 0.5), row("control", 0.5, role="student-2")]  # fmt: skip
    assert series_of(rows) == {
        "teacher": "teacher", "generation-1": 0, "ensemble": 1,
        "baseline": "baseline", "student-2 baseline": 2,
    }  # fmt: skip


def test_seeds_share_a_colour_and_later_networks_change_none():
    rows = [row("student", 0.5, temperature=t, seed=seed) for seed in (0, 1) for t in (1.0, 4.0)]
    tokens = series_of(rows)
    assert tokens == {"T1": 0, "T1 seed-0": 0, "T1 seed-1": 0, "T4": 1, "T4 seed-0": 1, "T4 seed-1": 1}
    assert tokens.items() >= series_of(rows[:2]).items()


def test_networks_of_former_runs_are_found_by_the_names_that_they_had():
    peer = row("peer", 0.5, role="net-2", way="mutual")
    rows = {"student T1 seed 0": row("student", 0.5, temperature=1.0, seed=0), "net-2": peer}
    assert series_by_name(rows) == {
        "T1": 0, "T1 seed-0": 0, "student T1 seed 0": 0, "net-2 mutual": 1, "net-2": 1,
    }  # fmt: skip


def test_both_schemes_of_the_theme_file_colour_every_network():
    for colours in schemes().values():
        drawn = [colours.of(token) for token in ("teacher", "baseline", "student", 0, 1)]
        assert len({*drawn}) == 5
        assert colours.of(0) == colours.of(len(colours.series["others"]))
