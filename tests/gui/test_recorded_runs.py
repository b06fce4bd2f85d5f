"""What the window shows on the first start: runs that came with the package, until there are others."""

import shutil

import pytest

from kdstudio.gui.pages.compare.actions import DOINGS
from kdstudio.runs import folder as run_folder
from kdstudio.runs.folder import RECORDED, RunFolder
from kdstudio.runs.presets import DEFAULT_PRESET

PICKING = ("Temperature", "Unseen", "Learned", "Export")


@pytest.fixture
def window(runs, monkeypatch, request):
    monkeypatch.setattr(run_folder, "RECORDED", RECORDED)
    return request.getfixturevalue("window")


@pytest.mark.slow
def test_every_page_has_something_to_show_and_says_that_it_was_recorded(window, runs):
    window.index.look_now()
    recording = RunFolder(RECORDED / DEFAULT_PRESET).summary().recording
    for name in PICKING:
        page = window.page(name)
        page.refresh()
        assert page.picker.run.is_recorded
        assert page.picker.run_box.currentText().endswith(" (recorded)")
        assert page.picker.recording.text() == page.picker.summary.recording
    page.destination.best_box.setChecked(True)
    assert page.hindrance.text().startswith("A recorded run has the last epoch's weights alone")
    live = window.page("Live")
    assert recording in live.notices.text()
    live.choose(live.run.folder)
    assert "Recorded" in window.run_bar.state.text()
    compare = window.page("Compare")
    compare.refresh()
    (entry,) = compare.table.chosen_entries()
    assert "✓ recorded" in entry.texts
    assert recording in compare.notes.toPlainText()
    refused = {name for name, doing in DOINGS.items() if "came with KD Studio" in doing.refusal([entry])}
    assert refused == {"rename", "labels", "delete", "mend"}

    shutil.copytree(RECORDED / DEFAULT_PRESET, runs / "mine")
    window.index.look_now()
    page = window.page("Temperature")
    page.refresh()
    assert page.picker.run.name == "mine"
    assert page.picker.recording.isHidden()
    page.choose(RunFolder(RECORDED / DEFAULT_PRESET))
    page.refresh()
    assert page.picker.run.is_recorded
