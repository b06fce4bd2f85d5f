"""The form of the whole experiment: what belongs together, and what is kept when it is made anew."""

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QLabel

from kdstudio.engine.strategy import strategies
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.fields import default_values
from kdstudio.gui.pages.experiment.form_column import FormColumn


@pytest.fixture
def column(qtbot):
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
    assert column._draft.experiment.sweep == {path: (40,)}
    editor = column.form_with("sweep", path).editor("sweep", path)
    top = editor.mapTo(column, QPoint(0, 0)).y()
    assert 0 <= top < column.height()
    name.actions()[0].trigger()
    assert column._draft.experiment.sweep == {path: (40,)}


def test_a_sweep_outlives_another_strategy(column):
    column.sweep.add("strategy.temperature")
    column._draft.choose(("strategy",), default_values(strategies["supervised"]))
    assert "no such field" in column.sweep.error("sweep", "strategy.temperature")
    column._draft.choose(("strategy",), default_values(strategies["hinton"]))
    assert column.sweep.error("sweep", "strategy.temperature") == ""


def test_it_is_never_narrower_than_its_fields(column):
    assert column.minimumWidth() >= max(form.minimumSizeHint().width() for form in column._forms)
