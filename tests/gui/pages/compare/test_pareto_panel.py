import pytest

from kdstudio.gui.pages.compare.entries import Entries
from kdstudio.gui.pages.compare.pareto_panel import UNKNOWN, ParetoPanel
from kdstudio.runs.exporting.records import keep, records_file
from kdstudio.runs.folder import RunFolder
from tests.results import row, run
from tests.runs.exporting.rows import some_row


def entries(summaries):
    return [entry for entry, _ in Entries().of(summaries, {}, gathered=False)]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a").mkdir()
    return RunFolder(tmp_path / "a")


@pytest.fixture
def panel(qtbot, theme, folder):
    panel = ParetoPanel(theme)
    qtbot.addWidget(panel)
    panel.show_entries(
        entries({folder: run(row("teacher", 0.9, parameters=9000), row("student", 0.8), name="a")})
    )
    panel.show()
    return panel


def offered(panel):
    return [panel.cost_box.itemText(place) for place in range(panel.cost_box.count())]


def legend(panel):
    return [button.text() for button in panel.plot.legend._buttons.values()]


def test_every_network_and_the_front_are_drawn(panel):
    assert panel.cost_box.currentText() == "parameters"
    assert legend(panel) == ["Pareto front", "teacher", "student"]
    assert panel.plot.plot.getAxis("bottom").labelText == "parameters"
    steps, *points = panel.plot.plot.getPlotItem().listDataItems()
    x, y = steps.getData()
    assert list(x) == [1234, 9000, 9000, 9000, 9000]
    assert y == pytest.approx([80, 80, 90, 90, 90])
    assert len(points) == 2


def test_the_box_says_how_to_come_by_latencies(panel):
    assert offered(panel) == ["parameters", "multiply-adds", UNKNOWN]
    assert not panel.cost_box.model().item(2).isEnabled()


def test_what_has_been_exported_meanwhile_is_there_when_it_is_shown_again(panel, folder):
    keep(folder, [some_row("student", accuracy=0.8)])
    panel.hide()
    panel.show()
    assert offered(panel)[2:] == ["latency in onnxruntime, batch 1", "latency in onnxruntime, batch 32"]
    panel.cost_box.setCurrentIndex(2)
    assert panel.plot.plot.getAxis("bottom").labelText == "latency in onnxruntime, batch 1 (ms)"
    assert legend(panel) == ["Pareto front", "student"]
    assert panel.note.text() == "Median latency, 1 thread, a processor."


def test_runs_without_this_latency_are_named_and_the_cost_stays(panel, folder, tmp_path):
    keep(folder, [some_row("student")])
    one = run(row("student", 0.8), name="a")
    panel.show_entries(entries({folder: one}))
    panel.cost_box.setCurrentIndex(2)
    panel.show_entries(entries({folder: one, RunFolder(tmp_path / "b"): run(row("student", 0.7), name="b")}))
    assert panel.cost_box.currentText() == "latency in onnxruntime, batch 1"
    assert panel.note.text().endswith("Not measured: b; Export does it.")


def test_damaged_records_are_told(panel, folder):
    records_file(folder).write_text("[{}]")
    panel.hide()
    panel.show()
    assert "is damaged; delete it" in panel.note.text()
    assert panel.note.isVisible()
