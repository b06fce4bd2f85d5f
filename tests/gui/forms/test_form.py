"""Forms over every registered declaration: editors write, problems show beside them."""

from typing import Literal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QToolButton

from kdstudio.data.declaration import datasets
from kdstudio.declaration import option
from kdstudio.engine.experiment import DataSpec, Experiment, NetworkSpec
from kdstudio.engine.optimization import Schedule, schedules
from kdstudio.engine.strategy import strategies
from kdstudio.gui.forms.changes import same
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.editors import NumberEditor
from kdstudio.gui.forms.fields import default_values
from kdstudio.gui.forms.form import Form
from kdstudio.gui.forms.written import parse_number, parse_numbers
from kdstudio.models.declaration import models
from kdstudio.runs.glossary import glossary


@pytest.fixture
def draft(qapp):
    return Draft("digits-hinton")


def type_into(qtbot, editor, text):
    editor.control.clear()
    qtbot.keyClicks(editor.control, text)


@pytest.mark.parametrize("name", list(strategies))
def test_every_strategy_has_a_form_with_help_on_every_field(qtbot, draft, name):
    draft.choose(("strategy",), default_values(strategies[name]))
    form = Form(draft, (), Experiment, only=("strategy",))
    qtbot.addWidget(form)
    for field, info in strategies[name].model_fields.items():
        if field != "name":
            editor = form.editor("strategy", field)
            assert info.description in " ".join(editor.control.toolTip().split())
            assert editor.control.accessibleName()


@pytest.mark.parametrize("name", list(models))
def test_every_model_has_a_form(qtbot, draft, name):
    draft.choose(("networks", "student", "model"), default_values(models[name]))
    form = Form(draft, ("networks", "student"), NetworkSpec)
    qtbot.addWidget(form)
    assert draft.experiment is not None
    for field in models[name].model_fields:
        assert field == "name" or form.has("networks", "student", "model", field)


@pytest.mark.parametrize("name", list(datasets))
def test_every_data_set_can_be_chosen(draft, name):
    draft.choose(("data", "source"), default_values(datasets[name]))
    assert draft.value(("data", "source", "name")) == name
    assert {problem.message for problem in draft.problems} <= {"must not be empty"}


def test_a_wrong_value_is_told_beside_its_field_and_right_ones_are_taken(qtbot, draft):
    form = Form(draft, (), Experiment, only=("strategy",))
    qtbot.addWidget(form)
    path = ("strategy", "temperature")
    type_into(qtbot, form.editor(*path), "-3")
    assert "greater than 0" in form.error(*path)
    assert form.editor(*path).control.property("invalid")
    type_into(qtbot, form.editor(*path), "warm")
    assert "valid number" in form.error(*path)
    type_into(qtbot, form.editor(*path), "2.5")
    assert form.error(*path) == ""
    assert draft.experiment.strategy.temperature == 2.5


def test_ticks_and_lists_are_written(qtbot, draft):
    form = Form(draft, (), Experiment, only=("strategy",))
    network = Form(draft, ("networks", "student"), NetworkSpec)
    for widget in (form, network):
        qtbot.addWidget(widget)
    box = form.editor("strategy", "baseline").control
    assert isinstance(box, QCheckBox)
    box.click()
    assert draft.experiment.strategy.baseline is False
    type_into(qtbot, network.editor("networks", "student", "model", "widths"), "7, 9")
    assert draft.experiment.networks["student"].model.widths == (7, 9)


def test_choosing_another_architecture_puts_its_fields_into_the_form(qtbot, draft):
    form = Form(draft, ("networks", "student"), NetworkSpec)
    qtbot.addWidget(form)
    with qtbot.waitSignal(draft.replaced):
        form.editor("networks", "student", "model").button.chosen.emit("lenet")
    again = Form(draft, ("networks", "student"), NetworkSpec)
    qtbot.addWidget(again)
    assert again.has("networks", "student", "model", "channels")
    assert not again.has("networks", "student", "model", "widths")


@pytest.mark.parametrize(("text", "value"), [("3", 3), ("3.5", 3.5), ("1e-3", 0.001), ("x", "x"), ("", "")])
def test_numbers_are_read_as_typed(text, value):
    assert parse_number(text) == value


def test_lists_are_read_between_commas_or_spaces():
    assert parse_numbers("1200, 800 30") == [1200, 800, 30]
    assert parse_numbers("") == []


def match_form(qtbot, draft):
    draft.choose(("strategy",), default_values(strategies["match"]))
    form = Form(draft, (), Experiment, only=("strategy",))
    qtbot.addWidget(form)
    return form


def test_terms_are_added_and_removed_by_name(qtbot, draft):
    form = match_form(qtbot, draft)
    add = form.editor("strategy", "terms").control
    add.chosen.emit("attention")
    add.chosen.emit("attention")
    assert list(draft.raw["strategy"]["terms"]) == ["soft targets", "attention", "attention 2"]
    assert draft.experiment.strategy.terms["attention 2"].weight == 1000
    form = Form(draft, (), Experiment, only=("strategy",))
    qtbot.addWidget(form)
    button = next(b for b in form.findChildren(QToolButton) if b.accessibleName() == "Remove attention")
    button.click()
    assert list(draft.raw["strategy"]["terms"]) == ["soft targets", "attention 2"]


def test_without_any_term_the_error_stands_at_the_terms(qtbot, draft):
    form = match_form(qtbot, draft)
    draft.remove(("strategy", "terms", "soft targets"))
    assert "at least 1" in form.error("strategy", "terms")
    assert draft.experiment is None


def test_taps_are_offered_and_put_in(qtbot, draft):
    draft.choose(("strategy",), default_values(strategies["match"]))
    draft.choose(("strategy", "terms", "attention"), {"name": "attention"})
    form = Form(draft, (), Experiment, only=("strategy",))
    qtbot.addWidget(form)
    path = ("strategy", "terms", "attention", "teacher_taps")
    editor = form.editor(*path)
    menu = editor.button.menu()
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == ["automatic", "block1", "block2"]
    menu.actions()[2].trigger()
    menu.actions()[1].trigger()
    assert draft.value(path) == ["block2", "block1"]
    assert editor.control.text() == "block2, block1"
    menu.actions()[0].trigger()
    assert draft.value(path) == []


def test_typed_taps_are_names_between_commas(qtbot, draft):
    draft.choose(("strategy",), default_values(strategies["match"]))
    draft.choose(("strategy", "terms", "attention"), {"name": "attention"})
    form = Form(draft, (), Experiment, only=("strategy",))
    qtbot.addWidget(form)
    path = ("strategy", "terms", "attention", "student_taps")
    form.editor(*path).control.textEdited.emit("block1.linear, block2,")
    assert draft.value(path) == ["block1.linear", "block2"]


def test_what_is_registered_later_is_offered_and_taken(qtbot, draft, monkeypatch):
    monkeypatch.setattr(schedules, "_entries", dict(schedules._entries))

    @schedules.register
    class Halves(Schedule):
        """Half the rate, always."""

        name: Literal["halves"] = "halves"
        share: float = option(0.5, "Share", "Share of the rate.", gt=0, le=1)

    form = Form(draft, ("networks", "student"), NetworkSpec)
    qtbot.addWidget(form)
    path = ("networks", "student", "training", "schedule")
    box = form.editor(*path).control
    box.setCurrentIndex(box.findData("halves"))
    assert draft.value((*path, "share")) == 0.5
    assert draft.experiment.networks["student"].training.schedule == Halves()
    again = Form(draft, ("networks", "student"), NetworkSpec)
    qtbot.addWidget(again)
    type_into(qtbot, again.editor(*path, "share"), "2")
    assert again.error(*path, "share") == "must be less than or equal to 1, not 2"


def test_a_number_that_may_be_left_out_has_an_empty_field_that_says_what_that_means(qtbot, draft):
    draft.choose(("strategy",), default_values(strategies["match"]))
    form = Form(draft, (), Experiment, only=("strategy",))
    qtbot.addWidget(form)
    editor = form.editor("strategy", "label_weight")
    assert (editor.control.text(), editor.control.placeholderText()) == ("", "from the terms")
    assert draft.experiment.strategy.label_weight is None
    type_into(qtbot, editor, "0.5")
    assert draft.experiment.strategy.label_weight == 0.5
    assert "--set strategy.label_weight=0.5" in draft.command()
    draft.set(("strategy", "label_weight"), "")
    assert draft.experiment.strategy.label_weight is None
    assert draft.problems == []


def test_a_swept_field_says_so_and_cannot_be_edited(qtbot, draft):
    form = Form(draft, (), Experiment, only=("strategy",))
    network = Form(draft, ("networks", "student"), NetworkSpec)
    for widget in (form, network):
        qtbot.addWidget(widget)
    editor = form.editor("strategy", "temperature")
    draft.set(("sweep", "strategy.temperature"), [1, 4])
    assert not editor.control.isEnabled()
    assert editor.unit.text() == "swept"
    epochs = network.editor("networks", "student", "training", "epochs")
    draft.set(
        ("sweep",), {"networks.student.training.epochs": [1, 4], "networks.student.model.name": ["mlp"]}
    )
    assert editor.control.isEnabled()
    assert (editor.unit.text(), epochs.unit.text()) == ("", "swept")
    model = network.editor("networks", "student", "model")
    assert (model.control.isEnabled(), model.unit.text()) == (True, "swept")
    draft.set(("sweep",), {})
    assert (epochs.unit.text(), model.unit.text()) == ("epochs", "")


def test_the_seed_of_the_data_is_the_experiments_where_none_is_given(qtbot, draft):
    form = Form(draft, ("data",), DataSpec)
    qtbot.addWidget(form)
    editor = form.editor("data", "seed")
    assert (editor.control.text(), editor.control.placeholderText()) == ("", "the seed")
    type_into(qtbot, editor, "7")
    assert draft.experiment.data.seed == 7


def test_a_right_click_on_the_name_of_what_can_be_swept_offers_it(qtbot, draft):
    form = Form(draft, (), Experiment, only=("seed", "strategy"))
    qtbot.addWidget(form)
    offers = {label.text(): label.actions() for label in form.findChildren(QLabel)}
    assert offers["Seed"] == []
    for title, path in (("Temperature T", "strategy.temperature"), ("Strategy", "strategy.name")):
        with qtbot.waitSignal(form.sweep_wanted) as wanted:
            offers[title][0].trigger()
        assert wanted.args == [path]


def test_a_changed_field_says_what_it_was_and_is_put_back(qtbot, draft):
    form = Form(draft, (), Experiment, only=("strategy",))
    qtbot.addWidget(form)
    form.show()
    path = ("strategy", "temperature")
    mark = form._rows[path].mark
    assert not mark.isVisible()
    type_into(qtbot, form.editor(*path), "3")
    assert mark.isVisible()
    assert mark.accessibleName() == "Temperature T is changed from 2: put it back"
    assert form._rows[path].label.actions()[-1].text() == "Put back 2"
    mark.click()
    assert not mark.isVisible()
    assert form.editor(*path).control.text() == "2"
    assert draft.changes == []
    assert all(not action.text().startswith("Put back") for action in form._rows[path].label.actions())


@pytest.mark.parametrize("name", list(strategies))
def test_every_field_of_every_strategy_is_put_back(qtbot, draft, name):
    draft.choose(("strategy",), default_values(strategies[name]))
    form = Form(draft, (), Experiment, only=("strategy",))
    qtbot.addWidget(form)
    for path, row in form._rows.items():
        editor = row.editor
        if isinstance(editor.control, QCheckBox):
            editor.control.click()
        elif isinstance(editor.control, QLineEdit):
            editor.control.textEdited.emit("7")
        else:
            continue
        assert not row.mark.isHidden() or not row.label.isVisibleTo(form), path
        row.mark.click()
        assert same(draft.value(path), draft.before(path, row.default)), path
        assert row.mark.isHidden()


def test_another_choice_is_put_back_with_its_options(qtbot, draft):
    path = ("networks", "student", "training", "optimizer")
    before = draft.value(path)
    draft.choose(path, {"name": "rmsprop", "learning_rate": 0.5})
    form = Form(draft, ("networks", "student"), NetworkSpec)
    qtbot.addWidget(form)
    assert not form._rows[path].mark.isHidden()
    form._rows[path].mark.click()
    assert draft.value(path) == before


def test_undo_leaves_the_cursor_where_it_was(qtbot, draft):
    form = Form(draft, (), Experiment, only=("name", "strategy"))
    qtbot.addWidget(form)
    line = form.editor("name").control
    line.setCursorPosition(3)
    qtbot.keyClicks(line, "xy")
    line.setCursorPosition(2)
    draft.undo()
    assert (line.text(), line.cursorPosition()) == ("digits-hinton", 2)
    draft.redo()
    assert line.text() == "digxyits-hinton"


@pytest.mark.parametrize("text", ["0.", "1e", "2,", " 3", "4 5"])
def test_what_is_being_typed_is_left_as_it_is(qtbot, draft, text):
    form = Form(draft, ("networks", "student"), NetworkSpec)
    qtbot.addWidget(form)
    for path in (("model", "widths"), ("training", "epochs")):
        editor = form.editor("networks", "student", *path)
        type_into(qtbot, editor, text)
        assert editor.control.text() == text


def test_rarely_used_fields_stand_behind_a_button_that_opens_where_something_is_set(qtbot, draft):
    form = Form(draft, ("data",), DataSpec)
    qtbot.addWidget(form)
    form.show()
    (advanced,) = form._disclosures
    noise = form._rows["data", "label_noise"]
    assert not advanced.isChecked()
    assert not noise.editor.isVisible()
    assert form.editor("data", "validation").isVisible()
    advanced.click()
    assert noise.editor.isVisible()
    assert advanced.accessibleName() == "Advanced, open"
    advanced.click()
    draft.set(("data", "label_noise"), 2)
    assert noise.editor.isVisible()
    assert noise.error.isVisible()
    advanced.click()
    assert not noise.error.isVisible()
    draft.set(("data", "label_noise"), 0.4)
    again = Form(draft, ("data",), DataSpec)
    qtbot.addWidget(again)
    assert again._disclosures[0].isChecked()


def test_help_tells_default_preset_and_path(qtbot, draft):
    form = Form(draft, (), Experiment, only=("strategy",))
    qtbot.addWidget(form)
    text, term = form.help_on(("strategy", "temperature"))
    assert term == "temperature"
    assert glossary().terms[term].says not in text  # stands beside it
    label = form._rows[("strategy", "temperature")].label
    assert glossary().terms[term].says in label.toolTip().replace("\n", " ")
    for part in (
        "Temperature T",
        "more than 0",
        "Default: 4",
        "Preset or file: 2",
        "--set strategy.temperature=",
    ):
        assert part in text


def test_a_double_click_selects_the_whole_number(qtbot):
    editor = NumberEditor(0.05)
    qtbot.addWidget(editor)
    editor.show()
    qtbot.mouseDClick(editor.control, Qt.MouseButton.LeftButton, pos=editor.control.rect().center())
    qtbot.keyClicks(editor.control, "50")
    assert editor.control.text() == "50"
