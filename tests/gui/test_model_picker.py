"""The catalogue of architectures: search, sizes, layers and taps."""

import pytest
from PySide6.QtCore import Qt

from kdstudio.gui import model_picker
from kdstudio.gui.model_picker import ModelPicker
from kdstudio.models.declaration import ImageShape, models

KNOWN = [
    models["resnet"](depth=8),
    models["resnet"](depth=20),
    models["mlp"](widths=(30, 30)),
    models["torchvision"](architecture="alexnet"),
]


@pytest.fixture
def picker(qtbot, theme, monkeypatch):
    monkeypatch.setattr(model_picker, "known_models", lambda: iter(KNOWN))
    picker = ModelPicker(ImageShape(3, 32, 32), 10)
    picker.open()
    qtbot.waitUntil(lambda: picker.table.rowCount() == len(KNOWN), timeout=60_000)
    return picker


def visible(picker):
    return [
        picker.table.item(row, 0).text()
        for row in range(picker.table.rowCount())
        if not picker.table.isRowHidden(row)
    ]


def test_sizes_are_those_of_the_data_at_hand(picker):
    assert picker.table.item(1, 1).text() == "270 k"
    assert picker.table.item(2, 1).text() == "93.4 k"


def test_an_architecture_that_cannot_take_the_images_cannot_be_chosen(picker):
    assert picker.table.item(3, 1).text() == "not for such images"
    picker.table.selectRow(3)
    assert picker.selected() is None


def test_search_finds_by_all_words(picker):
    picker.search.setText("resnet 2015 20")
    assert visible(picker) == ["resnet-8", "resnet-20"]
    picker.search.setText("resnet-20")
    assert visible(picker) == ["resnet-20"]
    picker.search.setText("he et al")
    assert visible(picker) == ["resnet-8", "resnet-20"]
    picker.search.setText("")
    assert len(visible(picker)) == len(KNOWN)


def test_keys_alone_choose(picker, qtbot):
    qtbot.keyClicks(picker.search, "resnet")
    assert picker.selected() == KNOWN[0]
    qtbot.keyClick(picker.search, Qt.Key.Key_Down)
    assert picker.selected() == KNOWN[1]
    with qtbot.waitSignal(picker.chosen) as told:
        qtbot.keyClick(picker.search, Qt.Key.Key_Return)
    assert told.args[0] == KNOWN[1]


def test_the_selected_one_says_what_it_is(picker):
    picker.table.selectRow(0)
    assert "Three stages of residual blocks" in picker.about.text()
    assert "He et al. 2015" in picker.about.text()


def test_the_layers_of_the_selected_one_show_its_taps(picker, qtbot):
    picker.table.selectRow(0)
    qtbot.waitUntil(lambda: picker.tree.topLevelItemCount() > 0, timeout=60_000)
    items = [picker.tree.topLevelItem(i) for i in range(picker.tree.topLevelItemCount())]
    assert [item.text(0) for item in items] == ["stem", "block1", "block2", "block3", "pool", "classifier"]
    assert [item.text(3) for item in items] == ["", "block1", "block2", "block3", "pool", ""]
    assert items[-1].text(2) == "650"


def test_choosing_tells_the_architecture(picker, qtbot):
    picker.table.selectRow(1)
    with qtbot.waitSignal(picker.chosen) as told:
        picker.choose_button.click()
    assert told.args[0] == KNOWN[1]


def test_the_chosen_architecture_goes_into_the_form(window, qtbot, monkeypatch):
    monkeypatch.setattr(model_picker, "known_models", lambda: iter(KNOWN))
    window.page("Experiment").pick_model("student")
    picker = window.page("Experiment").picker
    qtbot.waitUntil(lambda: picker.table.rowCount() == len(KNOWN), timeout=60_000)
    picker.table.selectRow(2)
    picker.choose_button.click()
    assert window.draft.experiment.networks["student"].model == KNOWN[2]
    assert window.page("Experiment").form.form_with("networks", "student", "model", "widths")
