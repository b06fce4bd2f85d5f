"""The form of a sweep: fields are added and removed, values are typed, errors stand beside what they name."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from kdstudio.engine.strategy import strategies
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.fields import default_values
from kdstudio.gui.forms.sweep_form import SweepForm

TEMPERATURE = ("sweep", "strategy.temperature")
WIDTHS = ("sweep", "networks.student.model.widths")


@pytest.fixture
def draft(qapp):
    return Draft("digits-hinton")


@pytest.fixture
def form(qtbot, draft):
    form = SweepForm(draft)
    qtbot.addWidget(form)
    form.show()
    return form


def add(qtbot, form, words):
    """Search as a user does and take the first field found."""
    form.add_button.click()
    qtbot.keyClicks(form.picker.search, words)
    qtbot.keyClick(form.picker.search, Qt.Key.Key_Return)


def type_into(qtbot, editor, text):
    editor.control.clear()
    qtbot.keyClicks(editor.control, text)


def test_a_field_that_is_searched_begins_with_its_present_value(qtbot, draft, form):
    assert "every combination" in form.word.text()
    add(qtbot, form, "temperature")
    assert draft.experiment.sweep == {"strategy.temperature": (2,)}
    assert form.editor(*TEMPERATURE).control.text() == "2"
    assert form.word.text() == "1 setting"


def test_values_are_typed_without_a_new_form_at_each_key(qtbot, draft, form):
    add(qtbot, form, "temperature")
    editor = form.editor(*TEMPERATURE)
    type_into(qtbot, editor, "1, 4, 20")
    assert form.editor(*TEMPERATURE) is editor
    assert editor.control.text() == "1, 4, 20"
    assert draft.experiment.sweep == {"strategy.temperature": (1, 4, 20)}
    add(qtbot, form, "alpha")
    type_into(qtbot, form.editor("sweep", "strategy.alpha"), "0, .5")
    assert draft.experiment.sweep["strategy.alpha"] == (0, 0.5)
    assert form.word.text() == "3 × 2 = 6 settings"


def test_lists_stand_in_brackets_and_a_number_alone_is_a_list_of_one(qtbot, draft, form):
    add(qtbot, form, "student widths")
    editor = form.editor(*WIDTHS)
    assert editor.control.text() == "[64, 64]"
    type_into(qtbot, editor, "[300, 300], [800], 30")
    assert draft.experiment.sweep == {WIDTHS[1]: ([300, 300], [800], [30])}


@pytest.mark.parametrize(
    ("words", "path", "name", "values"),
    [
        ("divergence", "strategy.divergence", "ce", ("kl", "ce")),
        ("strategy baseline", "strategy.baseline", "off", (True, False)),
        ("student architecture", "networks.student.model.name", "lenet", ("mlp", "lenet")),
    ],
)
def test_choices_are_ticked_in_a_menu(qtbot, draft, form, words, path, name, values):
    add(qtbot, form, words)
    menu = form.editor("sweep", path).button.menu()
    menu.aboutToShow.emit()
    ticked = [action.text() for action in menu.actions() if action.isChecked()]
    assert ticked == [form.editor("sweep", path).control.text()]
    choice = next(action for action in menu.actions() if action.text() == name)
    choice.trigger()
    assert draft.experiment.sweep == {path: values}
    choice.trigger()
    assert draft.experiment.sweep == {path: values[:1]}


def test_an_error_stands_beside_the_field_that_it_names(qtbot, draft, form):
    add(qtbot, form, "temperature")
    add(qtbot, form, "alpha")
    type_into(qtbot, form.editor("sweep", "strategy.alpha"), "0.5, 2")
    assert form.error("sweep", "strategy.alpha") == "must be less than or equal to 1, not 2"
    assert form.error(*TEMPERATURE) == form.error() == ""
    assert form.editor("sweep", "strategy.alpha").control.property("invalid")
    form.editor("sweep", "strategy.alpha").control.clear()
    form.editor("sweep", "strategy.alpha").control.textEdited.emit("")
    assert "no values for 'strategy.alpha'" in form.error("sweep", "strategy.alpha")
    assert draft.experiment is None


def test_an_error_of_the_whole_sweep_stands_below_it(qtbot, draft, form):
    draft.set(("sweep", "strategy.teachers"), [1, 2])
    assert "needs a teacher-2" in form.error()


def test_another_strategy_leaves_the_row_and_says_that_its_field_is_gone(qtbot, draft, form):
    add(qtbot, form, "temperature")
    draft.choose(("strategy",), default_values(strategies["supervised"]))
    again = SweepForm(draft)
    qtbot.addWidget(again)
    assert "no such field" in again.error(*TEMPERATURE)
    assert draft.experiment is None
    (remove,) = (b for b in again.findChildren(QToolButton) if b.text() == "✕")
    remove.click()
    assert draft.experiment.sweep == {}
    assert not again.has(*TEMPERATURE)


def test_what_is_swept_is_not_offered_again(qtbot, form):
    add(qtbot, form, "temperature")
    form.pick()
    assert "strategy.temperature" not in [field.path for field in form.picker._fields]
    qtbot.keyClicks(form.picker.search, "no such thing")
    assert not form.picker.choose_button.isEnabled()


def test_the_list_of_fields_closes_with_its_form(form):
    form.pick()
    assert form.picker.isVisible()
    form.forget()
    assert not form.picker.isVisible()


def test_every_control_can_be_told_by_those_who_do_not_see_it(qtbot, form):
    add(qtbot, form, "student learning rate")
    (editor,) = form._editors.values()
    assert editor.control.accessibleName() == "Values of Student · Training · Optimiser Learning rate"
    names = [button.accessibleName() for button in form.findChildren(QToolButton) if button.text() == "✕"]
    assert names == ["Do not sweep Learning rate"]
