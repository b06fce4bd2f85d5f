"""No text is cut and nothing lies out of its place, in the smallest window and in the usual one."""

import pytest
from PySide6.QtWidgets import QApplication

from kdstudio.engine.strategy import strategies
from kdstudio.gui.forms.options_draft import default_values
from kdstudio.gui.pages import PAGES
from tests.gui.audit import clipped
from tests.gui.conftest import LONGEST
from tests.gui.dialogs import DIALOGS

SIZES = ((1024, 700), (1280, 800))


@pytest.fixture
def fits(qtbot):
    """Wait until all in a widget fits, or fail with what does not."""

    def wait(widget):
        def check():
            QApplication.processEvents()
            assert clipped(widget) == []

        qtbot.waitUntil(check, timeout=LONGEST)

    return wait


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_every_page(filled, fits, size):
    filled.resize(*size)
    for name in PAGES:
        filled.show_page(name)
        fits(filled)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_the_form_of_every_strategy(filled, fits, size):
    filled.resize(*size)
    for strategy in strategies.values():
        filled.draft.choose(("strategy",), default_values(strategy))
        fits(filled)


@pytest.mark.slow
@pytest.mark.parametrize("name", DIALOGS)
def test_every_dialog(filled, fits, name):
    dialog = DIALOGS[name](filled)
    fits(dialog)
    dialog.close()


def test_after_a_large_window_a_small_one_fits_again(filled, fits):
    for size in (SIZES[1], (1600, 1000), SIZES[0]):
        filled.resize(*size)
        fits(filled)


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_page_without_any_run(window, fits, name):
    window.resize(*SIZES[0])
    window.show_page(name)
    fits(window)
