"""Every plot and table of every page can be saved and copied, by the one mechanism."""

import pytest
from PySide6.QtWidgets import QTableView

from kdstudio.gui.pages import PAGES
from kdstudio.gui.plots.frame import PlotFrame
from kdstudio.gui.plots.matrix import MatrixPlot
from kdstudio.gui.saving.button import SaveButton
from kdstudio.gui.saving.saving import saving_at


@pytest.mark.slow
def test_whatever_shows_figures_has_what_saves_it_and_a_button(window):
    window.make_pages()
    shown = [each for kind in (PlotFrame, MatrixPlot, QTableView) for each in window.findChildren(kind)]
    assert len(shown) > len(PAGES)
    for widget in shown:
        saving = saving_at(widget)
        assert saving is not None, widget
        assert saving.content().formats
    offered = [button.find() for button in window.findChildren(SaveButton)]
    assert any(offered)


@pytest.mark.slow
def test_every_plot_has_its_own_zoom_and_way_back(window):
    window.make_pages()
    for frame in window.findChildren(PlotFrame):
        assert any(each.text.startswith("Reset view") for each in frame.saving.further)
