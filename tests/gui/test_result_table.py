from math import inf

import pytest
from PySide6.QtCore import Qt

from kdstudio.gui.result_table import ResultTableView, in_two_lines, leading_number
from kdstudio.runs.result_tables import ResultTable

TABLE = ResultTable(
    "Files",
    ("file", "size (kB)", "batch 1 (ms)"),
    (("b", "1,204.8", "0.5 (0.7)"), ("c", "9.0", "–"), ("a", "10.0", "0.04 (9)")),
    figures=2,
)


@pytest.fixture
def view(qtbot):
    view = ResultTableView("Files")
    qtbot.addWidget(view)
    view.show_table(TABLE)
    return view


def column(view, place):
    return [view.model().index(row, place).data() for row in range(view.model().rowCount())]


def test_rows_stand_in_their_own_order_at_first(view):
    assert column(view, 0) == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("place", "expected"), [(0, ["a", "b", "c"]), (1, ["c", "a", "b"]), (2, ["c", "a", "b"])]
)
def test_a_column_sorts_by_what_its_cells_say(view, place, expected):
    view.sortByColumn(place, Qt.SortOrder.AscendingOrder)
    assert column(view, 0) == expected
    view.sortByColumn(place, Qt.SortOrder.DescendingOrder)
    assert column(view, 0) == expected[::-1]


def test_numbers_stand_at_the_right(view):
    sides = [view.model().index(0, place).data(Qt.ItemDataRole.TextAlignmentRole) for place in range(3)]
    right = [bool(Qt.AlignmentFlag(side) & Qt.AlignmentFlag.AlignRight) for side in sides]
    assert right == [False, True, True]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,204.8", 1204.8),
        ("97.56%", 97.56),
        ("0.42 (0.44)", 0.42),
        ("1.9e-06", 1.9e-6),
        ("–", -inf),
        ("", -inf),
    ],
)
def test_a_cell_begins_with_its_number(text, number):
    assert leading_number(text) == number


def test_headings_of_numbers_are_broken():
    assert in_two_lines("batch 1 (ms)") == "batch 1\n(ms)"
    assert in_two_lines("agreement") == "agreement"


def test_it_is_saved_as_it_is_sorted(view):
    view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    (table,) = view.saving.content().tables()
    assert list(table.head) == ["file", "size (kB)", "batch 1 (ms)"]
    assert [row[0] for row in table.body] == ["a", "b", "c"]
    assert table.align == "lrr"
