"""How long the window's thread answers nobody, and what it is at then."""

from __future__ import annotations

import faulthandler
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from tempfile import TemporaryFile

from PySide6.QtCore import QObject, QTimer

BEAT_MILLISECONDS = 5
LOOK_SECONDS = 0.05
LINE = re.compile(r'File "(?:.*/)?(.+)", line (\d+) in (\S+)')


@dataclass
class Gap:
    """A time in which no event was answered."""

    seconds: float
    worked: float
    """Processor time of the window's thread in it: other programs hardly change that."""
    doing: str
    stacks: list[str] = field(default_factory=list)
    """Where the thread was, every now and then."""


class Heart(QObject):
    """Beats in the window's thread; another one looks where that is when it does not."""

    def __init__(self, parent: QObject, doing: Callable[[], str], longest: float) -> None:
        """Gaps of more than ``longest`` seconds are kept, with what was being done."""
        super().__init__(parent)
        self.gaps: list[Gap] = []
        self._doing, self._longest = doing, longest
        self._thread = threading.get_ident()
        self._last, self._worked = time.perf_counter(), time.thread_time()
        self._stacks: list[str] = []
        self._timer = QTimer(self, interval=BEAT_MILLISECONDS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()
        self._stopped = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="heart", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Beat no more."""
        self._timer.stop()
        self._stopped.set()
        self._watcher.join()

    def _beat(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        if now - self._last > self._longest:
            self.gaps.append(Gap(now - self._last, worked - self._worked, self._doing(), self._stacks))
        self._last, self._worked, self._stacks = now, worked, []

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            if time.perf_counter() - self._last > 2 * LOOK_SECONDS:
                self._stacks.append(stack_of(self._thread))


def stack_of(thread: int) -> str:
    """Say where a thread is, and hold none of its frames: widgets would be deleted by the wrong thread."""
    with TemporaryFile("w+") as file:
        faulthandler.dump_traceback(file)
        file.seek(0)
        threads = file.read().split("\n\n")
    told = next(each for each in threads if f"hread 0x{thread:016x}" in each)
    return " > ".join(f"{file}:{line} {name}" for file, line, name in reversed(LINE.findall(told)[:9]))
