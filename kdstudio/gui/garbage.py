"""Python's cycles of garbage, collected in the window's thread alone."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MILLISECONDS = 1000


class GarbageCollector(QObject):
    """Collects when Python would; a widget collected in a thread that computes would bring Qt down."""

    def __init__(self, parent: QObject) -> None:
        """From now on nothing is collected by chance, in whichever thread."""
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=EVERY_MILLISECONDS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the oldest generation whose time has come."""
        counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [generation for generation, (count, most) in enumerate(counts) if count > most]
        if due:
            gc.collect(due[-1])
