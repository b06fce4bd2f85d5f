"""Starting the window: what must be there first, and in which order things load."""

from __future__ import annotations

import ctypes
import locale
import os
import sys
import time
from typing import TYPE_CHECKING, NoReturn

from kdstudio.errors import KDStudioError
from kdstudio.fault_log import WINDOW, Session, tell

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from kdstudio.gui.fault_strip import FaultStrip
    from kdstudio.gui.faults import Faults
    from kdstudio.gui.window import MainWindow

SYSTEM_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
NO_WINDOW = 2
"""Exit code, as of bad input on the command line."""
FAULT = 1
"""Exit code where KD Studio itself is to blame."""
TITLE_BAR = 40
"""Pixels that no title bar is higher than."""
LONGEST_EXPOSURE = 0.5
"""Seconds to wait for a window manager."""
EXPOSURE_POLL = 0.005
AFTER_PAINT = 50
"""Milliseconds after which the window has been painted."""
X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
"""Shared libraries that Qt needs of the system, with Debian's packages."""


def check_display() -> None:
    """Raise KDStudioError where no window can open, with what to do about it."""
    if not sys.platform.startswith("linux"):
        return
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    wayland = bool(os.environ.get("WAYLAND_DISPLAY"))
    if not platform and not wayland and not os.environ.get("DISPLAY"):
        raise KDStudioError(
            "there is no display to open a window on; 'kdstudio run digits-hinton' runs without one"
        )
    needed = SYSTEM_LIBRARIES | ({} if platform or wayland else X11_LIBRARIES)
    if packages := [package for library, package in needed.items() if not _is_there(library)]:
        raise KDStudioError(
            f"Qt needs libraries that are not installed; on Debian: apt install {' '.join(packages)} "
            "('kdstudio run' works without them)"
        )


def _is_there(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def open_window() -> int:
    """Open the window, and return when it is closed."""
    check_display()
    from PySide6.QtCore import Qt, QTimer

    from kdstudio.gui.faults import Faults
    from kdstudio.gui.garbage import GarbageCollector
    from kdstudio.gui.guard import guard_overrides

    guard_overrides()  # of all classes that are to come
    application = make_application()
    faults = Faults(application)
    faults.catch_everything()
    GarbageCollector(application)  # nothing of all that is loaded now is garbage
    from kdstudio.gui.theme import Theme
    from kdstudio.gui.warming import Warming
    from kdstudio.gui.window import MainWindow

    window = MainWindow(Theme(application))
    if not has_room(window):
        window.setWindowState(Qt.WindowState.WindowMaximized)
    window.show()
    wait_for_paint(application, window)  # the window is on screen before what fills it is loaded
    from kdstudio.gui.ending import EndingSignals
    from kdstudio.runs.folder import default_runs_folder
    from kdstudio.runs.signals import exit_code

    window.begin(default_runs_folder())
    application.processEvents()
    window.show_presets()
    show_faults(window, faults)
    ending = EndingSignals(window)
    warming = Warming(window)
    QTimer.singleShot(AFTER_PAINT, warming.start)
    QTimer.singleShot(AFTER_PAINT, window.controller.watch.start_worker)
    code = application.exec()
    window.finish()
    ending.forget()
    return exit_code(ending.number) if ending.number else code


def wait_for_paint(application: QApplication, window: MainWindow) -> None:
    """Let the window be painted; a window manager takes a moment to put it on screen.

    Clicks and keys wait until there is something to answer them.
    """
    from PySide6.QtCore import QEventLoop

    no_input = QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents
    given_up = time.monotonic() + LONGEST_EXPOSURE
    while not window.windowHandle().isExposed() and time.monotonic() < given_up:
        application.processEvents(no_input)
        time.sleep(EXPOSURE_POLL)
    application.processEvents(no_input)


def has_room(window: MainWindow) -> bool:
    """Tell whether the screen holds all of the window with its title bar."""
    room = window.screen().availableSize()
    return room.width() >= window.width() and room.height() >= window.height() + TITLE_BAR


def make_application() -> QApplication:
    """Make Qt's application, and numbers with a point again: exporters write and read them as C does.

    Qt takes the user's locale over for the whole process, its commas too; what Qt shows itself keeps them.
    Raises KDStudioError where the window's settings cannot be read.
    """
    from PySide6.QtWidgets import QApplication

    from kdstudio.gui.settings import clear_the_way, settings_file

    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    locale.setlocale(locale.LC_NUMERIC, "C")
    application.setApplicationName("kdstudio")
    application.setOrganizationName("kdstudio")
    application.setApplicationDisplayName("KD Studio")
    clear_the_way(settings_file())
    return application


def show_faults(window: MainWindow, faults: Faults) -> FaultStrip:
    """Tell at the top of ``window`` what goes wrong, and, if the last one ended unexpectedly, that."""
    from kdstudio.fault_log import crashes
    from kdstudio.gui.background import BackgroundJob
    from kdstudio.gui.fault_strip import FaultStrip
    from kdstudio.runs.ended import told

    strip, runs = FaultStrip(faults), window.runs
    window.put_on_top(strip)
    job = BackgroundJob("crashes", window)
    job.done.connect(strip.tell_all)
    job.start(lambda _progress: [(told(crash, runs), crash.trace) for crash in crashes()[:1]])
    return strip


def main() -> None:
    """Entry point of the window alone; where none can open, one line says why."""
    session = Session(WINDOW)
    try:
        code = open_window()
    except KDStudioError as error:
        sys.stderr.write(f"kdstudio: {error}\n")
        code = NO_WINDOW
    except Exception as error:
        tell(error, f"the window could not go on: {type(error).__name__}: {error}")
        code = FAULT
    finally:
        session.end()
    leave(code)


def leave(code: int) -> NoReturn:
    """End the program at once: taking torch and the plots apart takes seconds, and threads may be in it.

    Nothing is lost: a run has ended before, and what other threads read nobody waits for any more.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream:  # a window without a terminal may have none
            stream.flush()
    os._exit(code)
