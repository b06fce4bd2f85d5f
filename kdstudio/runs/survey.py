"""A run's log, read before the run goes on: what can be read of it, and where it tells what."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from kdstudio.engine.events import CheckpointSaved, RunWarning, StageDone
from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import STEP, RunFolder
from kdstudio.runs.log import stride
from kdstudio.runs.reading import open_file, reason_of
from kdstudio.runs.state import RunState


@dataclass
class SurveyedLog:
    """What a log tells, and its lines that can be read; of a very long one not all steps."""

    lines: list[tuple[int, bytes]] = field(default_factory=list)
    """With the bytes of the log until their end."""
    saved: dict[str, int] = field(default_factory=dict)
    """Where the lines end that note a checkpoint, by its SHA-256."""
    done: list[tuple[int, StageDone]] = field(default_factory=list)
    warnings: list[tuple[int, RunWarning]] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    """Where the lines end that are no events, or none that can follow those before."""
    size: int = 0
    """Bytes of whole lines."""
    state: RunState = field(default_factory=RunState)

    def stage(self, number: int) -> str:
        """Call a stage by its name, where that has been told."""
        stages = self.state.stages
        return f"stage '{stages[number].name}'" if number < len(stages) else f"stage {number + 1}"

    def until(self, length: int) -> tuple[bytes, ...]:
        """Return the lines that can be read of the first ``length`` bytes."""
        return tuple(line for end, line in self.lines if end <= length)


def survey(folder: RunFolder) -> SurveyedLog:
    """Read a log; what cannot be read of it is left out, and a log that is not there is empty."""
    log, steps = SurveyedLog(), 0
    try:
        with open_file(folder.events_file) as file:
            every = stride(os.fstat(file.fileno()).st_size)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                log.size += len(line)
                if line.startswith(STEP):
                    steps += 1
                    if steps % every:
                        continue
                _take(log, folder, line)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise KDStudioError(
            f"'{folder.events_file}' cannot be read: {reason_of(error)}; put a copy of the log in its place, "
            "or move it away"
        ) from error
    return log


def _take(log: SurveyedLog, folder: RunFolder, line: bytes) -> None:
    try:
        event = folder.read_event(line)
        log.state.add(event)
    except (ValueError, LookupError, ArithmeticError, RecursionError):  # of a stage never planned, too
        log.unreadable.append(log.size)
        return
    log.lines.append((log.size, line))
    match event:
        case CheckpointSaved():
            log.saved[event.sha256] = log.size
        case StageDone():
            log.done.append((log.size, event))
        case RunWarning():
            log.warnings.append((log.size, event))
