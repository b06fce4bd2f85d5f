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
        self._begin()

    def _begin(self) -> None:
        self._offset = 0
        self._last = b""
        self.state = RunState()

    def poll(self) -> list[Event]:
        """Return the events since the last call, already in :attr:`state`.

        A resumed run's log lacks what came after its checkpoint: where that had been read already, the
        state begins anew, and all events come again.
        """
        try:
            with self.folder.events_file.open("rb") as file:
                file.seek(self._offset - len(self._last))
                if file.read(len(self._last)) != self._last:
                    self._begin()
                    file.seek(0)
                new = file.read()
        except FileNotFoundError:  # deleted
            return []
        lines = [line for line in new.splitlines(keepends=True) if line.endswith(b"\n")]
        self._offset += sum(map(len, lines))
        self._last = lines[-1] if lines else self._last
        events = [self.folder.read_event(line) for line in lines]
        for event in events:
            self.state.add(event)
        return events
