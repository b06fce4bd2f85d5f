import pytest

from kdstudio.gui.exit_panel import ExitsPanel
from kdstudio.gui.pages.export.export_page import ExportPage
from kdstudio.gui.run_index import SharedIndex
from tests.gui.conftest import LONGEST
from tests.results import exit_report
from tests.small import run_in, small_experiment

WIDTHS = "networks.student.model={name='mlp', widths=[8, 6]}"


@pytest.fixture
def own(runs):
    return run_in(runs, small_experiment(WIDTHS, strategy="self-distillation"), "own")


@pytest.mark.slow
def test_exits_are_plotted_against_cost(qtbot, theme, own):
    panel = ExitsPanel(theme)
    qtbot.addWidget(panel)
    panel.show()
    panel.show_run(own)
    qtbot.waitUntil(lambda: panel.shown is not None, timeout=LONGEST)
    assert [way.name for way in panel.shown.ways] == ["exit-1", "student"]
    assert panel.plot.isVisible()


def test_a_box_chooses_between_work_and_time(qtbot, theme):
    report = exit_report()
    panel = ExitsPanel(theme)
    qtbot.addWidget(panel)
    panel.reader.found.emit(report)
    bottom = panel.plot.plot.getAxis("bottom")
    assert bottom.labelText == "multiply-adds (millions)"
    panel.cost_box.setCurrentIndex(1)
    assert panel.cost_box.currentText() == "time in onnxruntime 1.2"
    assert bottom.labelText == "latency in onnxruntime 1.2 (ms, measured here)"
    assert [button.text() for button in panel.plot.legend._buttons.values()] == [
        curve.text for curve in report.curves("latency")
    ]


def test_what_hinders_the_look_is_told(qtbot, theme, own, monkeypatch):
    monkeypatch.setattr(
        "kdstudio.gui.background.why_unreadable", lambda _run, command, *_more: f"use {command}"
    )
    panel = ExitsPanel(theme)
    qtbot.addWidget(panel)
    panel.show_run(own)
    assert panel.text.text() == "use exits"
    assert panel.shown is None


@pytest.mark.slow
def test_exits_and_an_ensemble_can_be_exported(qtbot, runs, own, tmp_path):
    index = SharedIndex(runs)
    index.look_now()
    page = ExportPage(index)
    qtbot.addWidget(page)
    page.choose(own)
    assert [*page.networks.boxes] == ["baseline", "exit-1", "student", "ensemble"]
    for name in page.networks.ticked():
        page.networks.boxes[name].click()
    for name in ("exit-1", "ensemble"):
        page.networks.boxes[name].click()
    page.destination.folder_line.setText(str(tmp_path / "out"))
    with qtbot.waitSignal(page.exported, timeout=LONGEST) as told:
        page.button.click()
    assert [path.name for path in told.args[0].paths] == [
        "own-exit-1.safetensors",
        "own-ensemble.safetensors",
    ]
    assert {row.largest_difference for row in told.args[0].rows} == {0}
