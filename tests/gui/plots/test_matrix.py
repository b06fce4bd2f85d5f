import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from kdstudio.gui.plots.matrix import MatrixPlot, beginning


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


def test_names_are_cut_to_their_room(plot):
    metrics = plot.fontMetrics()
    assert beginning("aeroplane", metrics, 1000) == "aeroplane"
    cut = beginning("aeroplane", metrics, metrics.horizontalAdvance("aero"))
    assert cut == "aero"
    assert beginning("aeroplane", metrics, 0) == ""
