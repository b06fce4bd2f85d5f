"""Working the queue off: one entry is prepared and run, and what becomes of it is written down."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Protocol

from kdstudio.engine.events import Event, Preparing, RunDone, RunFailed
from kdstudio.errors import KDStudioError
from kdstudio.runs.failure import failure
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.preparing import Tell
from kdstudio.runs.queue.entry import Entry, EntryState
from kdstudio.runs.queue.queue import Taken
from kdstudio.runs.session import Session, Unwanted, new_session, resumed_session

LOOK_SECONDS = 0.1
"""How often it is looked whether a run is free."""
TELL_SECONDS = 0.1
"""How often it is written what is being prepared."""


class Line(Protocol):
    """What carrying out needs of a queue."""

    runs: Path

    def note(self, entry: Entry, state: EntryState = "running", **changes: object) -> Entry:
        """Keep what has become of an entry; returns it."""

    def is_to_stop(self, key: str) -> bool:
        """Tell whether somebody wishes that it is stopped."""


class Work:
    """Carries out what has been taken from a queue."""

    def __init__(
        self,
        queue: Line,
        leaving: Callable[[], bool],
        *,
        allow_code: bool | None = None,
        prepares: Tell = lambda _: None,
        runs: Callable[[RunFolder], None] = lambda _: None,
    ) -> None:
        """``leaving`` tells that the worker is to end: what runs is kept with a checkpoint, to go on.

        ``allow_code`` counts in place of what the entries say. ``prepares`` hears what is being prepared,
        ``runs`` the folder after each event.
        """
        self._queue = queue
        self._leaving = leaving
        self._allow_code = allow_code
        self._prepares = prepares
        self._runs = runs

    def carry_out(self, taken: Taken) -> Entry:
        """Run what was taken, and let go of it; see :meth:`run`."""
        try:
            return self.run(taken.entry)
        finally:
            taken.lock.release()

    def run(self, entry: Entry) -> Entry:
        """Run an entry to its end, whatever that is; returns it with what has become of it.

        Raises KDStudioError where that cannot be written down.
        """
        try:
            if self._is_finished(entry):
                return self._queue.note(entry, "done")
            session = self._session(entry, self._teller(entry))
            entry = self._queue.note(entry, run=session.folder.name)
            return self._end(entry, self._follow(entry, session))
        except Unwanted:
            return self._queue.note(entry, "waiting" if self._leaving() else "cancelled")
        except KeyboardInterrupt:  # who holds the lock no longer has been interrupted
            raise
        except BaseException as error:  # of whatever kind, from whosever code: the worker goes on
            return self._fail(entry, failure(error))

    def _is_finished(self, entry: Entry) -> bool:
        """Tell whether its run came to its end before whoever ran it was killed."""
        folder = RunFolder(self._queue.runs / entry.run)
        return bool(entry.run) and folder.summary().status == "finished"

    def _session(self, entry: Entry, tell: Tell) -> Session:
        runs = self._queue.runs
        may = entry.allow_code if self._allow_code is None else self._allow_code
        if entry.run:
            self._wait_for(RunFolder(runs / entry.run), tell)
            return resumed_session(RunFolder(runs / entry.run), tell, allow_code=may)
        return new_session(entry.read(), runs, entry.folder_name, tell, allow_code=may)

    def _wait_for(self, folder: RunFolder, tell: Tell) -> None:
        """Wait while a process still has the run: a resume by hand, or one whose end is not yet known."""
        while folder.is_running():
            tell(Preparing(what="waiting for the process that has it", fraction=0.0))
            sleep(LOOK_SECONDS)

    def _is_to_stop(self, entry: Entry) -> bool:
        return self._leaving() or self._queue.is_to_stop(entry.key)

    def _teller(self, entry: Entry) -> Tell:
        """Return what tells of the preparation, and ends it once nobody wants it any more."""
        told = 0.0

        def tell(event: Preparing) -> None:
            nonlocal told
            self._prepares(event)
            if self._is_to_stop(entry):
                raise Unwanted
            if monotonic() - told > TELL_SECONDS:
                told = monotonic()
                self._queue.note(entry, doing=spoken(event))

        return tell

    def _follow(self, entry: Entry, session: Session) -> Event | None:
        """Run; returns the last event."""
        last: Event | None = None
        with closing(session.events(stopping=lambda: self._is_to_stop(entry))) as events:
            for last in events:  # noqa: B007
                self._runs(session.folder)
        return last

    def _end(self, entry: Entry, last: Event | None) -> Entry:
        match last:
            case RunDone():
                return self._queue.note(entry, "done")
            case RunFailed():
                return self._fail(entry, last)
            case _:
                return self._queue.note(entry, "interrupted" if self._leaving() else "stopped")

    def _fail(self, entry: Entry, why: RunFailed) -> Entry:
        """Write down why it failed, or raise it: a disk that it failed for may not let it be written down."""
        reason = {"message": why.message, "details": why.details, "field": why.field}
        with suppress(KDStudioError):
            return self._queue.note(entry, "failed", **reason)
        raise KDStudioError(why.message)


def spoken(event: Preparing) -> str:
    """``downloading MNIST, 42 %``."""
    return f"{event.what}, {event.fraction:.0%}" if event.fraction else event.what
