"""Tables of strategies, one that nobody knows among them, worked out by hand."""

import pytest

from kdstudio.engine.views import Comparison, TableView
from kdstudio.runs.differences import differences
from kdstudio.runs.figures import LiveResult
from kdstudio.runs.result_tables import effects_table, networks_table, tabulate
from tests.results import row, scores
from tests.runs.test_results import SWEEP

MUTUAL = TableView(title="Last epoch", rows=("role", "architecture"), columns="way")
PEERS = [
    row("control", 0.7, role="net-1", way="alone"),
    row("control", 0.5, role="net-2", way="alone"),
    row("student", 0.6, role="net-2", way="distilled"),
    row("peer", 0.9, role="net-1", way="mutual"),
    row("peer", 0.8, role="net-2", way="mutual"),
]
SWEPT = TableView(
    title="Sweep",
    rows=("role", "kind", "temperature", "alpha"),
    figures=("validation.accuracy", "accuracy"),
    best="validation.accuracy",
)


def test_the_values_of_a_field_are_columns():
    table = tabulate(MUTUAL, PEERS)
    assert table.title == "Last epoch"
    assert table.head == ("role", "architecture", "alone", "distilled", "mutual")
    assert table.body == [
        ("net-1", "mlp net-1", "70.00%", "–", "90.00%"),
        ("net-2", "mlp net-2", "50.00%", "60.00%", "80.00%"),
    ]
    assert table.align == "llrrr"


def test_a_run_half_done_shows_what_there_is():
    assert tabulate(MUTUAL, PEERS[:2]).body == [
        ("net-1", "mlp net-1", "70.00%"), ("net-2", "mlp net-2", "50.00%"),
    ]  # fmt: skip
    assert tabulate(MUTUAL, []).body == []


def test_networks_without_a_place_are_left_out_of_a_table_with_columns():
    rows = [row("control", 0.4), row("teacher", 0.5, generation=0), row("student", 0.7, generation=10),
            row("student", 0.6, generation=2), row("ensemble", 0.8, generation=10)]  # fmt: skip
    table = tabulate(TableView(title="", rows=("generation",), columns="kind"), rows)
    assert table.head == ("generation", "teacher", "student", "ensemble")
    assert table.body == [
        ("0", "50.00%", "–", "–"), ("2", "–", "60.00%", "–"), ("10", "–", "70.00%", "80.00%"),
    ]  # fmt: skip


def test_a_table_without_columns_keeps_every_network_and_marks_the_best_setting():
    table = tabulate(SWEPT, SWEEP)
    assert table.head == ("role", "kind", "T", "α", "validation accuracy", "test accuracy", "")
    assert table.body == [
        ("teacher", "teacher", "", "", "50.00%", "99.00%", ""),
        ("student", "baseline", "", "", "50.00% ± 0.00", "82.00% ± 2.83", ""),
        ("student", "student", "1", "0.1", "90.00% ± 12.73", "91.00% ± 1.41", ""),
        ("student", "student", "4", "0.1", "92.00% ± 1.41", "95.00% ± 1.41", "best validation accuracy"),
    ]
    assert table.align == "llllrrl"


def test_networks_that_a_table_does_not_tell_apart_are_never_averaged():
    rows = [row("student", 0.6, way="a", depth=1), row("student", 0.8, way="a", depth=2)]
    assert tabulate(TableView(title="", rows=("role",)), rows).body == [
        ("student", "60.00%"), ("student", "80.00%"),
    ]  # fmt: skip
    assert tabulate(TableView(title="", rows=("role",), columns="way"), rows).body == [
        ("student", "60.00%, 80.00%")
    ]


def test_a_strategy_nobody_knows_has_its_table():
    rows = [row("clone", test, donor=donor, fold=fold) for donor, fold, test in (
        ("ann", 1, 0.6), ("ann", 2, 0.8), ("bob", 1, 0.5), ("bob", 2, 0.5))]  # fmt: skip
    view = TableView(
        title="Clones",
        rows=("kind",),
        columns="donor",
        figures=("accuracy", "errors"),
        over="fold",
        best="errors",
    )
    table = tabulate(view, rows)
    heads = ("ann test accuracy", "ann test errors (images)", "bob test accuracy", "bob test errors (images)")
    assert table.columns == ("kind", *heads)
    assert table.rows == (("clone", "70.00% ± 14.14", "300.0 ± 141.4", "50.00% ± 0.00", "500.0 ± 0.0"),)
    assert (table.best, table.mark) == (0, "best test errors")


def test_a_network_that_still_trains_has_a_dash():
    live = LiveResult(role="student", kind="student", validation=scores(0.7))
    assert tabulate(TableView(title="", rows=("role",)), [live]).body == [("student", "–")]
    table = tabulate(TableView(title="", rows=("role",)), [live], "validation")
    assert (table.head, table.body) == (("role", "validation accuracy"), [("student", "70.00%")])


def test_the_general_table_shows_last_and_best():
    table = networks_table([row("student", 0.9, 0.8, best=0.95)])
    assert table.head == ("network", "architecture", "parameters", "validation", "test", "test errors",
                          "best epoch", "test at best")  # fmt: skip
    assert table.body == [("student", "mlp student", "1,234", "80.00%", "90.00%", "100", "3", "95.00%")]
    assert table.align == "llrrrrrr"


def test_the_general_table_counts_the_seeds():
    table = networks_table(SWEEP[:3])
    assert table.columns[2] == "seeds"
    assert table.body[0][:3] == ("teacher", "mlp teacher", "1")
    assert table.body[1][:4] == ("baseline", "mlp student", "2", "1,234")
    assert table.body[1][5:7] == ("82.00% ± 2.83", "180.0 ± 28.3")


@pytest.mark.parametrize("rows", [[], SWEEP])
def test_every_row_is_as_long_as_the_head(rows):
    table = networks_table(rows)
    assert {len(line) for line in table.body} <= {len(table.head)}


def test_what_is_gained_on_the_control_stands_in_words():
    """Differences −140 and −120: mean −130, deviation 14.14, half width 12.706·14.14/√2 = 127.1."""
    table = effects_table(differences(SWEEP, Comparison()))
    assert table.title == "Against the control: mean difference ± half its 95 % interval"
    assert table.head == ("network", "control", "test errors", "in points")
    assert table.rows[0] == ("T4 α0,1", "baseline", "better by 130 ± 127 errors (2 seeds)", "+13.0 ± 12.7")
    blurred = "no difference shown: −90 ± 127 errors (2 seeds)"
    assert table.rows[1] == ("T1 α0,1", "baseline", blurred, "+9.0 ± 12.7")


def test_one_seed_makes_no_statement_on_differences():
    table = effects_table(differences([row("control", 0.5), row("student", 0.7)], Comparison()))
    assert table.title == "Against the control"
    assert table.rows == (("student", "baseline", "1 seed: no statement", "–"),)
    assert effects_table(()).rows == ()
