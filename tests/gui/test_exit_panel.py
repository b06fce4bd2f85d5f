import pytest

from kdstudio.gui.exit_panel import ExitsPanel
from kdstudio.gui.pages.compare import COSTS, ERRORS, ComparePage
from kdstudio.gui.pages.export_page import ExportPage
from tests.gui.conftest import LONGEST
from tests.small import run_in, small_experiment

WIDTHS = "networks.student.model={name='mlp', widths=[8, 6]}"


@pytest.fixture
def own(runs):
    return run_in(runs, small_experiment(WIDTHS, strategy="self-distillation"), "own")


@pytest.fixture
def page(qtbot, theme, runs, own):
    page = ComparePage(theme, runs)
    qtbot.addWidget(page)
    page.show()
    return page


def test_a_run_with_exits_is_plotted_against_cost(page, own, qtbot):
    page.choose(own)
    assert page.figures.shown() == COSTS
    qtbot.waitUntil(lambda: page.exits.shown is not None, timeout=LONGEST)
    assert [way.name for way in page.exits.shown.ways] == ["exit-1", "student"]
    assert page.exits.plot.isVisible()


def test_a_run_without_exits_shows_its_errors(page, runs, own):
    plain = run_in(runs, small_experiment(strategy="supervised"), "plain")
    page.choose(plain)
    assert page.figures.shown() == ERRORS
    assert not page.figures.is_available(COSTS)


def test_what_hinders_the_look_is_told(qtbot, theme, own, monkeypatch):
    monkeypatch.setattr("kdstudio.gui.background.why_unreadable", lambda _run, command: f"use {command}")
    panel = ExitsPanel(theme)
    qtbot.addWidget(panel)
    panel.show_run(own)
    assert panel.told.text() == "use exits"
    assert panel.shown is None


def test_exits_can_be_exported_and_an_ensemble_cannot(qtbot, runs, own):
    page = ExportPage(runs)
    qtbot.addWidget(page)
    page.choose(own)
    box = page.picker.network_boxes["Network"]
    offered = [box.itemData(number) for number in range(box.count())]
    assert offered == ["baseline", "student", "exit-1"]
