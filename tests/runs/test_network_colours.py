from itertools import pairwise, permutations

from kdstudio.runs.colours import LEVELS, Shade, contrast, schemes
from kdstudio.runs.network_colours import base_of, series_by_name, series_of
from tests.results import row


def test_the_plain_networks_have_colours_of_their_own():
    rows = [row("teacher", 0.5), row("control", 0.5), row("student", 0.5)]
    assert series_of(rows) == {"teacher": "teacher", "baseline": "baseline", "student": "student"}


def test_other_families_are_numbered_whatever_the_order_of_the_rows():
    rows = [row("teacher", 0.5, generation=0), row("student", 0.5, generation=1), row("ensemble", 0.5),
            row("control", 0.5), row("control", 0.5, role="student-2")]  # fmt: skip
    expected = {
        "teacher": "teacher", "generation-1": "student", "ensemble": 1,
        "baseline": "baseline", "student-2 baseline": 0,
    }  # fmt: skip
    assert all(series_of(order) == expected for order in permutations(rows))


def test_further_networks_of_a_kind_stand_behind_the_usual_one():
    rows = [row("teacher", 0.5, role=role) for role in ("assistant-1", "teacher", "net-10", "net-9")]
    assert series_of(rows) == {"teacher": "teacher", "net-9": 0, "net-10": 1, "assistant-1": 2}


def test_what_differs_in_numbers_is_shaded_by_them_and_seeds_share_a_shade():
    rows = [row("student", 0.5, temperature=t, seed=seed) for seed in (0, 1) for t in (20.0, 1.0, 4.0)]
    tokens = series_of(rows)
    half, last = Shade("student", LEVELS // 2), Shade("student", LEVELS)
    for name, token in (("T1", "student"), ("T4", half), ("T20", last)):
        assert tokens[name] == tokens[f"{name} seed-0"] == tokens[f"{name} seed-1"] == token


def test_ways_told_by_words_are_families_of_their_own():
    rows = [
        row("peer", 0.5, role=role, way=way) for role in ("net-1", "net-2") for way in ("mutual", "other")
    ]
    assert len({*series_of(rows).values()}) == 4


def test_networks_of_former_runs_are_found_by_the_names_that_they_had():
    peer = row("peer", 0.5, role="net-2", way="mutual")
    rows = {"student T1 seed 0": row("student", 0.5, temperature=1.0, seed=0), "net-2": peer}
    assert series_by_name(rows) == {
        "T1": "student", "T1 seed-0": "student", "student T1 seed 0": "student",
        "net-2 mutual": 0, "net-2": 0,
    }  # fmt: skip


def test_a_line_through_shades_has_their_colour():
    assert base_of([Shade(2, 3), 2]) == 2
    assert base_of(["student", Shade(2, 3)]) == "student"


def test_shades_go_away_from_the_panel_step_by_step_and_are_seen():
    for colours in schemes().values():
        for base in ("teacher", "student", *range(len(colours.series["others"]))):
            steps = [colours.of(base), *(colours.of(Shade(base, level)) for level in range(1, LEVELS + 1))]
            seen = [contrast(step, colours["panel"]) for step in steps]
            rising = seen[0] < seen[-1]
            assert all((b > a) == rising for a, b in pairwise(seen))
            assert min(seen) > 2.2


def test_contrast_is_that_of_black_and_white():
    assert contrast("#000000", "#ffffff") == 21


def test_both_schemes_of_the_theme_file_colour_every_network():
    for colours in schemes().values():
        drawn = [colours.of(token) for token in ("teacher", "baseline", "student", 0, 1)]
        assert len({*drawn}) == 5
        assert colours.of(0) == colours.of(len(colours.series["others"]))
