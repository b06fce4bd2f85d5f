"""Runs of one experiment with several seeds, as one run: a row with mean, deviation, paired difference."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kdstudio.engine.events import NetworkResult, RunWarning
from kdstudio.engine.identity import SEED
from kdstudio.runs.comparison import DESCRIPTIVE
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.summary import Status, Summary

WORST_FIRST: tuple[Status, ...] = ("running", "paused", "failed", "interrupted", "stopped", "finished")


@dataclass(frozen=True)
class RunGroup:
    """Runs that differ in nothing but the seed; one run alone is a group of one."""

    members: Mapping[RunFolder, Summary]
    """All of them, in the order in which they came."""
    summary: Summary
    """That of the run; of several, the rows of all in one table, each network with its seed."""
    names: Mapping[RunFolder, Mapping[str, str]] = field(default_factory=dict)
    """For each run whose results count, its networks' names by the names that it has for them itself."""

    @property
    def run(self) -> RunFolder:
        """The first one."""
        return next(iter(self.members))

    @property
    def seeds(self) -> list[int]:
        """Seeds of all that is counted, by size."""
        return sorted(seed for run in self.names for seed in seeds_of(self.members[run]))

    @property
    def statuses(self) -> dict[Status, int]:
        """How many runs are in which state, the most urgent first."""
        counts = Counter(summary.status for summary in self.members.values())
        return {status: counts[status] for status in WORST_FIRST if counts[status]}


def seeds_of(summary: Summary) -> range:
    """Return the seeds of a run."""
    first = int(summary.experiment.get("seed", 0))
    return range(first, first + int(summary.experiment.get("seeds", 1)))


def alone(run: RunFolder, summary: Summary) -> RunGroup:
    """Make a group of one run."""
    return RunGroup({run: summary}, summary, {run: {name: name for name in summary.networks}})


def gather(runs: Mapping[RunFolder, Summary]) -> list[RunGroup]:
    """Put runs together whose experiments differ in the seed alone, and in what describes them."""
    found: dict[str, dict[RunFolder, Summary]] = {}
    for run, summary in runs.items():
        found.setdefault(_experiment_of(summary), {})[run] = summary
    return [together(members) for members in found.values()]


def together(members: Mapping[RunFolder, Summary]) -> RunGroup:
    """Make a group of runs that differ in the seed alone.

    No seed counts twice: of runs that have one in common, a finished one does, then the first. What learns
    once in a run, as a teacher of several seeds, has the run's first seed.
    """
    if len(members) == 1:
        return alone(*next(iter(members.items())))
    rows: dict[str, NetworkResult] = {}
    names: dict[RunFolder, dict[str, str]] = {}
    taken: set[int] = set()
    for run, summary in sorted(members.items(), key=lambda member: member[1].status != "finished"):
        seeds = seeds_of(summary)
        if summary.networks and taken.isdisjoint(seeds):
            taken |= {*seeds}
            seeded = {name: _with_seed(row, seeds[0]) for name, row in summary.networks.items()}
            names[run] = {name: row.name for name, row in seeded.items()}
            rows |= {row.name: row for row in seeded.values()}
    group = RunGroup(members, next(iter(members.values())), names)
    model = members[next(iter(names))] if names else group.summary
    about = {
        "status": next(iter(group.statuses)),
        "started": max(summary.started for summary in members.values()),
        "seconds": sum(summary.seconds for summary in members.values()),
        "experiment": {key: value for key, value in model.experiment.items() if key != SEED},
        "networks": rows,
        "warnings": tuple(_warnings(members[run] for run in names)),
        "error": "",
    }
    return RunGroup(members, model.model_copy(update=about), names)


def _experiment_of(summary: Summary) -> str:
    left_out = (*DESCRIPTIVE, SEED)
    kept = {key: value for key, value in summary.experiment.items() if key not in left_out}
    return json.dumps(kept, sort_keys=True, default=str)


def _with_seed(row: NetworkResult, seed: int) -> NetworkResult:
    if SEED in row.coordinates:
        return row
    return row.model_copy(update={"coordinates": {**row.coordinates, SEED: seed}})


def _warnings(summaries: Iterable[Summary]) -> Iterator[RunWarning]:
    for summary in summaries:
        for warning in summary.warnings:
            title = f"Seed {seeds_of(summary)[0]}: {warning.title}"
            yield warning.model_copy(update={"title": title})
