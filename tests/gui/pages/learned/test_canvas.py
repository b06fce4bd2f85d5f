import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from kdstudio.gui.pages.learned.canvas import SIDE, STROKE, Canvas

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def canvas(qtbot, theme):
    made = Canvas(theme)
    qtbot.addWidget(made)
    made.allow("Draw here", drawing=True, on_light=False)
    return made


def stroke(qtbot, canvas, *places):
    qtbot.mousePress(canvas, LEFT, pos=QPoint(*places[0]))
    for place in places[1:]:
        qtbot.mouseMove(canvas, QPoint(*place))
    qtbot.mouseRelease(canvas, LEFT, pos=QPoint(*places[-1]))


def test_a_click_is_a_dot_as_wide_as_a_stroke(canvas, qtbot):
    assert not canvas.is_drawn
    with qtbot.waitSignal(canvas.drawn):
        qtbot.mouseClick(canvas, LEFT, pos=QPoint(100, 60))
    rows, columns = canvas.ink().nonzero()
    assert abs(rows.mean() + 0.5 - 60) < 1
    assert abs(columns.mean() + 0.5 - 100) < 1
    assert np.ptp(rows) + 1 == pytest.approx(STROKE, abs=2)
    assert canvas.ink().max() == 255


def test_strokes_are_added_until_they_are_cleared(canvas, qtbot):
    qtbot.mouseClick(canvas, LEFT, pos=QPoint(40, 40))
    first = (canvas.ink() > 0).sum()
    qtbot.mouseClick(canvas, LEFT, pos=QPoint(200, 200))
    assert (canvas.ink() > 0).sum() == pytest.approx(2 * first, rel=0.1)
    canvas.clear()
    assert not canvas.is_drawn


def test_where_images_are_in_colour_nothing_is_drawn(canvas, qtbot):
    canvas.allow("Drop here", drawing=False, on_light=False)
    qtbot.mouseClick(canvas, LEFT, pos=QPoint(40, 40))
    assert not canvas.is_drawn


def test_a_picture_makes_room_for_strokes(canvas, qtbot):
    canvas.show_picture(np.full((2, 2, 1), 200, dtype=np.uint8))
    assert canvas.grab().toImage().pixelColor(SIDE // 2, SIDE // 2).red() == 200
    qtbot.mouseClick(canvas, LEFT, pos=QPoint(40, 40))
    assert canvas.grab().toImage().pixelColor(SIDE // 2, SIDE // 2).red() == 0


def test_strokes_are_dark_on_light_where_the_data_are(canvas, qtbot):
    canvas.allow("Draw here", drawing=True, on_light=True)
    qtbot.mouseClick(canvas, LEFT, pos=QPoint(40, 40))
    shown = canvas.grab().toImage()
    assert shown.pixelColor(40, 40).red() == 0
    assert shown.pixelColor(SIDE // 2, SIDE // 2).red() == 255
    assert canvas.ink()[40, 40] == 255
