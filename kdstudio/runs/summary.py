"""The summary of a run: what its events amount to, in one page."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, computed_field, model_validator

from kdstudio.engine.bounds import Count, Date, FileName, Name, Seconds, Text
from kdstudio.engine.events import NetworkResult, RunWarning
from kdstudio.engine.identity import Identity, Record
from kdstudio.engine.judgement import Judgement
from kdstudio.engine.views import Comparison, View
from kdstudio.runs.differences import Difference, Mean, differences, means
from kdstudio.runs.told_experiment import checked

Status = Literal["running", "paused", "finished", "stopped", "failed", "interrupted", "damaged"]
"""What has become of a run. Nobody writes the last two: they are found when a run is looked at."""
MOST_NAMED = 4
"""Stages that a note names; more are counted."""
MOST_ROWS = 10_000
"""Networks of a run: ten for each of the trials that there may be."""
VERSION = 2
"""Of the shape of ``summary.json``; older ones are converted when they are read, see ``former.py``."""


class Summary(Record):
    """A run in one page; written anew whenever something has happened."""

    version: int = VERSION
    status: Status = "running"
    name: Name
    started: Date
    """Date and time, ISO 8601."""
    experiment: Annotated[dict[str, Any], AfterValidator(checked)]
    """As plain values, of which ``told_experiment.py`` says what may be relied on."""
    seconds: Seconds = 0.0
    host: Name = ""
    """The machine that runs it, or ran it last; unknown of former runs."""
    device: Name = ""
    environment: dict[Name, Text] = {}
    """Versions and machine that it was begun with, see ``environment.py``; none of former runs."""
    class_names: tuple[Name, ...] = ()
    stage: Name = ""
    """The stage that runs, or ran last."""
    epoch: Count = 0
    networks: Annotated[dict[FileName, NetworkResult], Field(max_length=MOST_ROWS)] = {}
    """The table of results: a row for each network that is trained, or came with weights, in order."""
    planned: Annotated[dict[FileName, Identity], Field(max_length=MOST_ROWS)] = {}
    """Every network that its plan scores, by name, in order; unknown of former runs."""
    views: tuple[View, ...] = ()
    comparison: Comparison = Comparison()
    warnings: tuple[RunWarning, ...] = ()
    """What makes the results doubtful, in the order in which it was told."""
    claim: Judgement | None = None
    """What the run shows of its claim; None before its end, or where it makes none."""
    taken: dict[Name, Name] = {}
    """Stages that this run did not train, and the runs that have: its time is without theirs."""
    error: Text = ""
    """Why it failed, or what of it is damaged, and what to do."""
    recorded: bool = False
    """Whether it came with the package; known by where it lies."""

    @model_validator(mode="after")
    def _classes_have_names(self) -> Self:
        """Let no network speak of a class that there is not."""
        if names := len(self.class_names):
            for name, row in self.networks.items():
                told = (*row.classes, *row.unseen, *(row.shifted.biases if row.shifted else ()))
                if told and max(told) >= names:
                    raise ValueError(f"'{name}' speaks of class {max(told)}; there are {names}")
        return self

    @computed_field  # type: ignore[prop-decorator]
    @property
    def groups(self) -> dict[str, dict[str, Mean]]:
        """Mean and deviation over the seeds; follows from ``networks``, as does the next."""
        return means(self.networks.values())

    @computed_field  # type: ignore[prop-decorator]
    @property
    def comparisons(self) -> tuple[Difference, ...]:
        """What the networks gain on their controls, seed by seed."""
        return differences(self.networks.values(), self.comparison)

    @property
    def identities(self) -> dict[str, Identity]:
        """All networks that there are or will be, by name."""
        return self.planned | self.networks

    @property
    def begun(self) -> datetime:
        """When it was begun; where no zone is told, this machine's is meant."""
        found = datetime.fromisoformat(self.started)
        return found if found.tzinfo else found.astimezone()

    @property
    def recording(self) -> str:
        """``Recorded on AMD EPYC 7763, 2 cores, 29 November 2026``."""
        return f"Recorded on {self.environment['Processor']}, {datetime.fromisoformat(self.started):%d %B %Y}"

    @property
    def notes(self) -> list[str]:
        """What people should know of it beside its results."""
        recorded = (
            [f"{self.recording}: it came with KD Studio, and Run makes it anew."] if self.recorded else []
        )
        return [*recorded, *notes_of_taken(self.taken)]

    @property
    def spoken_status(self) -> str:
        """``finished``, or ``! finished, with 2 warnings``."""
        return with_warnings(self.state, len(self.warnings))

    @property
    def state(self) -> str:
        """The status; ``recorded`` where the run came with the package."""
        return "recorded" if self.recorded else self.status


def blank(name: str, made: float = 0.0) -> Summary:
    """Return a summary of which only the name is known, and how many seconds after 1970 it was made."""
    started = datetime.fromtimestamp(min(max(made, 0.0), time.time()), UTC).isoformat(timespec="seconds")
    return Summary(name=name, started=started, experiment={"strategy": {"name": ""}})


def damaged(name: str, made: float, error: str) -> Summary:
    """Stand in for a run that cannot be read; ``error`` says why, and what to do."""
    return blank(name, made).model_copy(update={"status": "damaged", "error": error})


def notes_of_taken(taken: Mapping[str, str]) -> list[str]:
    """Say, of each run that is named, which stages were not trained again but taken over from it."""
    found = []
    for run in dict.fromkeys(taken.values()):
        stages = [stage for stage, where in taken.items() if where == run]
        more = f" and {len(stages) - MOST_NAMED} more" if len(stages) > MOST_NAMED else ""
        found.append(
            f"Taken over from run '{run}', not trained again: {', '.join(stages[:MOST_NAMED])}{more}."
        )
    return found


def with_warnings(status: str, count: int) -> str:
    """Say how many warnings there are behind ``status``, and before it that there are any."""
    return f"! {status}, with {spoken_warnings(count)}" if count else status


def spoken_warnings(count: int) -> str:
    """``1 warning``, ``2 warnings``."""
    return f"{count} warning{'' if count == 1 else 's'}"


def class_name(names: Sequence[str], number: int) -> str:
    """Name of a class; its number where what is damaged does not tell it."""
    return names[number] if number < len(names) else f"class {number}"
