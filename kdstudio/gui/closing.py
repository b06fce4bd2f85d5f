"""Closing the window while runs of its own go on: what is to become of them."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from kdstudio.gui.controller import RunController
from kdstudio.gui.dialogs import ask


class Closing:
    """Asks, and closes the window when what is wished has been done."""

    def __init__(self, window: QWidget, controller: RunController) -> None:
        """Nobody wants to close ``window`` yet."""
        self._window = window
        self._controller = controller
        self._is_leaving = False
        controller.state_changed.connect(self._follow)
        controller.watch.changed.connect(self._follow)

    def may_close(self) -> bool:
        """Tell whether nothing stands against it; otherwise it is asked, once."""
        if self._is_leaving and self._controller.is_stuck:
            self._controller.end_now()
        if self._controller.is_own and not self._is_leaving:
            self._ask()
        return not self._controller.is_own

    def _ask(self) -> None:
        waits = "; what waits is offered then too" if self._controller.watch.waiting else ""
        ask(
            self._window,
            "A run is going on",
            "Stop the run and quit?",
            f"With a checkpoint it can go on when the window is opened again{waits}. Without the window, "
            "all that waits is run to its end.",
            {
                "Save checkpoint and quit": self.leave,
                "Keep running without the window": self._leave_it_running,
                "Go on here": None,
            },
        )

    def leave(self) -> None:
        """Keep a checkpoint of what runs, and close then; once more where it is stuck ends it."""
        if not self._is_leaving:
            self._is_leaving = True
            self._controller.leave()
        self._window.close()

    def _leave_it_running(self) -> None:
        self._controller.watch.keep_on()
        self._window.close()

    def _follow(self) -> None:
        """Close once the last of them has ended; only one of several is followed."""
        if self._is_leaving and not self._controller.is_own:
            self._window.close()
