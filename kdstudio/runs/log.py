"""A run's event log: read as it grows, whoever writes it, and written so that there is a bound to it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from kdstudio.engine.events import Event
from kdstudio.runs.files import write_all, write_atomically
from kdstudio.runs.folder import EPOCH, STEP, RunFolder
from kdstudio.runs.reading import open_file, reason_of
from kdstudio.runs.state import RunState

WHOLE = 1_500_000
"""Bytes of a log that are all read; of the steps in a longer one as many are read as stand in that."""
LONGEST = 8_000_000
"""Bytes of a log beyond which every second of its older steps is left out."""
OLDER = 0.75
"""Share of its lines that are the older ones."""
CHUNK = 1_000_000
"""Bytes that are read at a time."""
CLOCK = b'"seconds":'
"""In a line with the time spent there is no other that equals it."""


class RunFollower:
    """Reads what is new in one run's log, and keeps the state that it amounts to.

    Where very much is new at once, as in the log of a million steps, only some of the steps are read, evenly,
    and the last before anything but an epoch's end: the curves have fewer points, and all else is what it is.
    """

    def __init__(self, folder: RunFolder) -> None:
        """Begin at the run's beginning."""
        self.folder = folder
        self._begin()

    def _begin(self) -> None:
        self._offset = 0
        self._last = b""  # the last line with a clock, and those after it
        self.state = RunState()
        self.is_damaged = False
        """Whether something has been left out, which the state's notices tell."""

    def poll(self) -> list[Event]:
        """Return the events since the last call, already in :attr:`state`.

        A resumed run's log lacks what came after its checkpoint: where that had been read already, the
        state begins anew, and all events come again. What cannot be read is left out.
        """
        try:
            with open_file(self.folder.events_file) as file:
                self._find_place(file)
                new = os.fstat(file.fileno()).st_size - self._offset
                lines = self._whole_lines(file)
                chosen = some_steps(lines, every=-(-new // WHOLE)) if new > WHOLE else lines
                return [event for line in chosen if (event := self._take(line))]
        except OSError as error:
            if self.folder.path.is_dir():  # else all of the run is gone
                self._leave_out(reason_of(error))
            return []

    def _take(self, line: bytes) -> Event | None:
        """Take a line in; what is no event, or none that can follow those before, is left out and told."""
        try:
            event = self.folder.read_event(line)
            self.state.add(event)
        except (ArithmeticError, LookupError, ValueError) as error:
            self._leave_out(reason_of(error))
            return None
        return event

    def _leave_out(self, reason: str) -> None:
        if not self.is_damaged:
            what = "Some of the log" if self._offset else "The log"
            self.state.notices.append(f"{what} cannot be read ({reason}); {self.folder.remedy}.")
        self.is_damaged = True

    def _find_place(self, file: BinaryIO) -> None:
        """Stand after what was read last; at the beginning, with nothing read, where that is gone."""
        file.seek(self._offset - len(self._last))
        if file.read(len(self._last)) == self._last:
            return
        file.seek(0)
        for line in file:  # it is elsewhere where older steps have been left out since
            if CLOCK in line and self._last.startswith(line):
                rest = self._last[len(line) :]
                if file.read(len(rest)) == rest:
                    self._offset = file.tell()
                    return
                break
        self._begin()
        file.seek(0)

    def _whole_lines(self, file: BinaryIO) -> Iterator[bytes]:
        while lines := file.readlines(CHUNK):
            is_whole = lines[-1].endswith(b"\n")
            if not is_whole:
                lines.pop()
            self._offset += sum(map(len, lines))
            timed = next((place for place in reversed(range(len(lines))) if CLOCK in lines[place]), None)
            self._last = b"".join([self._last, *lines] if timed is None else lines[timed:])
            yield from lines
            if not is_whole:
                return


def stride(size: int) -> int:
    """Return how many steps there are for each that is looked at, in a log of so many bytes."""
    return -(-size // WHOLE) if size > LONGEST else 1


def some_steps(lines: Iterable[bytes], every: int) -> Iterator[bytes]:
    """Leave out all steps but each ``every``-th, and the last before anything else than ends of epochs."""
    count, left_out, held = 0, b"", list[bytes]()
    for line in lines:
        if line.startswith(STEP):
            yield from held
            count, left_out, held = count + 1, b"", []
            if count % every:
                left_out = line
                continue
        elif left_out and line.startswith(EPOCH):
            held.append(line)  # that step comes before it, or not at all
            continue
        elif left_out:
            yield left_out
            yield from held
            left_out, held = b"", []
        yield line
    if left_out:
        yield left_out
    yield from held


class EventLog:
    """A run's log, written to. Of one that has become too long every second of the older steps is left out.

    What is no step stays, and so do the latest steps, among which those who follow the run find their place.
    """

    def __init__(self, path: Path) -> None:
        """Go on with what ``path`` holds, whole lines."""
        self._path = path
        self._longest = LONGEST
        self._open()

    def _open(self) -> None:
        self._file = self._path.open("ab", buffering=0)
        self._size = os.fstat(self._file.fileno()).st_size

    def write(self, lines: bytes) -> None:
        """Append whole lines; OSError where there is no room for all, then none of them."""
        try:
            write_all(self._file, lines)
        except OSError:
            with suppress(OSError):
                self._file.truncate(self._size)
            raise
        self._size += len(lines)
        if self._size > self._longest:
            with suppress(OSError):  # it is full, or somebody else has the file open, where that matters
                self._leave_out()
            self._longest = max(LONGEST, self._size + LONGEST // 4)

    def sync(self) -> None:
        """Return once all is on the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the file, which keeps nothing back."""
        self._file.close()

    def _leave_out(self) -> None:
        lines = self._path.read_bytes().splitlines(keepends=True)
        older = int(OLDER * len(lines))
        self._file.close()
        try:
            write_atomically(self._path, b"".join([*some_steps(lines[:older], every=2), *lines[older:]]))
        finally:
            self._open()
