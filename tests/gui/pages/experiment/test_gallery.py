"""The gallery of presets: search, filter, times."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from kdstudio.gui.pages.experiment.gallery import Gallery
from kdstudio.runs.presets import preset_names
from tests.runs.test_preset_facts import summary


@pytest.fixture
def gallery(qtbot, theme):
    gallery = Gallery()
    gallery.fill()
    qtbot.addWidget(gallery)
    gallery.show()
    return gallery


def test_all_presets_are_shown_at_first(gallery):
    assert gallery.shown() == preset_names()
    assert not gallery.count.isVisible()


def test_words_narrow_it_and_empty_groups_go(gallery, qtbot):
    qtbot.keyClicks(gallery.search, "mutual mnist")
    assert gallery.shown() == ["mnist-mutual", "mnist-mutual-noise"]
    assert [label.text() for label in gallery._headings.values() if label.isVisible()] == ["MNIST: minutes"]
    assert gallery.count.text() == f"2 of {len(preset_names())} presets."
    gallery.search.clear()
    assert gallery.shown() == preset_names()


def test_nothing_found_says_what_to_do(gallery, qtbot):
    qtbot.keyClicks(gallery.search, "no such thing")
    assert gallery.shown() == []
    assert "Clear the search" in gallery.count.text()


def test_filters_narrow_it(gallery):
    narrow = gallery.filter
    narrow.choose(narrow.data, "Small digits")
    narrow.choose(narrow.strategy, "Mutual learning")
    assert gallery.shown() == ["digits-mutual"]
    assert narrow.text() == "Filter (2)"
    narrow.clear()
    assert gallery.shown() == preset_names()
    narrow.choose(narrow.time, "up to a minute")
    assert "digits-hinton" in gallery.shown()
    assert not any("cifar" in name for name in gallery.shown())


def test_a_measured_time_takes_the_place_of_the_expected_one(gallery):
    button = gallery.button("digits-hinton")
    assert button.time.text().startswith("expected:")
    gallery.show_times([summary(200.0)])
    assert button.time.text() == "3 min 20 s on this machine"
    assert "3 min 20 s on this machine" in button.accessibleName()
    gallery.filter.choose(gallery.filter.time, "up to a minute")
    assert "digits-hinton" not in gallery.shown()


def test_keys_alone_pick_a_preset(gallery, qtbot):
    qtbot.keyClicks(gallery.search, "born digits")
    with qtbot.waitSignal(gallery.picked) as told:
        qtbot.keyClick(gallery.search, Qt.Key.Key_Return)
    assert told.args == ["digits-born-again"]
    gallery.activateWindow()
    qtbot.keyClick(gallery.search, Qt.Key.Key_Down)
    assert gallery.focusWidget() is gallery.button("digits-born-again")


def test_data_that_are_missing_are_named(qtbot, theme, monkeypatch, tmp_path):
    monkeypatch.setenv("KDSTUDIO_DATA", str(tmp_path))
    gallery = Gallery()
    gallery.fill()
    qtbot.addWidget(gallery)
    read = [label.text() for label in gallery.button("mnist-hinton").findChildren(QLabel)]
    assert "Soft targets · MNIST (needs a download)" in read


def test_the_preset_in_the_form_is_in_sight(gallery):
    last = gallery.button(preset_names()[-1])
    gallery.resize(250, 400)
    gallery.mark(last.name)
    assert last.visibleRegion().boundingRect() == last.rect()
