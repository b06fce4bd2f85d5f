"""One entry of the queue: an experiment that waits, is run, or has been run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kdstudio.engine.bounds import Count, Date, Finite, Line, Text
from kdstudio.engine.experiment import Experiment
from kdstudio.engine.identity import Record
from kdstudio.errors import FieldPath
from kdstudio.machine import host
from kdstudio.runs.presets import read_experiment

EntryState = Literal[
    "waiting", "set aside", "running", "interrupted", "done", "failed", "stopped", "cancelled"
]
"""``set aside`` waits for somebody to say that it shall wait again; ``interrupted`` was left in mid-run."""
LEFT: frozenset[EntryState] = frozenset({"set aside", "interrupted"})
"""What another day is offered to go on with."""
UNDONE: frozenset[EntryState] = LEFT | {"failed", "stopped", "cancelled"}
"""What can be put in line again."""
MOST_DEATHS = 3
"""After so many processes that died while they ran it, it is left."""


class Entry(Record):
    """One file of the queue; whoever changes it writes it anew."""

    key: str
    """Name of the file, and never another's."""
    name: Line
    """Of the experiment."""
    what: Line
    """The experiment in a line, for people."""
    experiment: str
    """In full, as TOML."""
    added: Date
    """Date and time, ISO 8601."""
    position: Finite
    """The least comes first."""
    state: EntryState = "waiting"
    folder_name: str = ""
    """What the run's folder shall be called; empty means time and experiment."""
    run: str = ""
    """Name of the run's folder, once there is one; then its run is resumed."""
    allow_code: bool = False
    """Whether code of the user's may be run; nobody's word holds for another day."""
    doing: Line = ""
    """What is being prepared, until the run begins."""
    tries: Count = 0
    """How often a worker has taken it."""
    deaths: Count = 0
    """How many of them have died while they ran it, since somebody put it in line."""
    died: bool = Field(default=False, exclude=True)
    """Whether the last one has; found when it is looked at, and never written."""
    worker: Count = 0
    """Number of the process that has it, or had it last."""
    host: Line = ""
    """The machine that process is on."""
    message: Text = ""
    """Why it failed, and what to do about it."""
    details: Text = ""
    field: FieldPath = ()
    """Path of the experiment's field that is to blame, where one is known."""

    @property
    def is_over(self) -> bool:
        """Tell whether it has ended, in whatever way."""
        return self.state == "done" or (self.can_go_on and not self.is_due)

    @property
    def is_due(self) -> bool:
        """Tell whether the next worker may take it: it waits, or whoever ran it has died."""
        return self.state == "waiting" or (
            self.state == "interrupted" and self.died and self.deaths < MOST_DEATHS
        )

    @property
    def elsewhere(self) -> str:
        """Name the machine that it runs on, where that is another than this one; else empty."""
        return self.host if self.state == "running" and self.host != host() else ""

    @property
    def can_be_cancelled(self) -> bool:
        """Tell whether it runs, waits, or would be gone on with."""
        return self.state in LEFT | {"waiting", "running"}

    @property
    def can_go_on(self) -> bool:
        """Tell whether it can be put in line again."""
        return self.state in UNDONE

    def with_state(self, state: EntryState, **changes: object) -> Entry:
        """Return it in another state; what was being prepared then is over."""
        return self.model_copy(update={"state": state, "doing": "", "died": False, **changes})

    def read(self) -> Experiment:
        """Return the experiment; KDStudioError where it cannot be read any more."""
        return read_experiment(self.experiment, f"{self.name} in the queue")


def spoken_state(entry: Entry) -> str:
    """``running on node7: downloading MNIST``; the machine is named where it is another than this one."""
    where = f" on {entry.elsewhere}" if entry.elsewhere else ""
    doing = f": {entry.doing}" if entry.doing else ""
    return f"{entry.state}{where}{doing}"
