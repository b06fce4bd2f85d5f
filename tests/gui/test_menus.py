"""Menus and their keys: files, undo, pages, size, help."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QToolButton

from kdstudio.gui.about_dialog import AboutDialog
from kdstudio.gui.help_dialog import HelpDialog, ShortcutsDialog, shortcuts
from kdstudio.gui.pages import KEYS, PAGES
from kdstudio.gui.recent_files import recent_files
from kdstudio.runs.presets import load_experiment, save_experiment

CONTROL = Qt.KeyboardModifier.ControlModifier
SAME_ROW = 12
"""Pixels between the middles of controls side by side."""
SHIFT = Qt.KeyboardModifier.ShiftModifier


def action(window, text):
    actions = window.menuBar().findChildren(QAction)
    return next(one for one in actions if one.text().replace("&", "").partition("\t")[0] == text)


def fields(window):
    return window.experiment_page.form


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_keys_turn_to_pages_and_the_focus_goes_along(window, qtbot, name):
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key(ord(KEYS[name].removeprefix("Ctrl+"))), CONTROL)
    assert window.current_page == name
    assert window.rail.buttons[name].isChecked()
    focus = window.focusWidget()
    assert focus is window.page(name) or window.page(name).isAncestorOf(focus)


def test_no_key_has_two_meanings(window):
    keys = [key.toString() for one in window.menuBar().findChildren(QAction) for key in one.shortcuts()]
    assert len(keys) == len(set(keys))
    assert not {"Ctrl+R", "Ctrl+P", "Ctrl+.", "Ctrl+Shift+S", "Ctrl+C"} & set(keys)


def test_undo_by_keys_while_a_field_is_typed_in(window, qtbot):
    window.activateWindow()
    window.draft.load("digits-hinton")
    line = fields(window).form_with("name").editor("name").control
    line.setFocus()
    qtbot.keyClicks(line, "-two")
    assert window.draft.value(("name",)) == "digits-hinton-two"
    qtbot.keyClick(line, Qt.Key.Key_Z, CONTROL)
    assert line.text() == "digits-hinton"
    qtbot.keyClick(line, Qt.Key.Key_Z, CONTROL | SHIFT)
    assert line.text() == "digits-hinton-two"
    action(window, "Reset all to preset or file").trigger()
    assert line.text() == "digits-hinton"
    window.show_page("Compare")
    assert not action(window, "Undo").isEnabled()


def test_a_preset_is_opened_from_the_menu(window):
    window.show_page("Live")
    action(window, "digits-mutual").trigger()
    assert window.current_page == "Experiment"
    assert window.draft.source == "digits-mutual"


def test_files_are_opened_saved_and_listed(window, monkeypatch, tmp_path):
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    save_experiment(load_experiment("digits-mutual"), first)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(first), ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(second), ""))
    action(window, "Open…").trigger()
    assert window.draft.source == str(first)
    window.draft.set(("seeds",), 3)
    action(window, "Save").trigger()
    assert load_experiment(str(first)).seeds == 3
    assert window.draft.changes == []
    window.draft.set(("seeds",), 5)
    action(window, "Save as…").trigger()
    assert (load_experiment(str(first)).seeds, load_experiment(str(second)).seeds) == (3, 5)
    assert window.draft.source == str(second)
    assert recent_files() == [str(second), str(first)]
    window.menus.recent.aboutToShow.emit()
    window.menus.recent.actions()[1].trigger()
    assert window.draft.source == str(first)
    first.unlink()
    assert recent_files() == [str(second)]


def test_a_preset_is_saved_under_another_name_and_mistakes_are_not_saved(window, monkeypatch, tmp_path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    action(window, "Save").trigger()
    assert load_experiment(str(tmp_path / "mine.toml")) == window.draft.experiment
    window.draft.set(("strategy", "alpha"), 2)
    action(window, "Save").trigger()
    assert "mistakes" in window.error.message


def test_text_grows_and_shrinks_and_is_remembered(window, qtbot, theme, qapp):
    usual = qapp.font().pointSizeF()
    action(window, "Larger text").trigger()
    action(window, "Larger text").trigger()
    assert qapp.font().pointSizeF() == pytest.approx(1.3 * usual)
    assert float(QSettings().value("size")) == 1.3
    action(window, "Smaller text").trigger()
    assert theme.size == 1.15
    action(window, "Usual text").trigger()
    assert qapp.font().pointSizeF() == usual


def test_the_run_menu_tells_what_the_run_bar_does(window):
    run = next(one for one in window.menuBar().findChildren(QAction) if one.text() == "Run\tCtrl+R")
    assert run.isEnabled()
    window.draft.set(("strategy", "alpha"), 2)
    run.parent().aboutToShow.emit()
    assert run.isEnabled() == window.run_bar.run_button.isEnabled()


def test_help_is_on_the_field_that_has_the_focus(window):
    line = fields(window).form_with("strategy", "alpha").editor("strategy", "alpha").control
    line.setFocus()
    action(window, "Help on this field or page").trigger()
    dialog = window.findChild(HelpDialog)
    text = dialog.label.text()
    assert dialog.glossary.term == "alpha"
    assert "Alpha α" in text
    assert "--set strategy.alpha=" in text
    assert "Experiment page" in text


def test_about_is_copied(window):
    action(window, "About KD Studio").trigger()
    dialog = window.findChild(AboutDialog)
    dialog.copy_button.click()
    text = QGuiApplication.clipboard().text()
    for part in ("KD Studio: ", "Python: ", "torch: ", "Qt: ", str(window.runs)):
        assert part in text


def test_every_key_is_listed(window):
    keys = shortcuts(window)
    assert keys["Compare"] == "Ctrl+6"
    assert keys["Run"] == "Ctrl+R"
    assert keys["Save as"] == "Ctrl+Shift+S"
    action(window, "Keyboard shortcuts").trigger()
    assert window.findChild(ShortcutsDialog).table.rowCount() > len(keys)


def test_tab_leads_through_the_form_from_top_to_bottom(window, qtbot):
    window.draft.load("digits-hinton")
    form = fields(window)
    inside = form._scroll.widget()
    next(button for button in inside.findChildren(QToolButton) if button.objectName() == "fold").setFocus()
    places = []
    while inside.isAncestorOf(widget := window.focusWidget()):
        places.append((widget.mapTo(inside, widget.rect().center()).y(), widget.accessibleName()))
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    assert len(places) > 40
    back = [pair for pair in pairwise(places) if pair[1][0] < pair[0][0] - SAME_ROW]
    assert back == []
