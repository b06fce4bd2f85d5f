"""What comes once the window is on screen, one after the other: the plots' library, the pages, torch."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

from PySide6.QtCore import QObject, QTimer

from kdstudio.gui.pages import PAGES
from kdstudio.gui.window import MainWindow

SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread that holds the interpreter is asked for it; Python's own is ten times that."""
TURN_MILLISECONDS = 25
"""Between two pages: what the user does meanwhile is answered."""
LIBRARIES = ("libc10.so", "libtorch_cpu.so", "libtorch.so", "libshm.so", "libtorch_python.so")
"""Of torch, in the order in which they need each other; most of its import is loading them."""


class Warming(QObject):
    """Makes the window's pages and imports torch, so that neither keeps anybody waiting for long."""

    def __init__(self, window: MainWindow) -> None:
        """Begin at once; call it when the window has been painted."""
        super().__init__(window)
        self._window = window
        self._pages = list(PAGES)
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._libraries = _thread("libraries", load_libraries)
        self._timer = QTimer(self, interval=TURN_MILLISECONDS)
        self._timer.timeout.connect(self._take_a_turn)
        self._timer.start()

    def _take_a_turn(self) -> None:
        if self._libraries.is_alive():
            return
        if self._pages:
            self._window.page(self._pages.pop(0))
            return
        self._timer.stop()
        self.torch = _thread("torch", import_torch)


def load_libraries() -> None:
    """Import the plots' library, and load torch's libraries, where the interpreter does not wait for it."""
    with suppress(ImportError):  # whoever needs it is told
        import pyqtgraph  # noqa: F401
    found = find_spec("torch")
    if found and found.origin:
        for name in LIBRARIES:
            with suppress(OSError):  # other systems call them otherwise
                ctypes.CDLL(str(Path(found.origin).parent / "lib" / name), mode=ctypes.RTLD_GLOBAL)


def import_torch() -> None:
    """Import the engine, so that the first look at an experiment need not wait for it."""
    with suppress(ImportError):  # whoever needs it is told
        import torch

        import kdstudio.engine.trainer  # noqa: F401

        torch.set_num_threads(1)


def _thread(name: str, work) -> Thread:  # noqa: ANN001
    thread = Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread
