"""Every plot: the wheel is the page's, Ctrl+wheel zooms within limits, and there is a way back."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QScrollArea

from kdstudio.gui.plots.canvas import LEAST_HEIGHT, within
from kdstudio.gui.plots.frame import PlotFrame

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def frame(qtbot, theme):
    made = PlotFrame(theme, "Accuracy")
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.plot.set_home(x=(0, 40), y=(0, 100))
    made.show()
    return made


def turn(plot, notches, place=None):
    """Turn the wheel over ``plot``, away from the user, while Ctrl is held."""
    viewport = plot.viewport()
    at = QPointF(place or viewport.rect().center())
    turned = QPoint(0, 120 * notches)
    buttons = Qt.MouseButton.NoButton
    event = QWheelEvent(
        at, viewport.mapToGlobal(at), QPoint(), turned, buttons, CTRL, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(viewport, event)


def seen(plot):
    plot.getViewBox().updateAutoRange()
    return [tuple(span) for span in plot.getViewBox().viewRange()]


HOME = [(0, 40), (0, 100)]


def test_the_wheel_scrolls_what_the_plot_stands_in(qtbot, frame):
    area = QScrollArea()
    qtbot.addWidget(area)
    frame.setFixedSize(400, 900)
    area.setWidget(frame)
    area.resize(450, 300)
    with qtbot.waitExposed(area):
        area.show()
        frame.show()
    place = frame.plot.viewport().mapTo(area, frame.plot.viewport().rect().topLeft())
    QTest.wheelEvent(area.windowHandle(), QPointF(place), QPoint(0, -120))
    assert area.verticalScrollBar().value() > 0
    assert seen(frame.plot) == HOME
    area.takeWidget()


def test_ctrl_and_wheel_zoom_around_the_mouse(frame):
    turn(frame.plot, 1)
    (left, right), (low, high) = seen(frame.plot)
    assert right - left == pytest.approx(0.8 * 40)
    assert high - low == pytest.approx(0.8 * 100)
    corner = frame.plot.mapFromScene(frame.plot.getViewBox().sceneBoundingRect().bottomLeft())
    frame.plot.reset()
    turn(frame.plot, 1, corner)
    assert seen(frame.plot) == [pytest.approx((0, 32), abs=0.2), pytest.approx((0, 80), abs=1)]


def test_nobody_gets_lost(frame):
    turn(frame.plot, -50)
    assert seen(frame.plot) == HOME
    turn(frame.plot, 500)
    (left, right), _ = seen(frame.plot)
    assert right - left == pytest.approx(40 / 1000)
    for _ in range(300):
        frame.plot.move_view(5, -5)
    assert seen(frame.plot)[0][1] == pytest.approx(40)
    assert seen(frame.plot)[1][0] == pytest.approx(0)
    turn(frame.plot, -500)
    assert (seen(frame.plot), frame.plot.is_zoomed) == (HOME, False)


def test_dragging_moves_only_what_is_zoomed(qtbot, frame):
    viewport = frame.plot.viewport()
    places = [viewport.rect().center(), viewport.rect().center() + QPoint(20, 0)]

    def drag():
        qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=places[0])
        qtbot.mouseMove(viewport, places[1])
        qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=places[1])

    drag()
    assert seen(frame.plot) == HOME
    frame.plot.zoom(0.5)
    drag()
    width = frame.plot.getViewBox().sceneBoundingRect().width()
    assert seen(frame.plot) == [pytest.approx((10 - 20 * 20 / width, 30 - 20 * 20 / width)), (25, 75)]


def test_a_double_click_shows_all_again(qtbot, frame):
    frame.plot.zoom(0.5)
    qtbot.mouseDClick(frame.plot.viewport(), Qt.MouseButton.LeftButton)
    assert seen(frame.plot) == HOME


def test_the_keys_do_the_same(qtbot, frame):
    plot = frame.plot
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert seen(plot) == HOME
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    qtbot.keyClick(plot, Qt.Key.Key_Up)
    assert seen(plot) == [pytest.approx((7.2, 39.2)), pytest.approx((18, 98))]
    qtbot.keyClick(plot, Qt.Key.Key_0)
    assert seen(plot) == HOME


def test_the_menu_shows_all_again_where_something_is_zoomed(frame):
    def entry():
        menu = frame.saving.open_menu(QPoint(0, 0))
        assert isinstance(menu, QMenu)
        return menu, next(each for each in menu.actions() if each.text().startswith("Reset view"))

    menu, action = entry()
    assert not action.isEnabled()
    menu.close()
    frame.plot.zoom(0.5)
    menu, action = entry()
    action.trigger()
    menu.close()
    assert seen(frame.plot) == HOME


def test_a_zoomed_view_stays_while_home_grows(frame):
    frame.plot.zoom(0.5)
    frame.plot.set_home(x=(0, 80), y=(0, 100))
    assert seen(frame.plot) == [(10, 30), (25, 75)]
    frame.plot.reset()
    assert seen(frame.plot) == [(0, 80), (0, 100)]


def test_where_no_home_is_told_it_is_what_is_drawn(frame):
    frame.plot.set_home()
    frame.plot.plot([0, 10], [5, 7])
    (left, right), (low, high) = seen(frame.plot)
    assert left <= 0 < 10 <= right < 12
    assert low <= 5 < 7 <= high < 8
    frame.plot.zoom(0.5)
    frame.plot.reset()
    assert seen(frame.plot) == [pytest.approx((left, right)), pytest.approx((low, high))]


def test_a_plot_keeps_its_height(frame):
    assert frame.plot.minimumSizeHint().height() <= frame.plot.minimumHeight() == LEAST_HEIGHT


def test_a_span_is_moved_into_the_whole():
    assert within((-3, 7), (0, 20)) == (0, 10)
    assert within((15, 25), (0, 20)) == (10, 20)
