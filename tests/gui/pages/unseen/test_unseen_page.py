"""The page of classes never seen: its figures are those of the run, and its slider moves them."""

import json
from shutil import copytree

import numpy as np
import pytest

from kdstudio.data.sources.digits import Digits
from kdstudio.engine.confusion import class_accuracies
from kdstudio.gui.pages.unseen.shift_card import STEPS
from kdstudio.gui.pages.unseen.unseen_page import EMPTY
from kdstudio.gui.plots.shifts import ERRORS, UNSEEN
from tests.small import run_in, small_experiment

LONGEST = 60_000
LEAVE_OUT = "networks.student.training.leave_out=[3]"
FIGURE = "about={title='T', published=[{what='threes right', value='86.8 %'}]}"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run whose student never saw a 3."""
    return run_in(tmp_path_factory.mktemp("trained"), small_experiment(LEAVE_OUT, FIGURE), "run")


@pytest.fixture
def opened(window, qtbot):
    """Show the page, and wait until it shows a run."""

    def show():
        window.index.look_now()
        window.show_page("Unseen")
        page = window.page("Unseen")
        qtbot.waitUntil(lambda: page.shown is not None and not page.reader.job.is_busy, timeout=LONGEST)
        return page

    return show


@pytest.fixture
def page(opened, runs, trained):
    copytree(trained.path, runs / "run")
    return opened()


def recorded(trained, network="student"):
    return trained.summary().networks[network]


def test_without_such_runs_it_says_what_to_do(window, runs):
    run_in(runs, small_experiment(strategy="supervised"), "everything")
    window.index.look_now()
    window.show_page("Unseen")
    assert window.page("Unseen")._stack.currentWidget().said.text() == EMPTY
    assert "digits-no-threes" in EMPTY


def test_it_opens_with_the_student_at_its_fit(page, trained):
    found = recorded(trained)
    assert page.network == "student"
    assert page.shift.biases == pytest.approx(found.shifted.biases, abs=1e-3)
    assert page.shift.slider.value() == round(STEPS * page.shift.biases[3])
    text = page.shift.figures.text()
    for errors in (found.test.errors, found.shifted.test.errors, found.shifted.validation.errors):
        assert f">{errors}<" in text
    assert "Test images (report only)" in text
    assert all(plot.fitted.value() == pytest.approx(page.shift.biases[3]) for plot in page.curves.values())


def test_the_bars_hold_teacher_control_and_student_before_and_after(page, trained, qtbot):
    qtbot.waitUntil(lambda: "student, shifted" in page.bars._values)
    assert list(page.bars._values) == ["teacher", "baseline", "student", "student, shifted"]
    assert page.bars._groups[3] == "3\n(unseen)"
    assert page.bars._groups[4] == "4"
    found = page.shown.predictions.scores("student", "test", recorded(trained).shifted.biases)
    assert found.scores == recorded(trained).shifted.test
    shifted = [100 * share for share in class_accuracies(found.confusion)]
    assert page.bars._values["student, shifted"] == pytest.approx(shifted)
    counted = json.loads(trained.confusion_file("student").read_bytes())["confusion"]
    assert page.bars._values["student"] == pytest.approx([100 * r[n] / sum(r) for n, r in enumerate(counted)])


def test_the_control_of_another_seed_does_not_stand_beside_the_student(opened, runs, qtbot):
    run_in(runs, small_experiment(LEAVE_OUT, "seeds=2"), "seeds")
    page = opened()
    box = page.picker.network_boxes["Network"]
    box.setCurrentIndex(box.findData("student seed-1"))
    qtbot.waitUntil(lambda: "student seed-1, shifted" in page.bars._values)
    assert list(page.bars._values) == [
        "teacher", "baseline seed-1", "student seed-1", "student seed-1, shifted",
    ]  # fmt: skip


def test_the_slider_moves_figures_markers_and_bars(page, qtbot):
    page.shift.slider.setValue(6 * STEPS)
    assert page.shift.biases == {3: 6.0}
    assert "+6.00" in page.shift.shift_text.text()
    assert all(plot.marker.value() == 6 for plot in page.curves.values())
    found = page.shown.predictions.scores("student", "test", {3: 6.0})
    assert f">{found.scores.errors}<" in page.shift.figures.text()
    threes = 100 * class_accuracies(found.confusion)[3]
    qtbot.waitUntil(lambda: "student, shifted" in page.bars._values)  # bars follow a moment later
    qtbot.waitUntil(lambda: page.bars._values["student, shifted"][3] == threes)


def test_the_buttons_go_to_the_fit_and_back(page, qtbot):
    page.shift.zero_button.click()
    assert page.shift.biases == {3: 0.0}
    page.shift.fit_button.click()
    assert page.shift.biases == page.shown.fits["student"]


def test_the_curves_go_through_what_the_shift_gives(page):
    place = 2 * STEPS
    page.shift.slider.setValue(place)
    for part, plot in page.curves.items():
        scores, confusion, _seen = page.shown.predictions.scores("student", part, {3: 2.0})
        for name, share in (
            (ERRORS, scores.errors / scores.count), (UNSEEN, class_accuracies(confusion)[3]),
        ):  # fmt: skip
            x, y = plot.curves[name].getOriginalDataset()
            assert y[np.argmin(np.abs(x - 2))] == pytest.approx(100 * share)


def test_another_network_can_be_looked_at(page, trained):
    page.picker.network_boxes["Network"].setCurrentIndex(
        page.picker.network_boxes["Network"].findData("baseline")
    )
    assert page.shift.biases == pytest.approx(recorded(trained, "baseline").shifted.biases, abs=1e-3)
    assert page.picker.network_boxes["Network"].findData("teacher") == -1


def test_the_papers_figures_stand_beside(page):
    assert page.published_card.isVisible()
    assert "86.8 %" in page.published.text()


def test_the_newest_run_comes_first_and_another_is_read_when_chosen(page, runs, trained, qtbot):
    run_in(runs, small_experiment("networks.student.training.leave_out=[1, 2]"), "later")
    page.picker.index.look_now()
    assert [page.picker.run_box.itemText(place) for place in range(2)] == ["later", "run"]
    page.picker.run_box.setCurrentIndex(0)
    qtbot.waitUntil(lambda: page.shown.folder.name == "later", timeout=LONGEST)
    assert page.shift.biases.keys() == {1, 2}
    assert not page.published_card.isVisible()


def test_bars_that_follow_late_are_of_the_run_that_is_shown(opened, runs, qtbot):
    run_in(runs, small_experiment(LEAVE_OUT, "seeds=2"), "seeds")
    page = opened()
    qtbot.waitUntil(lambda: "student seed-0, shifted" in page.bars._values)
    run_in(runs, small_experiment(LEAVE_OUT), "later")
    page.picker.index.look_now()
    page.shift.slider.setValue(6 * STEPS)
    page.picker.run_box.setCurrentIndex(page.picker.run_box.findText("later"))
    page._later.timeout.emit()
    assert "student seed-0, shifted" in page.bars._values
    qtbot.waitUntil(lambda: "student, shifted" in page.bars._values, timeout=LONGEST)


def test_a_run_that_cannot_be_read_is_told(window, runs, trained, qtbot):
    copytree(trained.path, runs / "run")
    (runs / "run" / "networks" / "student.safetensors").write_bytes(b"no weights")
    window.index.look_now()
    with qtbot.waitSignal(window.page("Unseen").complained, timeout=LONGEST) as told:
        window.show_page("Unseen")
    assert "student.safetensors" in told.args[0]
    window.error.reject()


def test_a_run_deleted_while_it_is_read_leaves_the_empty_page(window, runs, trained, qtbot):
    folder = copytree(trained.path, runs / "run")
    window.index.look_now()
    window.show_page("Unseen")
    page = window.page("Unseen")
    (folder / "summary.json").unlink()
    window.index.look_now()
    qtbot.waitUntil(lambda: not page.reader.job.is_busy, timeout=LONGEST)
    assert page._stack.currentWidget().said.text() == EMPTY


def test_data_that_are_not_here_are_not_fetched_unasked(window, runs, trained, monkeypatch, qtbot):
    copytree(trained.path, runs / "run")
    monkeypatch.setattr(Digits, "is_here", lambda _self: False)
    window.index.look_now()
    window.show_page("Unseen")
    page = window.page("Unseen")
    qtbot.waitUntil(lambda: "are not on this machine" in page._body.message.text())
    assert "kdstudio bias run" in page._body.message.text()
    assert not page.reader.job.is_busy
