"""A run's event log, read as it grows, whoever writes it."""

from __future__ import annotations

from kdstudio.engine.events import Event
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.state import RunState


class RunFollower:
    """Reads what is new in one run's log, and keeps the state that it amounts to."""

    def __init__(self, folder: RunFolder) -> None:
        """Begin at the run's beginning."""
        self.folder = folder
        self._file: int | None = None
        self._begin()

    def _begin(self) -> None:
        self._offset = 0
        self.state = RunState()

    def poll(self) -> list[Event]:
        """Return the events since the last call, already in :attr:`state`.

        A resumed run has a new log, without what came after its checkpoint: then the state begins anew,
        and all its events come.
        """
        try:
            with self.folder.events_file.open("rb") as file:
                identity = self.folder.log_identity()
                if identity != self._file:
                    self._file = identity
                    self._begin()
                file.seek(self._offset)
                new = file.read()
        except FileNotFoundError:  # deleted
            return []
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        events = [self.folder.read_event(line) for line in whole.splitlines()]
        for event in events:
            self.state.add(event)
        return events
