"""A run's event log, read as it grows, whoever writes it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from kdstudio.engine.events import Event
from kdstudio.runs.folder import STEP, RunFolder
from kdstudio.runs.state import RunState

WHOLE = 1_500_000
"""Bytes of a log that are all read; of the steps in a longer one as many are read as stand in that."""


class RunFollower:
    """Reads what is new in one run's log, and keeps the state that it amounts to.

    Where very much is new at once, as in the log of a million steps, only some of the steps are read, evenly,
    and the last before anything else: the curves have fewer points, and all else is what it is.
    """

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
                new = os.fstat(file.fileno()).st_size - self._offset
                lines = self._whole_lines(file)
                chosen = _some_steps(lines, every=-(-new // WHOLE)) if new > WHOLE else lines
                events = [self.folder.read_event(line) for line in chosen]
        except FileNotFoundError:  # deleted
            return []
        for event in events:
            self.state.add(event)
        return events

    def _whole_lines(self, file: Iterable[bytes]) -> Iterator[bytes]:
        for line in file:
            if not line.endswith(b"\n"):
                return
            self._offset += len(line)
            self._last = line
            yield line


def _some_steps(lines: Iterable[bytes], every: int) -> Iterator[bytes]:
    """Leave out all steps but each ``every``-th, and the last of those that follow each other."""
    count, left_out = 0, b""
    for line in lines:
        if line.startswith(STEP):
            count += 1
            if count % every:
                left_out = line
                continue
        elif left_out:
            yield left_out
        left_out = b""
        yield line
    if left_out:
        yield left_out
