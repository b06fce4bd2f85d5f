"""The form of the whole experiment: what belongs together, and what is kept when it is made anew."""

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QLabel

from kdstudio.engine.strategy import strategies
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.fields import default_values
from kdstudio.gui.pages.experiment.form_column import FormColumn


@pytest.fixture
def column(qtbot, theme):
    column = FormColumn(Draft("digits-hinton"))
    qtbot.addWidget(column)
    column.resize(500, 400)
    column.show()
    return column


def test_seeds_stand_together(column):
    form = column.form_with("seed")
    assert form.has("seeds")
    assert form.has("teacher_for_each_seed")
    assert column.form_with("data", "seed").has("data", "validation")


def test_a_field_of_the_form_is_swept_by_a_right_click_on_its_name(column, qtbot):
    path = "networks.student.training.epochs"
    form = column.form_with(*path.split("."))
    name = next(label for label in form.findChildren(QLabel) if label.text() == "Epochs")
    name.actions()[0].trigger()
    assert column._draft.experiment.sweep == {path: (100,)}
    editor = column.form_with("sweep", path).editor("sweep", path)
    top = editor.mapTo(column, QPoint(0, 0)).y()
    assert 0 <= top < column.height()
    name.actions()[0].trigger()
    assert column._draft.experiment.sweep == {path: (100,)}


def test_a_sweep_outlives_another_strategy(column):
    column.sweep.add("strategy.temperature")
    column._draft.choose(("strategy",), default_values(strategies["supervised"]))
    assert "no such field" in column.sweep.error("sweep", "strategy.temperature")
    column._draft.choose(("strategy",), default_values(strategies["hinton"]))
    assert column.sweep.error("sweep", "strategy.temperature") == ""


def test_it_is_never_narrower_than_its_fields(column):
    assert column.minimumWidth() >= max(form.minimumSizeHint().width() for form in column._forms)


def headings(column):
    return [part.card.fold_button.text() for part in column._parts]


def test_data_come_first_and_computing_last(column):
    assert headings(column)[:2] == ["Data", "Strategy"]
    assert headings(column)[2:4] == ["Teacher", "Student"]
    assert headings(column)[4:] == ["Seeds and sweep", "Name and computing"]


@pytest.mark.slow
@pytest.mark.parametrize("name", list(strategies))
def test_every_card_of_every_strategy_folds_to_one_line(column, name):
    column._draft.choose(("strategy",), default_values(strategies[name]))
    for part in column._parts:
        part.card.fold_button.setChecked(True)
        assert part.card.summary.isHidden()
        part.card.fold_button.click()
        assert not part.card.summary.isHidden()
        assert part.card.summary.text()
        assert part.card.fold_button.accessibleName().endswith("folded")
        assert not any(form.isVisibleTo(column) for form in part.forms)


def test_the_one_line_follows_the_draft(column):
    draft = column._draft
    assert column.card("networks", "teacher").summary.text() == "mlp 512-512, 40 epochs"
    assert column.card("data").summary.text() == "digits, 20% for validation"
    draft.set(("networks", "teacher", "training", "epochs"), 3)
    assert column.card("networks", "teacher").summary.text() == "mlp 512-512, 3 epochs"
    draft.set(("networks", "teacher", "training", "epochs"), "three")
    assert "mended" in column.card("networks", "teacher").summary.text()


def test_a_folded_card_stays_folded(column, qtbot):
    column.card("data").fold_button.click()
    column._draft.load("digits-mutual")
    assert not column.card("data").summary.isHidden()
    another = FormColumn(Draft("digits-hinton"))
    qtbot.addWidget(another)
    assert not another.card("data").fold_button.isChecked()


def test_cards_and_head_count_what_is_changed_and_put_it_back(column):
    draft, card = column._draft, column.card("strategy")
    assert not card.changes.isVisible()
    assert not column.head.badge.isVisible()
    draft.set(("strategy", "temperature"), 3.0)
    draft.set(("strategy", "alpha"), 0.2)
    draft.set(("seeds",), 2)
    assert card.changes.text() == "● 2 changed"
    assert column.head.badge.isVisible()
    card.changes.click()
    assert draft.changes == [("seeds",)]
    column.head.undo_button.click()
    assert len(draft.changes) == 3
    column.head.reset_button.click()
    assert draft.changes == []
    assert not column.head.badge.isVisible()
    assert not column.head.redo_button.isEnabled()


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        ("data", "label_noise"),
        ("compute", "threads"),
        ("networks", "student", "training", "epochs"),
        ("networks", "teacher", "model", "widths", 1),
        ("name",),
    ],
)
def test_a_problem_is_led_to_however_it_is_hidden(column, path):
    for part in column._parts:
        part.card.fold_button.setChecked(False)
    column.activateWindow()
    column.show_problem(path)
    place = tuple(part for part in path if isinstance(part, str))
    control = column.form_with(*place).editor(*place).control
    assert control.isVisible()
    assert column.window().focusWidget() is control
    assert 0 <= control.mapTo(column._scroll, QPoint(0, 0)).y() < column._scroll.height()


def test_a_problem_of_the_sweep_is_led_to(column):
    column.sweep.add("strategy.temperature")
    column.show_problem(("sweep",))
    assert column.window().focusWidget() is column.sweep.editor("sweep", "strategy.temperature").control


NARROWEST = 1000 - 96 - 2 * 16 - 2 * 12 - 172 - 300
"""What a window of the least width leaves for the form, between rail, gallery and outlook."""


@pytest.mark.slow
@pytest.mark.parametrize("name", list(strategies))
def test_the_form_of_every_strategy_fits_into_the_narrowest_window(column, name):
    column._draft.choose(("strategy",), default_values(strategies[name]))
    for part in column._parts:
        part.card.unfold()
    for form in column._forms:
        for disclosure in getattr(form, "_disclosures", ()):
            disclosure.setChecked(True)
        for row in getattr(form, "_rows", {}).values() if not hasattr(form, "word") else ():
            row.mark.show()
    assert column._column.minimumSize().width() <= NARROWEST - 10
    assert column.minimumSizeHint().width() <= NARROWEST
