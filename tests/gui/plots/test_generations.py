"""Generations as a curve, ensembles as points, labels alone as a level line."""

import pyqtgraph as pg
import pytest

from kdstudio.gui.pages.compare import ERRORS, GENERATIONS, ComparePage
from kdstudio.gui.plots.generations import GenerationsPlot
from kdstudio.runs.generations import born_again_generations
from tests.small import run_in, small_experiment


@pytest.fixture
def run(runs):
    """A finished run of two generations."""
    return run_in(runs, small_experiment("strategy.generations=2", strategy="born-again"), "born")


def items(plot, kind):
    return [item for item in plot.plot.getPlotItem().items if isinstance(item, kind)]


def test_points_are_the_test_accuracies(qtbot, theme, run):
    plot, networks = GenerationsPlot(theme), run.summary().networks
    qtbot.addWidget(plot)
    plot.show_generations(born_again_generations(run.summary()))
    generations, ensembles = (curve.getOriginalDataset() for curve in items(plot, pg.PlotDataItem))
    accuracies = [100 * networks[n].test.accuracy for n in ("teacher", "generation-1", "generation-2")]
    assert (list(generations[0]), list(generations[1])) == ([0, 1, 2], pytest.approx(accuracies))
    assert list(ensembles[0]) == [2]
    assert list(ensembles[1]) == pytest.approx([100 * networks["ensemble of 2"].test.accuracy])
    (level,) = items(plot, pg.InfiniteLine)
    assert level.value() == pytest.approx(100 * networks["baseline"].test.accuracy)


def test_the_legend_hides(qtbot, theme, run):
    plot = GenerationsPlot(theme)
    qtbot.addWidget(plot)
    plot.show_generations(born_again_generations(run.summary()))
    plot.legend._buttons["baseline"].click()
    assert not items(plot, pg.InfiniteLine)


def test_the_compare_page_turns_to_the_generations_of_such_a_run_alone(qtbot, theme, run, runs):
    mutual = run_in(runs, small_experiment("strategy.distil=false", strategy="mutual"), "mutual")
    page = ComparePage(theme, runs)
    qtbot.addWidget(page)
    page.choose(run)
    assert page.figures.shown() == GENERATIONS
    text = page._notes.text()
    assert "<td align='left'>generation-1&nbsp;</td><td align='left'>teacher&nbsp;</td>" in text
    page.choose(mutual)
    assert page.figures.shown() == ERRORS
    assert not page.figures.is_available(GENERATIONS)
    assert "1 distils 2" in page._notes.text()
