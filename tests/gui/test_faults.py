"""Whatever nobody caught ends in one place, from wherever it comes, and is told once."""

import gc
import sys
import threading

import pytest
from PySide6.QtCore import QTimer, qInstallMessageHandler, qWarning
from PySide6.QtGui import QGuiApplication

from kdstudio.fault_log import log_file, log_folder
from kdstudio.gui import fault_strip
from kdstudio.gui.background import BackgroundJob
from kdstudio.gui.fault_strip import FaultStrip
from kdstudio.gui.faults import Faults


@pytest.fixture
def faults(qapp, monkeypatch):
    """They end here for one test."""
    hooks = [(sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")]
    for module, name in hooks:
        monkeypatch.setattr(module, name, getattr(module, name))
    before = qInstallMessageHandler(None)
    caught = Faults(qapp)
    caught.catch_everything()
    yield caught
    qInstallMessageHandler(before)
    caught.deleteLater()


class Unwilling:
    def __del__(self):
        raise ValueError("in __del__")


def fail(*_arguments):
    raise ValueError("in a thread")


def in_a_thread():
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def in_a_slot():
    QTimer.singleShot(0, fail)


def in_a_destructor():
    Unwilling()
    gc.collect()


def in_a_job_that_nobody_waits_for():
    BackgroundJob("unheard", QGuiApplication.instance()).start(fail)


@pytest.mark.parametrize("where", [in_a_thread, in_a_slot, in_a_destructor, in_a_job_that_nobody_waits_for])
def test_it_is_told_from_wherever_it_comes(where, faults, qtbot, capsys):
    strip = FaultStrip(faults)
    qtbot.addWidget(strip)
    where()
    qtbot.waitUntil(lambda: bool(strip.text.text()))
    assert strip.text.text().startswith("Something went wrong, and the window goes on: ValueError: in ")
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert "Traceback" in log_file().read_text()


def test_the_same_is_told_once_and_others_are_counted(faults, qtbot, capsys):
    strip = FaultStrip(faults)
    qtbot.addWidget(strip)
    strip.show()
    for _ in range(3):
        in_a_thread()
    in_a_destructor()
    qtbot.waitUntil(lambda: strip.text.text().endswith(" And 1 more, in the log."))
    strip.buttons["Copy details"].click()
    copied = QGuiApplication.clipboard().text()
    assert copied.count("Traceback") == 2
    assert "PySide" not in copied.partition("\n")[0]
    strip.buttons["Close"].click()
    assert not strip.isVisible()
    in_a_thread()
    qtbot.wait(1)
    assert not strip.isVisible(), "the same again"


def test_what_happened_before_there_was_a_window_is_told_in_it(faults, qtbot, capsys):
    in_a_thread()
    strip = FaultStrip(faults)
    qtbot.addWidget(strip)
    assert "ValueError: in a thread" in strip.text.text()


def test_the_log_is_opened(faults, qtbot, monkeypatch):
    opened = []
    monkeypatch.setattr(fault_strip, "open_path", lambda path, _parent: opened.append(path))
    strip = FaultStrip(faults)
    qtbot.addWidget(strip)
    strip.buttons["Open log"].click()
    assert opened == [log_folder()]


def test_what_qt_complains_of_is_in_the_log_alone(faults, capfd):
    for _ in range(2):
        qWarning("QWidget: odd")
    assert log_file().read_text().count("Qt: QWidget: odd") == 1
    assert faults.untold == []
    assert capfd.readouterr().err == ""
