"""What comes once the window is on screen."""

import gc
import sys

import pytest

from kdstudio.gui.pages import PAGES
from kdstudio.gui.warming import Warming, load
from tests.gui.conftest import LONGEST


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    """Leave the interpreter to the other tests as it was."""
    monkeypatch.setattr(gc, "freeze", lambda: None)
    interval = sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)


@pytest.mark.slow
def test_all_pages_are_made_and_the_one_in_sight_stays(qtbot, window):
    warming = Warming(window)
    warming.start()
    qtbot.waitUntil(lambda: window.stack.count() == len(PAGES), timeout=LONGEST)
    assert window.stack.currentWidget() is window.page("Experiment")
    assert not warming.loading.is_alive()


def test_without_torch_it_ends_in_silence(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    load()
