"""Starting: no torch before the first paint, and one line where no window can open."""

import os
import subprocess
import sys
import time

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from kdstudio import fault_log
from kdstudio.errors import KDStudioError
from kdstudio.gui import app
from kdstudio.gui.faults import Faults
from tests.small import interrupt_in, run_in, small_experiment


def run_python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env=kept | environment,
        timeout=120,
    )


def test_the_window_is_painted_before_anything_is_loaded_and_its_form_before_torch(tmp_path):
    code = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication
from kdstudio.gui.theme import Theme
from kdstudio.gui.window import MainWindow
application = QApplication([])
window = MainWindow(Theme(application))
LATER = {"torch", "pydantic", "numpy", "pyqtgraph", "psutil", "filelock"}
class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            print(LATER & set(sys.modules))
            watched.removeEventFilter(self)
        return False
watch = Watch()
window.rail.installEventFilter(watch)
window.show()
application.processEvents()
window.begin(Path(os.environ["KDSTUDIO_RUNS"]))
window.run_bar.installEventFilter(watch)
LATER = {"torch", "numpy", "pyqtgraph"}
application.processEvents()
print(window.draft.experiment.name)
"""
    told = run_python(code, QT_QPA_PLATFORM="offscreen", KDSTUDIO_RUNS=str(tmp_path))
    assert told.stdout.split() == ["set()", "set()", "digits-hinton"], told.stderr


def test_a_window_with_its_title_bar_has_room_or_not(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    room = window.screen().availableSize()
    window.resize(room.width(), room.height() - app.TITLE_BAR)
    assert app.has_room(window)
    window.resize(room)
    assert not app.has_room(window)


def test_the_program_ends_at_once_and_in_peace_while_a_thread_is_in_torch():
    code = """
import torch
from PySide6.QtCore import QCoreApplication, QTimer
from kdstudio.gui import app
from kdstudio.gui.background import BackgroundJob

def multiply(_progress):
    while True:
        torch.ones(50, 50) @ torch.ones(50, 50)

def busy_window():
    application = QCoreApplication([])
    job = BackgroundJob("busy", application)
    job.start(multiply)
    QTimer.singleShot(300, application.quit)
    application.exec()
    return 7

app.open_window = busy_window
app.main()
"""
    told = run_python(code)
    assert (told.returncode, told.stderr) == (7, "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_a_display_one_line_names_the_command_line():
    told = run_python("import sys; sys.argv = ['kdstudio']; from kdstudio.__main__ import main; main()")
    assert told.returncode == 2
    assert told.stdout == ""
    assert "kdstudio run" in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Debian's packages")
def test_missing_system_libraries_are_named_with_their_packages(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(app, "_is_there", lambda library: library != "libxcb-cursor.so.0")
    with pytest.raises(KDStudioError, match="apt install libxcb-cursor0"):
        app.check_display()


def leave_a_trace(runs, began):
    """A window of a process that is not there any more, which began then and ended now."""
    fault_log.log_folder().mkdir(parents=True, exist_ok=True)
    trace = fault_log.log_folder() / f"{fault_log.WINDOW} {2**30} {int(began * 1e9)}.trace"
    trace.write_text("Fatal Python error: Segmentation fault")


def test_an_unexpected_end_is_told_once_with_the_run_that_was_interrupted(window, runs, qtbot):
    began = time.time()
    interrupt_in(runs, "unlucky")
    leave_a_trace(runs, began)
    strip = app.show_faults(window, Faults(window))
    qtbot.waitUntil(strip.isVisible)
    assert strip.text.text().startswith("KD Studio ended unexpectedly on ")
    assert "unlucky was interrupted and can go on" in strip.text.text()
    strip.buttons["Copy details"].click()
    assert "Segmentation fault" in QGuiApplication.clipboard().text()
    assert fault_log.crashes() == []


CRASHING = """
import faulthandler, os, sys
from kdstudio import fault_log
from kdstudio.gui import app
app.open_window = lambda: {}
app.main()
"""


@pytest.mark.parametrize(
    ("end", "told"),
    [("faulthandler._sigsegv()", "Segmentation fault"), ("os.abort()", "Aborted"), ("os._exit(9)", "")],
)
def test_a_window_that_dies_leaves_what_it_died_of(end, told):
    run_python(CRASHING.format(end))
    (crash,) = fault_log.crashes()
    assert told in crash.trace
    assert bool(crash.ended) is bool(told)


def test_a_fault_at_the_start_is_one_line_and_no_unexpected_end():
    done = run_python(CRASHING.format("1 / 0"))
    assert done.returncode == app.FAULT
    assert done.stderr.splitlines() == [
        "kdstudio: the window could not go on: ZeroDivisionError: division by zero; the details are in "
        f"{fault_log.log_file()}"
    ]
    assert "Traceback" in fault_log.log_file().read_text()
    assert fault_log.crashes() == []


EXPORT = """
import locale, sys
from pathlib import Path
from kdstudio.gui.app import make_application
application = make_application()
from kdstudio.gui.forms.editors import NumberEditor
from kdstudio.runs.exporting.export import export_networks
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.formats.onnx import Onnx
print(locale.localeconv()["decimal_point"], locale.setlocale(locale.LC_TIME))
editor, told = NumberEditor(0.5), []
editor.edited.connect(told.append)
editor.control.setText("0.25")
editor.control.textEdited.emit("0.25")
print(editor.control.text(), told)
run, out = map(Path, sys.argv[1:])
made = export_networks(RunFolder(run), ["student"], [Onnx()], out)
print([row.agreement for row in made.rows], made.refusals)
"""


def has_locale(name: str) -> bool:
    code = f"import locale; locale.setlocale(locale.LC_ALL, {name!r})"
    return run_python(code).returncode == 0


def test_exports_from_the_window_know_no_decimal_comma(runs, tmp_path):
    if not has_locale("de_DE.UTF-8"):
        pytest.skip("the locale de_DE.UTF-8 is not on this machine")
    run = run_in(runs, small_experiment(strategy="supervised"))
    told = run_python(
        EXPORT, str(run.path), str(tmp_path / "out"), LC_ALL="de_DE.UTF-8", QT_QPA_PLATFORM="offscreen"
    )
    assert told.stdout.splitlines() == [
        ". de_DE.UTF-8", "0.25 [0.25]", "[1.0, 1.0] ()",
    ], told.stderr  # fmt: skip
