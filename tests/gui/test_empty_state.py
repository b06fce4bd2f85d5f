"""Pages with nothing to show lead to a preset."""

import pytest
from PySide6.QtCore import Qt

from kdstudio.gui.empty_state import EmptyState
from kdstudio.gui.pages import PAGES

WITH_PRESETS = ["Live", "Temperature", "Unseen", "Learned", "Compare", "Export"]


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_PRESETS)
def test_a_preset_named_there_is_a_button(window, qtbot, name):
    window.show_page(name)
    (empty,) = window.page(name).findChildren(EmptyState)
    assert empty.isVisible()
    preset, button = next(iter(empty.buttons.items()))
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.current_page == "Experiment"
    assert window.draft.source == preset


def test_without_a_preset_it_leads_to_a_page(window):
    assert "Queue" in PAGES
    window.show_page("Queue")
    (empty,) = window.page("Queue").findChildren(EmptyState)
    empty.buttons["Experiment"].click()
    assert window.current_page == "Experiment"
