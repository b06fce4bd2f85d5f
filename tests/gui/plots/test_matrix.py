import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor

from kdstudio.gui.plots.matrix import MatrixPlot, at_scale


@pytest.fixture
def plot(qtbot, theme):
    theme.choose("light")
    made = MatrixPlot(theme, "Targets")
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show_matrix(["a", "b"], np.array([[np.nan, 0.5], [0.25, 0.0]]), "teacher")
    return made


def test_the_largest_value_has_the_networks_colour_and_nothing_that_of_the_panel(plot, theme):
    shades = plot._shades()
    colours = theme.colours
    assert shades.pixelColor(1, 0) == QColor(colours.of("teacher"))
    assert shades.pixelColor(1, 1) == shades.pixelColor(0, 0) == QColor(colours["panel"])
    assert plot.largest == 0.5


def test_the_cell_under_the_mouse(plot):
    square = plot.square()
    quarter = square.width() / 4
    assert square.width() == square.height()
    assert plot.cell_at(square.topLeft() + QPointF(3 * quarter, quarter)) == (0, 1)
    assert plot.cell_at(square.topLeft() + QPointF(quarter, 3 * quarter)) == (1, 0)
    assert plot.cell_at(square.topLeft() - QPointF(5, 5)) is None


def test_it_paints_with_and_without_values(plot, theme, qtbot):
    empty = MatrixPlot(theme, "Targets")
    qtbot.addWidget(empty)
    assert not empty.grab().isNull()
    assert not plot.grab().isNull()


def test_cells_and_names_are_chosen_with_the_mouse(plot, qtbot):
    chosen = []
    plot.chosen.connect(chosen.append)
    square = plot.square()
    inside = square.topLeft() + QPointF(square.width() * 3 / 4, square.height() / 4)
    beside = QPointF(square.x() - 8, square.y() + square.height() * 3 / 4)
    for place in (inside, beside, QPointF(square.right() + 20, 5)):
        qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert chosen == [(0, 1), (1, None)]


def test_cells_are_pointed_at_and_chosen_with_the_keys(plot, qtbot):
    chosen, pointed = [], []
    plot.chosen.connect(chosen.append)
    plot.pointed_at.connect(pointed.append)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Return):
        qtbot.keyClick(plot, key)
    assert pointed == [(0, 0), (1, 0), (1, 0), (1, 1)]
    assert chosen == [(1, 1)]


def test_the_scale_has_whole_numbers_where_values_are_large():
    assert [at_scale(value) for value in (0.0, 0.254, 17.0, 1234.0)] == ["0", "0.25", "17", "1,234"]


def test_a_matrix_of_nothing_is_painted(plot):
    plot.show_matrix(["a", "b"], np.array([[np.nan, 0.0], [0.0, np.nan]]), "teacher")
    assert plot.largest == 1.0
    assert not plot.grab().isNull()
