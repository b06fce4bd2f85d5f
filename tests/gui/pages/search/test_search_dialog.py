"""A new search, asked for in the window."""

import pytest

from kdstudio.gui.forms.sweepable import sweepable
from kdstudio.gui.pages.search.search_dialog import free_name, usual_range
from kdstudio.runs.studies.storage import own_storage
from kdstudio.runs.studies.study import open_study
from tests.gui.audit import clipped
from tests.gui.conftest import LONGEST

ALPHA, T = "strategy.alpha", "strategy.temperature"


@pytest.fixture
def dialog(window):
    window.show_page("Search")
    return window.page("Search").begin()


def fields(window):
    return {field.path: field for field in sweepable(window.draft.raw)}


def test_a_search_of_the_form_is_begun(window, dialog, runs, launched, qtbot):
    known = fields(window)
    dialog.add(known[ALPHA])
    dialog.add(known[T])
    dialog.lines[T].setText("1, 4, 20")
    dialog.trials.setValue(7)
    dialog.goal.setCurrentIndex(1)
    dialog.sampler.setCurrentText("random")
    dialog.pruner.setCurrentText("none")
    dialog.name.setText("mine")
    with qtbot.waitSignal(dialog.begun, timeout=LONGEST):
        dialog.begin()
    assert launched[0][:2] == ("mine", 7)
    study = open_study("mine", own_storage(runs, "mine"))
    assert study.described.over == (f"{ALPHA}=0..1", f"{T}=1, 4, 20")
    assert (study.described.goal, study.described.trials) == ("errors", 7)
    assert (study.described.how.sampler, study.described.how.pruner) == ("random", "none")
    assert study.experiment.networks == window.draft.experiment.networks
    page = window.page("Search")
    qtbot.waitUntil(lambda: page.study is not None and not page.studies._job.is_busy, timeout=LONGEST)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ranges", "told"),
    [
        ({}, "nothing is varied"),
        ({ALPHA: "0.9..0.1"}, "0.9 is not below 0.1"),
        ({ALPHA: "0..3"}, "must be less than or equal to 1, not 3"),
        ({ALPHA: ""}, "write path=values"),
    ],
)
def test_what_is_wrong_is_said_in_it(window, dialog, launched, qtbot, ranges, told):
    for path, text in ranges.items():
        dialog.add(fields(window)[path])
        dialog.lines[path].setText(text)
    dialog.begin()
    qtbot.waitUntil(lambda: told in dialog.error.text(), timeout=LONGEST)
    assert dialog.isVisible()
    assert dialog.start_button.isEnabled()
    assert launched == []
    qtbot.waitUntil(lambda: clipped(dialog) == [], timeout=LONGEST)


def test_a_field_is_picked_and_taken_out_again(window, dialog):
    for path in (ALPHA, T):
        dialog.add(fields(window)[path])
    dialog.lines[T].setText("1..2")
    dialog._remove(ALPHA)
    assert dialog.over == (f"{T}=1..2",)
    dialog.pick()
    assert T not in {field.path for field in dialog.picker._fields}
    assert ALPHA in {field.path for field in dialog.picker._fields}
    dialog.picker.close()
    dialog._remove(T)
    assert dialog.over == ()
    assert dialog._none.isVisible()


def test_it_is_of_the_experiment_that_it_was_opened_with(window, dialog):
    for path in (ALPHA, T):
        dialog.add(fields(window)[path])
    window.open_preset("digits-mutual")
    assert ALPHA not in fields(window)
    dialog._remove(T)
    assert dialog.over == (f"{ALPHA}=0..1",)
    dialog.pick()
    assert T in {field.path for field in dialog.picker._fields}
    dialog.picker.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (ALPHA, "0..1"),
        (T, "0.5..8:log"),
        ("networks.student.training.batch_size", "16..256:log"),
        ("networks.student.model.widths", "[64, 64]"),
        ("strategy.baseline", "false, true"),
    ],
)
def test_what_is_offered_first(window, path, expected):
    assert usual_range(fields(window)[path]) == expected


def test_a_name_that_is_free():
    assert free_name("mine", []) == "mine"
    assert free_name("mine", ["mine", "mine-2"]) == "mine-3"
