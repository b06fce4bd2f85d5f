"""What people come to do, from the first key to the last: no mouse, nothing but the widget with the focus."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication

from kdstudio.gui.controller import State
from tests.gui.conftest import LONGEST

CLASSES = ("bright", "dark")


class Keyboard:
    """Types into whatever has the focus."""

    def __init__(self, qtbot, window):
        self._qtbot, self._window = qtbot, window

    def press(self, *names):
        for name in names:
            combination = QKeySequence(name)[0]
            self._qtbot.keyClick(self.focus(), combination.key(), combination.keyboardModifiers())

    def type(self, text):
        self._qtbot.keyClicks(self.focus(), text)

    def focus(self):
        """Return the widget with the focus, once the dialog or window in front is active."""
        front = QApplication.activeModalWidget() or self._window
        if not front.isActiveWindow():
            front.activateWindow()  # here there is nothing else that does it when a dialog closes
        self._qtbot.waitUntil(lambda: front.isActiveWindow() and QApplication.focusWidget() is not None)
        return QApplication.focusWidget()

    def go_to(self, words, text):
        """Find a field of the form by ``words``, and write ``text`` into it."""
        self.press("Ctrl+G")
        self.type(words)
        self.press("Return")
        self.type(text)

    def tab_to(self, wanted):
        """Press Tab until ``wanted`` has the focus; returns how often."""
        for count in range(200):
            if self.focus() is wanted:
                return count
            self.press("Tab")
        raise AssertionError(f"Tab does not lead to {wanted}")

    def save_as(self, path):
        self.press("Ctrl+Shift+S")
        self.type(str(path))
        self.press("Return")


@pytest.fixture
def keys(qtbot, window):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return Keyboard(qtbot, window)


@pytest.fixture
def photos(tmp_path):
    """A folder of JPEGs of two classes, one bright and one dark."""
    generator = np.random.default_rng(0)
    for part, count in (("train", 20), ("test", 5)):
        for mean, name in zip((180, 60), CLASSES, strict=True):
            folder = tmp_path / "photos" / part / name
            folder.mkdir(parents=True)
            for number in range(count):
                pixels = generator.integers(mean - 40, mean + 40, (16, 16, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{number}.jpg")
    return tmp_path / "photos"


def control(window, *path):
    return window.experiment_page.form.form_with(*path).editor(*path).control


def small_networks(window):
    """What the preset has takes a minute where other work is done beside it."""
    for role in ("teacher", "student"):
        window.draft.choose(("networks", role, "model"), {"name": "mlp", "widths": [8]})


def few_epochs(keys):
    for role in ("teacher", "student"):
        keys.go_to(f"{role} epochs", "2")


@pytest.mark.slow
def test_run_what_is_there_and_read_what_came_out(window, wait_for, keys):
    keys.press("Ctrl+R")
    assert wait_for(State.FINISHED, State.FAILED) is State.FINISHED
    assert window.current_page == "Live"
    assert "errors of 450" in window.page("Live").result.sentence.text()


@pytest.mark.slow
def test_repeat_the_missing_threes_and_find_the_figure(qtbot, window, wait_for, keys):
    keys.press("Ctrl+1")
    keys.type("unseen")
    keys.press("Return")
    assert window.draft.source == "digits-no-threes"
    few_epochs(keys)
    keys.go_to("number of seeds", "1")
    keys.press("Ctrl+R")
    assert wait_for(State.FINISHED, State.FAILED) is State.FINISHED
    keys.tab_to(window.page("Live").result.buttons["Unseen"])
    keys.press("Return")
    assert window.current_page == "Unseen"
    unseen = window.page("Unseen")
    qtbot.waitUntil(lambda: "student" in unseen.bars._values, timeout=LONGEST)
    assert unseen.picker.run == window.controller.folder


@pytest.mark.slow
def test_three_temperatures_and_three_seeds_into_a_table_and_a_figure(
    qtbot, window, wait_for, keys, tmp_path
):
    keys.go_to("number of seeds", "3")
    keys.tab_to(window.experiment_page.form.sweep.add_button)
    keys.press("Return")
    keys.type("temperature")
    keys.press("Return")
    keys.type("1, 4, 20")
    assert window.draft.experiment.sweep == {"strategy.temperature": (1.0, 4.0, 20.0)}
    keys.press("Ctrl+R")
    assert wait_for(State.FINISHED, State.FAILED) is State.FINISHED
    keys.tab_to(window.page("Live").result.buttons["Compare"])
    keys.press("Return")
    compare = window.page("Compare")
    assert compare.figures.shown() == "Accuracy against T"
    keys.tab_to(compare.figures.plot.plot)
    keys.save_as(tmp_path / "figure.svg")
    assert "<svg" in (tmp_path / "figure.svg").read_text()
    keys.tab_to(compare.notes)
    keys.save_as(tmp_path / "table.tex")
    assert "student T20 & " in (tmp_path / "table.tex").read_text()


@pytest.mark.slow
def test_a_folder_of_photographs_to_a_small_network(qtbot, window, wait_for, keys, photos, tmp_path):
    keys.type("folder soft targets")
    keys.press("Return")
    assert window.draft.source == "folder-resnet"
    small_networks(window)
    keys.go_to("folder", str(photos))
    few_epochs(keys)
    keys.press("Ctrl+R")
    assert wait_for(State.FINISHED, State.FAILED) is State.FINISHED
    keys.tab_to(window.page("Live").result.buttons["Export"])
    keys.press("Return")
    assert window.current_page == "Export"
    export = window.page("Export")
    qtbot.waitUntil(export.networks.boxes["teacher"].isVisible)
    for name in ("teacher", "baseline"):
        keys.tab_to(export.networks.boxes[name])
        keys.press("Space")
    assert export.networks.ticked() == ["student"]
    keys.tab_to(export.destination.folder_line)
    keys.type(str(tmp_path / "shipped"))
    with qtbot.waitSignal(export.exported, timeout=LONGEST):
        keys.press("Ctrl+Return")
    assert {file.suffix for file in (tmp_path / "shipped").iterdir()} == {".json", ".safetensors"}


@pytest.mark.slow
def test_a_wrong_folder_is_told_before_the_run_and_mended(window, wait_for, keys, photos):
    keys.type("folder soft targets")
    keys.press("Return")
    small_networks(window)
    few_epochs(keys)
    keys.go_to("folder", str(photos) + "-of-last-year")
    keys.press("Tab", "Ctrl+R")
    assert wait_for(State.FAILED) is State.FAILED
    assert window.error is not None
    keys.press("Return")
    assert keys.focus() is control(window, "data", "source", "path")
    keys.press("Ctrl+A")
    keys.type(str(photos))
    keys.press("Ctrl+R")
    assert wait_for(State.FINISHED, State.FAILED) is State.FINISHED


def test_a_value_out_of_range_is_led_to_from_the_run_bar(window, keys):
    keys.go_to("alpha", "2")
    assert not window.run_bar.run_button.isEnabled()
    keys.press("Ctrl+2")
    keys.tab_to(window.run_bar.word)
    keys.press("Return")
    assert window.current_page == "Experiment"
    assert keys.focus() is control(window, "strategy", "alpha")
    keys.press("Ctrl+A")
    keys.type("0.9")
    assert window.run_bar.run_button.isEnabled()


def test_the_page_asked_for_has_the_focus_wherever_it_was(window, keys):
    window.run_bar.run_button.setFocus()
    keys.press("Ctrl+1")
    assert window.experiment_page.isAncestorOf(keys.focus())
    keys.press("Ctrl+G")
    keys.type("device")
    keys.press("Return")
    assert keys.focus() is control(window, "compute", "device")
    assert keys.focus().visibleRegion().boundingRect().height() == keys.focus().height()
