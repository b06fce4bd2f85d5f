"""A signal closes the window, and what runs is kept with a checkpoint."""

import os
import signal
import subprocess
import sys

import pytest
from PySide6.QtWidgets import QApplication

from kdstudio.gui.controller import State
from kdstudio.gui.ending import EndingSignals
from kdstudio.runs.folder import RunFolder, run_folders
from kdstudio.runs.queue.queue import Queue
from tests.gui.conftest import LONGEST
from tests.waiting import wait_until


@pytest.fixture
def ending(window):
    before = signal.getsignal(signal.SIGTERM)
    ending = EndingSignals(window)
    yield ending
    ending.forget()
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_window_in_which_nothing_runs_closes_at_once(window, ending, qtbot, number):
    signal.raise_signal(number)
    qtbot.waitUntil(lambda: not window.isVisible())
    assert ending.number == number


def test_a_run_is_kept_with_a_checkpoint_and_nothing_is_asked(window, ending, qtbot, wait_for):
    window.draft.set(("networks", "teacher", "training", "epochs"), 10_000)
    window.run()
    wait_for(State.RUNNING)
    signal.raise_signal(signal.SIGTERM)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONGEST)
    assert QApplication.activeModalWidget() is None
    (folder,) = run_folders(window.controller.watch.queue.runs)
    assert folder.summary().status == "stopped"
    assert folder.checkpoint_file.exists()
    window.controller.finish()
    assert [entry.state for entry in window.controller.watch.queue.entries()] == ["interrupted"]


@pytest.mark.slow
def test_the_program_ends_with_the_code_of_its_signal_and_its_worker_with_it(runs):
    """A worker begins what waits as soon as somebody adds to the queue."""
    from tests.small import small_experiment

    code = """
from PySide6.QtCore import QTimer
from kdstudio.gui import app
from kdstudio.gui.window import MainWindow
begin = MainWindow.begin
def tell(window, runs):
    begin(window, runs)
    QTimer.singleShot(0, lambda: print("open", flush=True))
MainWindow.begin = tell
app.main()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout.readline() == "open\n"
        Queue(runs).add(small_experiment("networks.teacher.training.epochs=10000"))
        wait_until(lambda: any((run.path / "confusion").exists() for run in run_folders(runs)))
        os.kill(program.pid, signal.SIGTERM)
        assert program.wait(60) == 143
    (entry,) = Queue(runs).entries()
    assert entry.state == "interrupted"
    assert RunFolder(runs / entry.run).checkpoint_file.exists()
