"""What a run is doing, in one word, from its log and from the queue."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kdstudio.runs.queue.entry import EntryState


class State(Enum):
    """What the run is doing, in the word that people read."""

    READY = "Ready"
    PREPARING = "Preparing"
    RUNNING = "Running"
    PAUSED = "Paused"
    STOPPING = "Stopping"
    FINISHED = "Finished"
    STOPPED = "Stopped"
    INTERRUPTED = "Interrupted"
    FAILED = "Failed"

    @property
    def is_busy(self) -> bool:
        """Tell whether somebody is at work."""
        return self in {State.PREPARING, State.RUNNING, State.PAUSED, State.STOPPING}


STATES = {
    "running": State.RUNNING,
    "paused": State.PAUSED,
    "finished": State.FINISHED,
    "stopped": State.STOPPED,
    "failed": State.FAILED,
}
ENDS: dict[EntryState, State] = {
    "done": State.FINISHED,
    "failed": State.FAILED,
    "interrupted": State.INTERRUPTED,
}
"""What an entry has come to, as the state of its run; of all others, that it was stopped."""
