"""What counts as one network, curves and headlines, against figures worked out by hand."""

import pytest

from kdstudio.engine.views import Comparison, FigureView
from kdstudio.runs.figures import LiveResult, Spread, axis_title, figure_of, heading, place_of
from kdstudio.runs.groups import best_of, gathered
from kdstudio.runs.results import curves, errors_by_network, headline, leading
from tests.results import row, run, scores

SWEEP = [
    row("teacher", 0.99),
    row("control", 0.80, seed=0),
    row("control", 0.84, seed=1),
    *(
        row("student", test, validation, temperature=t, alpha=0.1, seed=seed)
        for t, seed, test, validation in (
            (4.0, 0, 0.94, 0.91), (4.0, 1, 0.96, 0.93), (1.0, 0, 0.90, 0.99), (1.0, 1, 0.92, 0.81),
        )
    ),
]  # fmt: skip
SWEPT = FigureView(title="T", x="temperature", series=("role", "architecture", "alpha"), log_x=True)


def test_a_spread_has_the_sample_deviation():
    spread = Spread((0.90, 0.92, 0.97))
    assert (spread.count, spread.mean) == (3, pytest.approx(0.93))
    assert spread.deviation == pytest.approx(((0.03**2 + 0.01**2 + 0.04**2) / 2) ** 0.5)
    assert Spread((0.5,)).deviation == 0.0


def test_figures_are_of_the_test_set_unless_they_say_otherwise():
    found = row("student", 0.9, 0.7, multiply_adds=5)
    assert figure_of(found, "accuracy") == 0.9
    assert figure_of(found, "validation.accuracy") == 0.7
    assert figure_of(found, "accuracy", "validation") == 0.7
    assert figure_of(found, "errors") == 100
    assert (figure_of(found, "multiply_adds"), figure_of(found, "latency")) == (5, None)


def test_a_network_that_still_trains_has_no_test_scores():
    live = LiveResult(role="student", kind="student", coordinates={"seed": 1}, validation=scores(0.7))
    assert figure_of(live, "accuracy") is None
    assert figure_of(live, "accuracy", "validation") == 0.7
    assert figure_of(live, "parameters") is None
    assert gathered([live])[0].spread("accuracy") is None


def test_a_word_is_no_place_on_an_axis():
    found = row("peer", 0.9, way="mutual", generation=2)
    assert (place_of(found, "generation"), place_of(found, "way"), place_of(found, "seed")) == (2, None, None)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("accuracy", "test accuracy"),
        ("validation.loss", "validation loss (nats)"),
        ("multiply_adds", "multiply-adds (millions)"),
        ("temperature", "T"),
        ("generation", "generation"),
    ],
)
def test_columns_are_headed_by_part_and_unit(key, expected):
    assert heading(key) == expected


def test_axes_tell_percents():
    assert axis_title("accuracy", "validation") == "validation accuracy (%)"


def test_only_networks_that_differ_in_the_seed_alone_count_as_one():
    groups = gathered(SWEEP)
    assert [g.network.name for g in groups] == ["teacher", "baseline", "T4 α0,1", "T1 α0,1"]
    assert groups[1].spread("accuracy") == Spread((0.80, 0.84))
    assert len(gathered(SWEEP, over="temperature")) == 5


def test_the_best_is_that_of_the_highest_mean_or_the_lowest_loss():
    groups = gathered(SWEEP)[2:]
    assert best_of(groups, "validation.accuracy").network.name == "T4 α0,1"
    losses = [row("student", 0.5, generation=n) for n in (1, 2)]
    losses[1] = losses[1].model_copy(update={"last_epoch": losses[1].last_epoch.model_copy(
        update={"validation": scores(0.5, loss=0.1)})})  # fmt: skip
    assert best_of(gathered(losses), "validation.loss").network.name == "generation-2"
    assert best_of([], "accuracy") is None


def test_a_sweep_is_a_line_over_the_temperatures_and_a_level_one_for_each_other_network():
    line, teacher, baseline = curves(SWEPT, SWEEP)
    assert line.text == "student mlp student α 0.1"
    assert [(point.x, point.y.mean) for point in line.points] == [
        (1.0, pytest.approx(0.91)), (4.0, pytest.approx(0.95)),
    ]  # fmt: skip
    assert line.points[0].y.deviation == pytest.approx(0.02 / 2**0.5)
    assert (teacher.text, teacher.token, teacher.level.mean) == ("teacher", "teacher", 0.99)
    assert (baseline.text, baseline.token) == ("baseline", "baseline")
    assert baseline.level.mean == pytest.approx(0.82)


def test_born_again_generations_have_a_line_for_each_kind():
    rows = [
        row("teacher", 0.5, generation=0), row("control", 0.4),
        row("student", 0.6, generation=1), row("student", 0.7, generation=2),
        row("ensemble", 0.8, generation=2),
    ]  # fmt: skip
    found = curves(FigureView(title="G", x="generation"), rows)
    assert [(c.text, [p.x for p in c.points], c.token) for c in found] == [
        ("teacher", [0], "teacher"), ("student", [1, 2], "student"), ("ensemble", [2], 0),
        ("baseline", [], "baseline"),
    ]  # fmt: skip


def test_points_at_their_cost_have_names_and_what_was_not_counted_is_level():
    rows = [
        row("student", 0.9, multiply_adds=5), row("control", 0.8, multiply_adds=5),
        row("exit", 0.7, multiply_adds=3, exit=2), row("exit", 0.6, multiply_adds=2, exit=1),
        row("ensemble", 0.95),
    ]  # fmt: skip
    found = curves(FigureView(title="C", x="multiply_adds", connected=False), rows)
    assert [(c.text, [(p.x, p.name) for p in c.points], c.connected) for c in found[:3]] == [
        ("student", [(5, "student")], False), ("baseline", [(5, "baseline")], False),
        ("exit", [(2, "exit-1"), (3, "exit-2")], False),
    ]  # fmt: skip
    assert found[3].level == Spread((0.95,))


def test_what_has_no_place_on_a_log_axis_is_level():
    (curve,) = curves(SWEPT, [row("student", 0.9, temperature=0.0)])
    assert (curve.points, curve.level) == ((), Spread((0.9,)))


def test_curves_of_a_run_that_goes_on_show_what_is_known():
    live = LiveResult(
        role="student", kind="student", coordinates={"temperature": 4.0}, validation=scores(0.7)
    )
    rows = [row("teacher", 0.9), live]
    assert [curve.text for curve in curves(SWEPT, rows)] == ["teacher"]
    assert [curve.text for curve in curves(SWEPT, rows, "validation")] == ["student", "teacher"]


def test_what_stands_for_a_sweep_is_its_best_on_validation_beside_the_control_of_its_role():
    other = [row("control", 0.1, role="student-2", seed=0),
             row("student", 0.99, 0.1, role="student-2", temperature=4.0, alpha=0.1, seed=0)]  # fmt: skip
    found = headline(run(*other, *SWEEP))
    assert found.reference == Spread((0.99,))
    assert found.control == Spread((0.80, 0.84))
    assert found.result == Spread((0.94, 0.96))
    assert found.errors == Spread((60.0, 40.0))
    assert (found.effect.result, found.effect.control) == ("T4 α0,1", "baseline")
    assert found.effect.difference == pytest.approx(((60 - 200) + (40 - 160)) / 2)


def test_labels_of_classes_left_out_choose_nothing_that_stands_for_a_run():
    """The second is worse over all classes, and better on those that it has seen."""
    first, second = row("student", 0.5, 0.9, depth=1), row("student", 0.6, 0.8, depth=2)
    last = second.last_epoch.model_copy(update={"seen": scores(0.95)})
    found = headline(run(first, second.model_copy(update={"last_epoch": last})))
    assert found.result == Spread((0.6,))


def test_a_strategy_says_what_it_is_about():
    rows = [row("donor", 0.9), row("twin", 0.7, role="left"), row("clone", 0.8, role="left")]
    compared = Comparison(result="clone", control="twin", reference="donor")
    found = headline(run(*rows, comparison=compared))
    assert [spread.mean for spread in found[:3]] == [0.9, 0.7, 0.8]


def test_what_is_not_there_is_told_so():
    assert headline(run()) == (None,) * 5
    assert headline(run(row("control", 0.5))).control == Spread((0.5,))
    other = headline(run(row("control", 0.5, role="other"), row("student", 0.6)))
    assert (other.control, other.result) == (None, Spread((0.6,)))


def test_errors_of_several_runs_stand_by_network():
    found = errors_by_network([run(row("student", 0.9)), run(*SWEEP[:3], row("student", 0.7))])
    assert found == {
        "teacher": [None, Spread((10,))], "baseline": [None, Spread((200, 160))],
        "student": [Spread((100,)), Spread((300,))],
    }  # fmt: skip
    assert [*found] == ["teacher", "baseline", "student"]


def test_the_networks_that_stand_for_a_run_are_those_of_its_headline():
    found = leading(run(*SWEEP))
    assert found.result.network.coordinates["temperature"] == 4.0
    assert (found.control.network.kind, len(found.control.rows)) == ("control", 2)
    assert found.reference.network.name == "teacher"
    assert leading(run()) == (None, None, None)
