"""The presentation over pages with finished runs, and over one that trains."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from kdstudio.gui.controller import State
from kdstudio.gui.pages.live_run.live_plots import ACCURACY, CONFUSION, RAW, WEIGHTED
from kdstudio.gui.plots.presented import Twin
from kdstudio.gui.presentation.lettering import letters_in
from kdstudio.gui.presentation.presentation import LEVEL_STEP, NOTHING

LONGEST = 60_000
Key = Qt.Key


@pytest.fixture
def present(qtbot):
    """Begin to present a page of a window."""

    def begin(window, name):
        window.show_page(name)
        window.present()
        return window.presentation

    return begin


def within(presentation, plot):
    return presentation.isAncestorOf(plot.plot)


def test_the_plots_of_a_page_are_shown_one_after_the_other_and_given_back(filled, present, qtbot):
    page = filled.page("Live")
    losses, weighted = page.plots.losses, page.plots.weighted
    usual = losses.pen("teacher").width()
    presentation = present(filled, "Live")
    assert presentation.geometry() == filled.rect()
    assert presentation.title.text() == RAW
    assert within(presentation, losses)
    assert not within(presentation, weighted)
    assert losses.pen("teacher").width() >= 2 * usual
    assert presentation.side.legend.entries == losses.legend.entries()
    assert "CE(y" in presentation.formula.text()
    assert "errors of" in presentation.words.text()
    qtbot.keyClick(presentation, Key.Key_PageDown)
    assert presentation.title.text() == WEIGHTED
    assert within(presentation, weighted)
    assert losses.isAncestorOf(losses.plot)
    for key in (Key.Key_Left, Key.Key_Left):
        qtbot.keyClick(presentation, key)
    assert presentation.title.text() == RAW
    qtbot.keyClick(presentation, Key.Key_Right)
    qtbot.keyClick(presentation, Key.Key_Escape)
    assert not presentation.is_on
    assert not filled.isFullScreen()
    assert page.plots.terms.shown() == RAW
    for plot in (losses, weighted):
        assert plot.isAncestorOf(plot.plot)
        assert plot._column.itemAt(plot._column.count() - 1).widget() is plot.plot
        assert plot.plot.enlargement == 1
        assert plot.pen("teacher").width() == usual


def test_letters_of_plots_are_as_large_as_the_others(filled, present, qtbot):
    presentation = present(filled, "Live")
    presentation.resize(1280, 720)
    canvas = filled.page("Live").plots.losses.plot
    pixels = canvas.transform().m22() * canvas.fontInfo().pixelSize()
    assert pixels == pytest.approx(letters_in(720), rel=0.05)
    assert letters_in(720) == 28


def test_keys_and_wheel_move_the_temperature(filled, present, qtbot):
    page = filled.page("Temperature")
    filled.show_page("Temperature")
    qtbot.waitUntil(lambda: page.shown is not None and not page.reader.job.is_busy, timeout=LONGEST)
    presentation = present(filled, "Temperature")
    place, before = page.temperature.slider.value(), page.temperature.value
    assert within(presentation, page.bars)
    assert within(presentation, page.curves.entropy)
    assert presentation.slider.isVisible()
    assert presentation.side.picture.pixmap().width() > 0
    for _ in range(10):
        qtbot.keyClick(presentation, Key.Key_Up)
    assert page.temperature.slider.value() == presentation.slider.value() == place + 10 * LEVEL_STEP
    now = page.temperature.value
    assert now > before
    assert presentation.formula.text() == f"p_i = exp(z_i/{now:.1f}) / Σ_j exp(z_j/{now:.1f})"
    assert 10 ** page.curves.entropy.marker.value() == pytest.approx(now)
    qtbot.keyClick(presentation, Key.Key_Down)
    assert page.temperature.value < now
    qtbot.keyClick(presentation, Key.Key_Right)
    assert not presentation.slider.isVisible()
    assert page.bars.isAncestorOf(page.bars.plot)
    filled.close()
    assert not presentation.is_on


@pytest.mark.slow
def test_it_follows_a_run_that_trains_the_theme_and_the_page_in_sight(
    window, present, wait_for, qtbot, theme
):
    presentation = present(window, "Live")
    assert presentation.message.text() == NOTHING
    assert not presentation.message.isHidden()
    window.run()
    plots = window.page("Live").plots
    qtbot.waitUntil(lambda: within(presentation, plots.losses), timeout=LONGEST)
    presentation.step(2)
    assert presentation.title.text() == ACCURACY
    theme.choose("dark")
    theme.resize(2)
    presentation._follow()
    assert wait_for(State.FINISHED, State.FAILED) is State.FINISHED
    qtbot.waitUntil(lambda: len(plots.accuracy._curves) == 3, timeout=LONGEST)
    presentation._follow()
    assert presentation.title.text() == ACCURACY
    assert within(presentation, plots.accuracy)
    window.go_to("Experiment")
    presentation._follow()
    assert plots.accuracy.isAncestorOf(plots.accuracy.plot)
    assert not presentation.message.isHidden()
    assert window.focusWidget() is presentation
    window.present()
    assert np.isclose(plots.accuracy.plot.enlargement, 1)


@pytest.mark.slow
def test_a_matrix_is_presented_by_a_twin_that_follows_it(filled, present, qtbot):
    stack = filled.page("Live").plots.predictions
    matrix = filled.page("Live").plots.confusion
    filled.show_page("Live")
    stack.show_widget(CONFUSION)
    qtbot.waitUntil(lambda: len(matrix._names) > 0, timeout=LONGEST)
    presentation = present(filled, "Live")
    titles = []
    while presentation.title.text() not in titles:
        titles.append(presentation.title.text())
        presentation.step(1)
    assert titles[-1] == CONFUSION
    (twin,) = presentation.findChildren(Twin)
    qtbot.waitUntil(twin.isVisible)
    assert matrix.isVisible()
    assert presentation.side.legend.entries == ()
    before = twin.grab().toImage()
    matrix.show_matrix(matrix._names, matrix._values.T[::-1].copy(), "student")
    assert twin.grab().toImage() != before
    twin.enlarge(1)
    twin.resize(matrix.size())
    matrix.clearFocus()
    assert twin.grab().toImage() == matrix.grab().toImage()
    presentation.leave()
    qtbot.waitUntil(lambda: not presentation.findChildren(Twin))
