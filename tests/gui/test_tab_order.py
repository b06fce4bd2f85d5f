"""Tab goes as a window is read, whatever was made first."""

import gc

import pytest
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QLayoutItem, QPushButton, QVBoxLayout, QWidget

from kdstudio.gui.tab_order import tab_stop


@pytest.fixture
def places(qtbot):
    """Buttons by name in two rows, the later one made first; between them two in no layout."""
    root = QWidget()
    qtbot.addWidget(root)
    column, made = QVBoxLayout(root), {}
    rows = [QHBoxLayout(), QHBoxLayout()]
    for row in reversed(rows):
        for name in "ba" if row is rows[0] else "fe":
            made[name] = QPushButton(name)
            row.insertWidget(0, made[name])
    between = QWidget()
    made |= {name: QPushButton(name, between) for name in "dc"}
    made["c"].move(0, 0)
    made["d"].move(100, 0)
    for part in (rows[0], QLabel("between"), between, rows[1]):
        (column.addLayout if part in rows else column.addWidget)(part)
    root.resize(300, 300)
    root.show()
    return root, made


def walked(root, start, *, forward=True):
    stops = [start]
    while (stop := tab_stop(root, stops[-1], forward=forward)) is not start:
        stops.append(stop)
    return "".join(each.text() for each in stops)


def test_it_goes_row_by_row_round_and_back(places):
    root, made = places
    assert tab_stop(root, root) is made["a"]
    assert walked(root, made["a"]) == "abcdef"
    assert walked(root, made["c"], forward=False) == "cbafed"


def test_what_cannot_be_used_is_passed_by_and_left_to_the_next(places):
    root, made = places
    made["b"].setEnabled(False)
    made["c"].hide()
    assert walked(root, made["a"]) == "adef"
    assert tab_stop(root, made["b"]) is made["d"]
    assert tab_stop(root, made["c"]) is made["d"]


def test_nothing_takes_it(qtbot):
    label = QLabel("alone")
    qtbot.addWidget(label)
    label.show()
    assert tab_stop(label, label) is None


def kept_items():
    items = (each for each in gc.get_objects() if isinstance(each, QLayoutItem))
    return [item for item in items if not isinstance(item, QLayout)]


def test_pyside_is_left_with_no_item_that_qt_may_delete(places):
    root, made = places
    before = kept_items()
    assert walked(root, made["a"]) == "abcdef"
    assert kept_items() == before
