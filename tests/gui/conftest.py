"""A window offscreen, with its own settings and runs; every wait is for a signal."""

import gc
import shutil

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from kdstudio.gui.controller import State
from kdstudio.gui.theme import Theme
from kdstudio.runs.queue import process
from tests.forked import CAN_FORK
from tests.workers import forked_worker, nothing

LONGEST = 60_000


@pytest.fixture(autouse=True)
def collected_in_this_thread():
    """Widgets are collected here, not in a thread that computes: that would bring Qt down."""
    gc.disable()
    yield
    if QApplication.keyboardModifiers() != Qt.KeyboardModifier.NoModifier:
        QTest.keyClick(QWidget(), Qt.Key.Key_F35)  # those of the last key are held else, in the next test
    for left in QApplication.topLevelWidgets():  # a pop-up or dialog would have the keys of the next test
        left.hide()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # without a loop nobody does it
    gc.collect()
    gc.freeze()  # what is still there, modules most of all, need not be looked through after every test


@pytest.fixture(autouse=True)
def hook(monkeypatch):
    """Workers are forked; what is put here is called in those that begin from now on."""
    hooks = [nothing]
    if CAN_FORK:
        monkeypatch.setattr(process, "launch", lambda runs: forked_worker(runs, hooks[-1]))
    return hooks.append


@pytest.fixture(scope="session")
def one_theme(qapp, tmp_path_factory):
    """One theme for all: a style sheet takes longer than most tests."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    qapp.setOrganizationName("kdstudio-tests")
    qapp.setApplicationName("kdstudio-tests")
    keep_settings_in(tmp_path_factory.mktemp("settings"))
    return Theme(qapp)


def keep_settings_in(folder):
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder))


@pytest.fixture
def theme(one_theme, tmp_path):
    """The usual look, and settings of this test's own."""
    keep_settings_in(tmp_path / "settings")
    one_theme.choose("system")
    one_theme.resize(0)
    return one_theme


@pytest.fixture
def window(qtbot, theme, runs):
    """The whole window on an empty runs folder, with a quick experiment in the form."""
    from kdstudio.gui.window import MainWindow

    window = MainWindow(theme, runs)
    qtbot.addWidget(window)
    window.show()
    for role in ("teacher", "student"):
        window.draft.set(("networks", role, "training", "epochs"), 2)
    yield window
    window.controller.finish()


@pytest.fixture
def open_window(qtbot, theme, runs):
    """Open windows on whatever runs there are, as on another day; they end with the test."""
    from kdstudio.gui.window import MainWindow

    opened = []

    def open_now():
        window = MainWindow(theme, runs)
        qtbot.addWidget(window)
        window.show()
        window.index.look_now()
        opened.append(window)
        return window

    yield open_now
    for window in opened:
        window.finish()


def press(qtbot, button):
    """Click a button."""
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture(scope="session")
def kept_runs(tmp_path_factory):
    """Two finished runs with which every page has something to show."""
    from tests.small import run_in, small_experiment

    folder = tmp_path_factory.mktemp("kept")
    run_in(folder, small_experiment("seeds=2", 'sweep={"strategy.temperature"=[1, 4]}'), "swept")
    run_in(folder, small_experiment("networks.student.training.leave_out=[3]"), "never-seen")
    return folder


@pytest.fixture
def filled(qtbot, theme, kept_runs, runs):
    """The window on these runs."""
    from kdstudio.gui.window import MainWindow

    shutil.copytree(kept_runs, runs)
    window = MainWindow(theme, runs)
    qtbot.addWidget(window)
    window.show()
    window.index.look_now()
    yield window
    window.finish()


@pytest.fixture
def wait_for(qtbot, window):
    """Wait until the run is in one of some states."""

    def wait(*states: State) -> State:
        qtbot.waitUntil(lambda: window.controller.state in states, timeout=LONGEST)
        return window.controller.state

    return wait


@pytest.fixture
def finished(window, wait_for):
    """The window after a run to the end."""
    window.run()
    assert wait_for(State.FINISHED, State.FAILED) is State.FINISHED
    return window
