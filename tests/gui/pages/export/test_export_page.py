"""The export page: what is ticked is exported, and what came out stands below."""

from threading import Event

import pytest
from PySide6.QtWidgets import QMessageBox

from kdstudio.errors import KDStudioError
from kdstudio.gui.pages.export.export_page import ExportPage
from kdstudio.gui.run_index import SharedIndex
from kdstudio.runs.exporting.export import Exported, Refusal
from kdstudio.runs.exporting.records import keep, records_file
from kdstudio.runs.formats.onnx import Onnx
from kdstudio.runs.formats.safetensors import Safetensors
from kdstudio.runs.weights import load_network
from tests.gui.conftest import LONGEST, press
from tests.runs.exporting.rows import some_row
from tests.small import run_in, same_state, small_experiment

FUNCTION = "kdstudio.gui.pages.export.wish.export_networks"


@pytest.fixture
def run(runs):
    return run_in(runs, small_experiment())


@pytest.fixture
def page(qtbot, theme, runs, run, tmp_path):
    index = SharedIndex(runs)
    index.look_now()
    page = ExportPage(index)
    qtbot.addWidget(page)
    page.destination.folder_line.setText(str(tmp_path / "out"))
    page.choose(run)
    page.resize(900, 620)
    page.show()
    yield page
    page.finish()


@pytest.fixture
def export(monkeypatch, tmp_path):
    """An export that writes nothing: what it is asked for is kept, and what it answers can be set."""

    class Fake:
        asked = None
        made = Exported((some_row(),), (tmp_path / "out" / "run-student.onnx",), ())
        error = None

        def __call__(self, *what, **how):
            self.asked = (*what[:4], how)
            if self.error:
                raise self.error
            return self.made

    fake = Fake()
    monkeypatch.setattr(FUNCTION, fake)
    return fake


def export_now(qtbot, page):
    with qtbot.waitSignal(page.exported, timeout=LONGEST) as told:
        press(qtbot, page.button)
    return told.args[0]


def test_what_is_written_is_read_back_and_shown(qtbot, page, run, tmp_path):
    assert page.networks.ticked() == ["teacher", "baseline", "student"]
    for name in ("teacher", "baseline"):
        page.networks.boxes[name].click()
    made = export_now(qtbot, page)
    assert made.paths == (tmp_path / "out" / "run-student.safetensors",)
    module, _card = load_network(made.paths[0])
    original, _card = load_network(run.network_file("student"))
    assert same_state(module.state_dict(), original.state_dict())
    assert page.message.text() == f"Written to {tmp_path / 'out'}: one network in one format."
    table = page.truth.table.model()
    assert page.truth.table.isVisible()
    assert [table.index(row, 1).data() for row in range(table.rowCount())] == ["in the run", "safetensors"]
    assert "450 test images" in page.truth.how.text()
    assert page.button.isEnabled()
    assert not page.cancel_button.isEnabled()


def test_what_is_ticked_is_exported_with_its_options(qtbot, page, run, export, tmp_path):
    page.networks.boxes["teacher"].click()
    page.formats.boxes["onnx"].click()
    option = page.formats.draft
    option.set(("onnx", "preprocessing"), True)
    page.destination.best_box.click()
    page.destination.threads_box.setValue(page.destination.threads_box.maximum())
    export_now(qtbot, page)
    how = {"best": True, "replace": False, "threads": page.destination.threads_box.maximum()}
    wanted = (Safetensors(), Onnx(preprocessing=True))
    assert export.asked == (run, ("baseline", "student"), wanted, tmp_path / "out", how)


def test_options_are_in_sight_while_their_format_is_ticked(qtbot, page):
    box = page.formats.boxes["onnx"]
    form = next(widget for widget in box.parent().children() if hasattr(widget, "editor"))
    assert not form.isVisible()
    box.click()
    assert form.isVisible()
    form.editor("onnx", "preprocessing").control.click()
    assert "--set onnx.preprocessing=true" in page.command.toPlainText()


def test_every_format_is_offered_and_one_without_its_packages_says_what_installs_them(
    qtbot, monkeypatch, runs
):
    from kdstudio.gui.pages.export.format_list import FormatList
    from kdstudio.runs.formats.declaration import formats

    monkeypatch.setattr(Onnx, "packages", ("onnx", "no_such_runtime"))
    listed = FormatList()
    qtbot.addWidget(listed)
    assert [*listed.boxes] == ["safetensors", *(name for name in formats if name != "safetensors")]
    assert not listed.boxes["onnx"].isEnabled()
    told = listed.boxes["onnx"].accessibleDescription()
    assert (
        told == """ONNX needs no_such_runtime; 'uv pip install "kdstudio[onnx]"' installs what is missing"""
    )
    assert listed.boxes["safetensors"].isEnabled()
    assert listed.boxes["safetensors"].accessibleDescription() == Safetensors.headline()


@pytest.mark.parametrize(("empty", "told"), [("networks", "Tick a network."), ("formats", "Tick a format.")])
def test_it_says_what_is_missing(page, empty, told):
    ticks = getattr(page, empty)
    for key in ticks.ticked():
        ticks.boxes[key].click()
    assert page.hindrance.text() == told
    assert not page.button.isEnabled()
    assert not page.command.copy_button.isEnabled()
    ticks.boxes["teacher" if empty == "networks" else "safetensors"].click()
    assert page.hindrance.text() == ""
    assert page.button.isEnabled()


def test_no_folder_is_no_place(page):
    page.destination.folder_line.setText("  ")
    assert (page.hindrance.text(), page.button.isEnabled()) == ("Name a folder.", False)


def test_a_folder_of_nobody_is_a_name_like_any_other(page):
    page.destination.folder_line.setText("~nobody-here/files")
    assert "--out '~nobody-here/files'" in page.command.toPlainText()


@pytest.mark.parametrize("answer", ["Replace", "Choose another folder…", "Cancel"])
def test_files_are_replaced_only_by_leave(qtbot, page, export, tmp_path, monkeypatch, answer):
    browsed = []
    monkeypatch.setattr(page.destination, "browse", lambda: browsed.append(True))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run-student.json").touch()
    press(qtbot, page.button)
    box = page.findChild(QMessageBox)
    assert "run-student.json" in box.informativeText()
    assert str(tmp_path / "out") in box.text()
    assert box.defaultButton().text() == "Cancel"
    (button,) = (b for b in box.buttons() if b.text() == answer)
    if answer == "Replace":
        with qtbot.waitSignal(page.exported, timeout=LONGEST):
            button.click()
        assert export.asked[-1]["replace"] is True
    else:
        button.click()
        assert export.asked is None
    assert bool(browsed) is (answer == "Choose another folder…")
    assert not page.job.is_busy


def test_an_export_can_be_cancelled(qtbot, page, monkeypatch):
    begun, ended = Event(), Event()

    def endless(*what, **how):
        begun.set()
        try:
            while True:
                what[4]("writing student as ONNX", 0.25)
                ended.wait(0.01)
        finally:
            ended.set()

    monkeypatch.setattr(FUNCTION, endless)
    press(qtbot, page.button)
    qtbot.waitUntil(lambda: page.message.text() == "Writing student as ONNX…", timeout=LONGEST)
    assert page.bar.isVisible()
    assert page.bar.value() == page.bar.maximum() / 4
    assert not page.button.isEnabled()
    assert page.command.hasFocus()  # not Cancel: Enter pressed twice would take it back
    press(qtbot, page.cancel_button)
    assert page.message.text() == "Cancelled."
    assert not page.bar.isVisible()
    assert page.button.isEnabled()
    assert ended.wait(LONGEST / 1000)


def test_an_error_is_told_and_the_page_lives_on(qtbot, page, export):
    export.error = KDStudioError("'/out' is full; make room")
    with qtbot.waitSignal(page.complained, timeout=LONGEST) as told:
        press(qtbot, page.button)
    assert told.args[0] == "'/out' is full; make room"
    assert page.button.isEnabled()
    assert not page.bar.isVisible()


def test_refusals_are_listed_with_their_reason_until_another_run_is_chosen(qtbot, page, runs, export):
    export.made = Exported((), (), (Refusal("student", "ONNX", "no operator <made up>"),))
    export_now(qtbot, page)
    assert page.truth.refusals.isVisible()
    assert "student as ONNX: no operator &lt;made up&gt;" in page.truth.refusals.text()
    assert page.message.text() == "Nothing could be written; the reasons stand below."
    other = run_in(runs, small_experiment(), "other")
    page.picker.index.look_now()
    page.choose(other)
    assert not page.truth.refusals.isVisible()
    assert page.message.text() == ""


def test_a_run_that_has_been_exported_shows_its_table_at_once(page, run):
    assert page.truth.empty.isVisible()
    assert not page.truth.table.isVisible()
    keep(run, [some_row(), some_row("teacher")])
    page.refresh()
    assert page.truth.table.model().rowCount() == 2
    assert page.truth.open_button.isVisible()


def test_damaged_records_are_told(page, run):
    records_file(run).write_text("{")
    page.refresh()
    assert "exports.json' is damaged; delete it" in page.truth.empty.text()


def test_lost_weights_of_the_result_are_told_and_the_others_can_be_ticked(page, run):
    run.network_file("student").unlink()
    page.refresh()
    assert "has lost the weights of 'student'" in page.message.text()
    assert page.networks.ticked() == []
    assert set(page.networks.boxes) == {"teacher", "baseline"}


def test_what_is_ticked_outlives_a_look_at_the_runs(page):
    page.networks.boxes["baseline"].click()
    page.refresh()
    assert page.networks.ticked() == ["teacher", "student"]


def test_a_run_that_goes_on_is_not_exported(page, run):
    with run.lock():
        summary = page.picker.summary.model_copy(update={"status": "running"})
        page.picker._found[run] = summary
        page._describe()
        assert "still going on" in page.hindrance.text()
        assert not page.button.isEnabled()


def test_networks_that_run_code_are_told_the_command(page, monkeypatch):
    monkeypatch.setattr("kdstudio.runs.dark_knowledge.code_run_by", lambda _experiment: "mine.py:build")
    page._describe()
    told = page.hindrance.text()
    assert "run code (mine.py:build)" in told
    assert told.endswith("kdstudio export --format safetensors --out "
                         f"{page.destination.folder} run --allow-code")  # fmt: skip
    assert not page.button.isEnabled()
