"""What comes once the window is on screen, so that nobody waits for it later: libraries, then the pages."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import walk_packages
from threading import Thread

from PySide6.QtCore import QObject, QTimer

from kdstudio.gui import pages
from kdstudio.gui.window import MainWindow

SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread that holds the interpreter is asked for it; Python's own is ten times that."""
TURN_MILLISECONDS = 100
"""Between one page and the next: what the user does meanwhile is answered."""
NEVER = 10**9
"""Objects that may be made before garbage is looked for."""
LIBRARIES = ("libc10.so", "libtorch_cpu.so", "libtorch.so", "libshm.so", "libtorch_python.so")
"""Of torch on Linux, in the order in which they need each other."""


class Warming(QObject):
    """Imports in a thread what the pages need, and torch; then makes the pages, one at a time.

    A page that is wanted before is made when it is wanted.
    """

    def __init__(self, window: MainWindow) -> None:
        """Wait for :meth:`start`, which is for when the window has been painted."""
        super().__init__(window)
        self._window = window
        self._names = list(pages.PAGES)
        self._thresholds = gc.get_threshold()
        self.loading = Thread(target=load, name="warming", daemon=True)
        self._timer = QTimer(self, interval=TURN_MILLISECONDS)
        self._timer.timeout.connect(self._take_a_turn)

    def start(self) -> None:
        """Begin."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        gc.set_threshold(NEVER)
        self.loading.start()
        self._timer.start()

    @property
    def is_busy(self) -> bool:
        """Tell whether something is still to come."""
        return self._timer.isActive()

    def _take_a_turn(self) -> None:
        if self.loading.is_alive():
            return
        if self._names:
            self._window.page(self._names.pop(0))
            return
        self._timer.stop()
        gc.freeze()  # nothing of all this is ever garbage, and looking through it takes as long as a page
        gc.set_threshold(*self._thresholds)


def load() -> None:
    """Import the pages with the plots' library, and the engine; who needs what is missing is told then."""
    _load_libraries()
    for module in walk_packages(pages.__path__, f"{pages.__name__}."):
        import_module(module.name)
    with suppress(ImportError):
        import torch

        import kdstudio.engine.run_plan  # noqa: F401

        torch.set_num_threads(1)


def _load_libraries() -> None:
    """Load torch's libraries, most of its import, while the interpreter is free for the window.

    Python's own ways of loading one keep the interpreter to themselves until it is there.
    """
    found = find_spec("torch")
    if sys.platform == "linux" and found and found.origin:
        load_library = ctypes.CDLL(None).dlopen
        load_library.argtypes, load_library.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
        for name in LIBRARIES:  # one that is not there is none
            load_library(os.fsencode(Path(found.origin).parent / "lib" / name), os.RTLD_NOW | os.RTLD_GLOBAL)
