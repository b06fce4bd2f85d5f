"""One entry of the queue: an experiment that waits, is run, or has been run."""

from __future__ import annotations

from typing import Literal

from kdstudio.engine.experiment import Experiment
from kdstudio.engine.identity import Record
from kdstudio.errors import FieldPath
from kdstudio.runs.presets import read_experiment

EntryState = Literal[
    "waiting", "set aside", "running", "interrupted", "done", "failed", "stopped", "cancelled"
]
"""``set aside`` waits for somebody to say that it shall wait again; ``interrupted`` was left in mid-run."""
LEFT: frozenset[EntryState] = frozenset({"set aside", "interrupted"})
"""What another day is offered to go on with."""
UNDONE: frozenset[EntryState] = LEFT | {"failed", "stopped", "cancelled"}
"""What can be put in line again."""


class Entry(Record):
    """One file of the queue; whoever changes it writes it anew."""

    key: str
    """Name of the file, and never another's."""
    name: str
    """Of the experiment."""
    what: str
    """The experiment in a line, for people."""
    experiment: str
    """In full, as TOML."""
    added: str
    """Date and time, ISO 8601."""
    position: float
    """The least comes first."""
    state: EntryState = "waiting"
    folder_name: str = ""
    """What the run's folder shall be called; empty means time and experiment."""
    run: str = ""
    """Name of the run's folder, once there is one; then its run is resumed."""
    allow_code: bool = False
    """Whether code of the user's may be run; nobody's word holds for another day."""
    doing: str = ""
    """What is being prepared, until the run begins."""
    tries: int = 0
    """How often a worker has taken it."""
    worker: int = 0
    """Number of the process that has it, or had it last."""
    message: str = ""
    """Why it failed, and what to do about it."""
    details: str = ""
    field: FieldPath = ()
    """Path of the experiment's field that is to blame, where one is known."""

    @property
    def is_over(self) -> bool:
        """Tell whether it has ended, in whatever way."""
        return self.state == "done" or self.can_go_on

    @property
    def can_go_on(self) -> bool:
        """Tell whether it can be put in line again."""
        return self.state in UNDONE

    def with_state(self, state: EntryState, **changes: object) -> Entry:
        """Return it in another state; what was being prepared then is over."""
        return self.model_copy(update={"state": state, "doing": "", **changes})

    def read(self) -> Experiment:
        """Return the experiment; KDStudioError where it cannot be read any more."""
        return read_experiment(self.experiment, f"{self.name} in the queue")
