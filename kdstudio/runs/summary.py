"""The summary of a run: what its events amount to, in one page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import computed_field

from kdstudio.engine.events import NetworkResult, RunWarning
from kdstudio.engine.identity import Identity, Record
from kdstudio.engine.judgement import Judgement
from kdstudio.engine.views import Comparison, View
from kdstudio.runs.differences import Difference, Mean, differences, means

Status = Literal["running", "paused", "finished", "stopped", "failed", "interrupted"]
MOST_NAMED = 4
"""Stages that a note names; more are counted."""
VERSION = 2
"""Of the shape of ``summary.json``; older ones are converted when they are read, see ``former.py``."""


class Summary(Record):
    """A run in one page; written anew whenever something has happened."""

    version: int = VERSION
    status: Status = "running"
    name: str
    started: str
    """Date and time, ISO 8601."""
    experiment: dict[str, Any]
    seconds: float = 0.0
    device: str = ""
    environment: dict[str, str] = {}
    """Versions and machine that it was begun with, see ``environment.py``; none of former runs."""
    class_names: tuple[str, ...] = ()
    stage: str = ""
    """The stage that runs, or ran last."""
    epoch: int = 0
    networks: dict[str, NetworkResult] = {}
    """The table of results: a row for each network that is trained, or came with weights, in order."""
    planned: dict[str, Identity] = {}
    """Every network that its plan scores, by name, in order; unknown of former runs."""
    views: tuple[View, ...] = ()
    comparison: Comparison = Comparison()
    warnings: tuple[RunWarning, ...] = ()
    """What makes the results doubtful, in the order in which it was told."""
    claim: Judgement | None = None
    """What the run shows of its claim; None before its end, or where it makes none."""
    taken: dict[str, str] = {}
    """Stages that this run did not train, and the runs that have: its time is without theirs."""
    error: str = ""
    recorded: bool = False
    """Whether it came with the package; known by where it lies."""

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
