"""Working the queue off: one entry is prepared and run, and what becomes of it is written down."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from time import monotonic

from kdstudio.engine.events import Event, Preparing, RunDone, RunFailed
from kdstudio.runs.failure import failure
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.queue.entry import Entry
from kdstudio.runs.queue.queue import Queue, Taken
from kdstudio.runs.session import Session, Tell, new_session, resumed_session

TELL_SECONDS = 0.1
"""How often it is written what is being prepared."""


class Unwanted(BaseException):
    """Ends a preparation that has been stopped: raised where it tells of its progress."""


class Work:
    """Carries out what has been taken from a queue."""

    def __init__(
        self,
        queue: Queue,
        leaving: Callable[[], bool],
        *,
        prepares: Tell = lambda _: None,
        runs: Callable[[RunFolder], None] = lambda _: None,
    ) -> None:
        """``leaving`` tells that the worker is to end: what runs is kept with a checkpoint, to go on.

        ``prepares`` hears what is being prepared, ``runs`` the folder after each event.
        """
        self._queue = queue
        self._leaving = leaving
        self._prepares = prepares
        self._runs = runs

    def carry_out(self, taken: Taken) -> Entry:
        """Run an entry to its end, whatever that is; returns it with what has become of it."""
        entry = taken.entry
        try:
            session = self._session(entry, self._teller(entry))
            entry = self._queue.note(entry, run=session.folder.name)
            return self._end(entry, self._follow(entry, session))
        except Unwanted:
            return self._queue.note(entry, "waiting" if self._leaving() else "cancelled")
        except KeyboardInterrupt:  # who holds the lock no longer has been interrupted
            raise
        except BaseException as error:  # of whatever kind, from whosever code: the worker goes on
            return self._fail(entry, failure(error))
        finally:
            taken.lock.release()

    def _session(self, entry: Entry, tell: Tell) -> Session:
        runs, may = self._queue.runs, entry.allow_code
        if entry.run:
            return resumed_session(RunFolder(runs / entry.run), tell, allow_code=may)
        return new_session(entry.read(), runs, entry.folder_name, tell, allow_code=may)

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
        return self._queue.note(entry, "failed", message=why.message, details=why.details, field=why.field)


def spoken(event: Preparing) -> str:
    """``downloading MNIST, 42 %``."""
    return f"{event.what}, {event.fraction:.0%}" if event.fraction else event.what
