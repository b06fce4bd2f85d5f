"""What is dropped on the experiment page goes where it belongs."""

import pytest
from PySide6.QtWidgets import QLineEdit, QWidget

from kdstudio.gui.dropping import what_is
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.pages.experiment.taking import Taking
from tests.gui.dropping import drop


@pytest.fixture
def page(qtbot, theme):
    page = QWidget()
    qtbot.addWidget(page)
    page.draft, page.loaded = Draft("digits-hinton"), []
    page.taking = Taking(page, page.draft, page.loaded.append)
    return page


def test_a_folder_of_images_becomes_the_data(page, tmp_path):
    assert drop(page, tmp_path)
    source = page.draft.experiment.data.source
    assert (source.name, source.path) == ("folder", str(tmp_path))


def test_an_experiment_is_loaded(page, tmp_path):
    file = tmp_path / "mine.toml"
    file.touch()
    assert drop(page, file)
    run = tmp_path / "run"
    run.mkdir()
    (run / "experiment.toml").touch()
    assert drop(page, run)
    assert page.loaded == [str(file), str(run / "experiment.toml")]


def test_of_weights_it_is_asked_whose_they_are(page, tmp_path):
    file = tmp_path / "net.safetensors"
    file.touch()
    menu = page.taking.offer(file)
    assert [action.text() for action in menu.actions()] == [
        "Weights of the teacher",
        "Weights of the student",
    ]
    menu.actions()[0].trigger()
    weights = page.draft.experiment.networks["teacher"].weights
    assert (weights.origin, weights.path) == ("file", str(file))
    assert page.draft.experiment.networks["student"].weights.origin == "training"


def test_nothing_else_is_let_in(page, tmp_path):
    file = tmp_path / "notes.txt"
    file.touch()
    assert not drop(page, file)
    assert what_is(file) is None


def test_fields_leave_drops_to_the_page(window, tmp_path):
    page = window.page("Experiment")
    assert page.acceptDrops()
    assert not any(line.acceptDrops() for line in page.form.findChildren(QLineEdit))
