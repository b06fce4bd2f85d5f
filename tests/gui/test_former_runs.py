"""Runs of former versions open on every page; an exception in a slot or a paint event fails the test."""

from pathlib import Path
from shutil import copytree

import pytest

from kdstudio.gui.pages import PAGES
from kdstudio.gui.pages.live_run.live_plots import CLASSES, CONFUSION
from kdstudio.runs.folder import RunFolder
from tests.golden.make import GOLDEN
from tests.gui.conftest import LONGEST

FORMER = Path(__file__).parents[1] / "runs" / "former"
RUNS = {path.name: path for path in sorted(FORMER.iterdir())} | {
    f"{path.parent.name} {path.name}": path for path in sorted(GOLDEN.glob("20*/*"))
}


@pytest.fixture(params=RUNS)
def former(request, window, runs):
    folder = RunFolder(copytree(RUNS[request.param], runs / request.param))
    window.index.look_now()
    assert list(window.index.summaries) == [folder]
    return folder


@pytest.mark.slow
def test_live(qtbot, window, former):
    window.show_page("Live")
    page = window.page("Live")
    assert page.run.folder == former
    for shown in (CONFUSION, CLASSES):
        page.plots.predictions.show_widget(shown)
        qtbot.waitUntil(lambda: not page.plots._timer.isActive(), timeout=LONGEST)
    assert set(page.plots.classes._values) <= set(page.plots.classes._tokens)
    assert page.plots.classes._values
    assert page.plots.losses._curves
    assert not window.grab().isNull()


@pytest.mark.slow
def test_compare(window, former):
    window.show_page("Compare")
    page = window.page("Compare")
    assert page.table.chosen() == [former]
    for place in range(page.figures.choice.count()):
        page.figures.show_widget(page.figures.choice.itemText(place))
        assert not window.grab().isNull()
    assert "network" in page.notes.toPlainText()


@pytest.mark.slow
def test_every_page(window, former):
    for name in PAGES:
        window.show_page(name)
        assert not window.grab().isNull()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Temperature", "Unseen"])
def test_reading(qtbot, window, former, name):
    told = []
    page = window.page(name)
    page.complained.connect(lambda message, _details: told.append(message))
    window.show_page(name)
    qtbot.waitUntil(lambda: not page.reader.job.is_busy, timeout=LONGEST)
    assert not window.grab().isNull()
    assert told == []


@pytest.mark.slow
@pytest.mark.parametrize("former", ["match"], indirect=True)  # what is in them makes no difference here
def test_export(qtbot, window, former, tmp_path):
    window.show_page("Export")
    page = window.page("Export")
    assert page.picker.run == former
    page.destination.folder_line.setText(str(tmp_path / "out"))
    for name in page.networks.ticked()[1:]:
        page.networks.boxes[name].click()
    with qtbot.waitSignal(page.exported, timeout=LONGEST) as told:
        page.button.click()
    assert told.args[0].refusals == ()
    assert {row.largest_difference for row in told.args[0].rows} == {0}
