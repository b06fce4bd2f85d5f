"""What the window does with runs: put them in line, hold and stop them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from PySide6.QtCore import Signal

from kdstudio.engine.experiment import Experiment
from kdstudio.errors import KDStudioError
from kdstudio.gui.following import POLL_MILLISECONDS, Following
from kdstudio.gui.run_states import State
from kdstudio.runs.control import Wish, ask
from kdstudio.runs.failure import failure
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.queue.entry import Entry

__all__ = ["RunController", "State"]

LEAVE_SECONDS = 20.0
"""How long the window waits at its end for the step, and the checkpoint, of a run."""


class RunController(Following):
    """Follows one run, and rules it."""

    queued = Signal(int)
    """What was to be run has to wait; its place in line, from 1."""

    def run(self, experiment: Experiment, *, allow_code: bool = False) -> None:
        """Put a new run in line, or start it; ``allow_code`` lets the user's own files build networks."""
        self._line_up(lambda: self.watch.queue.add(experiment, allow_code=allow_code))

    def resume_folder(self, folder: RunFolder, *, allow_code: bool = False) -> None:
        """Put a stopped or interrupted run in line, or go on with it."""
        self._line_up(lambda: self.watch.queue.resume(folder, allow_code=allow_code))

    def _line_up(self, add: Callable[[], Entry]) -> None:
        try:
            entry = add()
        except (KDStudioError, OSError) as error:
            told = failure(error)
            if not self.is_at_work:
                self._settle(State.FAILED)
            self.failed.emit(told.message, told.details)
            return
        self.watch.look_now()
        place = self.watch.place_of(entry)
        if self.is_at_work or self.watch.is_held or place > 1:
            self.queued.emit(place)
        else:
            self._take(entry)
        self._timer.setInterval(POLL_MILLISECONDS)

    def pause(self) -> None:
        """Hold the run after its current step."""
        self._wish("pause")

    def resume(self) -> None:
        """Let a held run go on."""
        self._wish("go on")

    def stop(self) -> None:
        """Stop after the current step, with a checkpoint; or end the preparation."""
        if not self.state.is_busy:
            return
        if self._entry:
            self.watch.change(lambda queue, key=self._entry.key: queue.cancel([key]))
        else:
            self._wish("stop")
        self._begin_stopping()

    def end_now(self) -> None:
        """End a run that does not stop: its process is ended, what it has kept stays."""
        if self._entry:
            self.watch.end(self._entry)
            self.look()

    def _wish(self, wish: Wish) -> None:
        if self.folder:
            with suppress(KDStudioError):  # it has ended meanwhile
                ask(self.folder, wish)

    def leave(self) -> None:
        """Stop the workers that were started here; their runs are kept with checkpoints, for another day."""
        self.watch.leave()
        own = [entry for entry in self.watch.running if self.watch.is_own(entry)]
        if own and not (self._entry and self.watch.is_own(self._entry)):
            self._take(own[0])
        if self.is_own:
            self._begin_stopping()

    def finish(self) -> None:
        """Leave, and wait for it, but not for ever: what the log has is safe."""
        self.leave()
        self.watch.finish(LEAVE_SECONDS)
        self.look()

    def forget_failure(self) -> None:
        """Be ready again after a run that has failed; it stays in sight."""
        if self.state is State.FAILED:
            self._enter(State.READY)
