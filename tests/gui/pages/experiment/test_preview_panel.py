"""The preview: networks with their costs, samples and class counts of what is in the form."""

import pytest

from kdstudio.gui.pages.experiment.preview_cards import counts_table, networks_text
from kdstudio.gui.pages.experiment.samples_dialog import SamplesButton, SamplesDialog

LONGEST = 60_000


@pytest.fixture
def panel(window, qtbot):
    panel = window.page("Experiment").outlook.preview
    qtbot.waitUntil(lambda: panel.shown is not None, timeout=LONGEST)
    return panel


def test_it_shows_what_the_form_describes(panel, window, qtbot):
    assert set(panel.shown.networks) == {"teacher", "student"}
    assert panel.shown.networks["teacher"].cost.parameters == 301_066
    before = panel.shown
    window.draft.set(("networks", "teacher", "model", "widths"), [7])
    qtbot.waitUntil(lambda: panel.shown is not before, timeout=LONGEST)
    assert panel.shown.networks["teacher"].cost.parameters == 64 * 7 + 7 + 7 * 10 + 10


@pytest.mark.slow
def test_classes_left_out_are_counted_as_none(panel, window, qtbot):
    before = panel.shown
    window.draft.set(("networks", "student", "training", "leave_out"), [3])
    qtbot.waitUntil(lambda: panel.shown is not before, timeout=LONGEST)
    assert panel.shown.networks["student"].counts[3] == 0
    assert panel.shown.networks["teacher"].counts[3] > 0
    assert counts_table(panel.shown).head == ("class", "teacher", "student")


def test_an_experiment_that_cannot_run_says_why(panel, window, qtbot):
    window.draft.choose(("networks", "teacher", "model"), {"name": "torchvision", "architecture": "resnet"})
    from PySide6.QtWidgets import QLabel

    def told():
        return [label.text() for label in panel.findChildren(QLabel, "error")]

    qtbot.waitUntil(lambda: any("resnet" in text for text in told()), timeout=LONGEST)


def test_data_that_is_not_here_is_not_fetched_unasked(panel, window, qtbot, tmp_path):
    from PySide6.QtWidgets import QPushButton

    window.draft.choose(("data", "source"), {"name": "cifar100", "folder": str(tmp_path)})
    qtbot.waitUntil(lambda: any("Download" in b.text() for b in panel.findChildren(QPushButton)))
    assert list(tmp_path.rglob("cifar*")) == []


def test_the_teacher_is_compared_with_the_student(panel):
    text = networks_text(panel.shown)
    costs = [panel.shown.networks[role].cost for role in ("teacher", "student")]
    assert f"{costs[0].parameters / costs[1].parameters:.3g}× the weights" in text


@pytest.mark.slow
def test_what_is_out_of_date_says_so_at_once(panel, window, qtbot):
    assert panel.word.isHidden()
    assert panel._body.isEnabled()
    before = panel.shown
    window.draft.set(("networks", "teacher", "model", "widths"), [7])
    assert panel.is_stale
    assert "Out of date" in panel.word.text()
    assert not panel.word.isHidden()
    assert not panel._body.isEnabled()
    qtbot.waitUntil(lambda: panel.shown is not before, timeout=LONGEST)
    assert panel.word.isHidden()
    assert panel._body.isEnabled()


def test_a_form_with_mistakes_leaves_the_last_look_and_says_so(panel, window, qtbot):
    widths = window.draft.value(("networks", "teacher", "model", "widths"))
    window.draft.set(("networks", "teacher", "model", "widths"), [-7])
    assert "mistakes" in panel.word.text()
    assert not panel._body.isEnabled()
    window.draft.set(("networks", "teacher", "model", "widths"), widths)
    assert panel.word.isHidden()
    assert panel._body.isEnabled()
    assert not panel._job.is_busy


@pytest.mark.slow
def test_a_look_that_is_out_of_date_before_it_ends_is_not_shown(panel, window, qtbot):
    before = panel.shown
    window.draft.set(("networks", "teacher", "model", "widths"), [7])
    panel._wait.stop()
    panel._begin()
    assert panel._job.is_busy
    window.draft.set(("networks", "teacher", "model", "widths"), [9])
    assert not panel._job.is_busy
    qtbot.waitUntil(lambda: panel.shown is not before, timeout=LONGEST)
    assert panel.shown.networks["teacher"].cost.parameters == 64 * 9 + 9 + 9 * 10 + 10


def test_samples_open_large(panel, window, qtbot):
    (button, *_) = panel.findChildren(SamplesButton)
    assert "teacher" in button.accessibleName()
    button.click()
    dialog = panel.findChild(SamplesDialog)
    qtbot.waitUntil(lambda: dialog.pictures.count() == 48, timeout=LONGEST)
    assert dialog.word.text() == "1 to 48 of 1,077 training images"
    dialog.close()
