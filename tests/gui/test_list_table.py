"""Tables of dialogs: their rows are chosen whole, and saved as they stand."""

import pytest

from kdstudio.gui.list_table import LEFT, RIGHT, ListTable
from kdstudio.gui.saving.saving import saving_at


@pytest.fixture
def table(qtbot):
    table = ListTable("Sizes", {"What": LEFT, "MiB": RIGHT})
    qtbot.addWidget(table)
    table.add_row(["answers", "2.0"], "a file")
    table.add_row(["images", "10.0"], usable=False)
    return table


def test_it_is_saved_as_it_stands(table):
    (found,) = saving_at(table).content().tables()
    assert (found.head, found.align) == (["What", "MiB"], "lr")
    assert found.body == [["answers", "2.0"], ["images", "10.0"]]


def test_rows_are_chosen_whole_where_they_can_be(table):
    table.selectAll()
    assert table.chosen_rows() == [0]
    assert table.item(0, 1).toolTip() == "a file"
