"""Runs of one experiment with several seeds, as one run: a row with mean, deviation, paired difference."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kdstudio.engine.events import NetworkResult, RunWarning
from kdstudio.engine.identity import SEED
from kdstudio.runs.claims import judged_together
from kdstudio.runs.comparison import DESCRIPTIVE
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.summary import Status, Summary

WORST_FIRST: tuple[Status, ...] = (
    "damaged",
    "running",
    "paused",
    "failed",
    "interrupted",
    "stopped",
    "finished",
)

Members = Mapping[RunFolder, Summary]


@dataclass(frozen=True)
class RunGroup:
    """Runs that differ in nothing but the seed; one run alone is a group of one."""

    members: Members
    """All of them, in the order in which they came."""
    summary: Summary
    """That of the run; of several, the rows of all in one table, each network with its seed."""
    names: Mapping[RunFolder, Mapping[str, str]] = field(default_factory=dict)
    """For each run that has results, its networks' names there by the names that it has for them itself."""

    @property
    def run(self) -> RunFolder:
        """The first one."""
        return next(iter(self.members))

    @property
    def seeds(self) -> list[int]:
        """Seeds of all that have results, by size."""
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


def gather(runs: Members) -> list[RunGroup]:
    """Make groups of ``runs``, see :func:`gathered_members`."""
    return [together(members) for members in gathered_members(runs)]


def gathered_members(runs: Members) -> list[dict[RunFolder, Summary]]:
    """Put runs together whose experiments differ in the seed alone, and in what describes them.

    Of runs that have a seed in common, a finished one joins the others, then the first; a repeated run that
    differs in nothing stands alone. Those that came with the package join no others.
    """
    found: dict[tuple[str, int], dict[RunFolder, Summary]] = {}
    taken: dict[str, set[int]] = {}
    place: dict[RunFolder, tuple[str, int]] = {}
    for number, (run, summary) in enumerate(
        sorted(runs.items(), key=lambda item: item[1].status != "finished")
    ):
        experiment, seeds = _experiment_of(summary), {*seeds_of(summary)}
        repeated = not seeds.isdisjoint(taken.setdefault(experiment, set()))
        taken[experiment] |= seeds
        place[run] = experiment, number if repeated else -1
    for run, summary in runs.items():
        found.setdefault(place[run], {})[run] = summary
    return list(found.values())


def together(members: Members) -> RunGroup:
    """Make a group of runs that differ in the seed alone, each in another one.

    What learns once in a run, as a teacher of several seeds, has the run's first seed.
    """
    if len(members) == 1:
        return alone(*next(iter(members.items())))
    rows: dict[str, NetworkResult] = {}
    names: dict[RunFolder, dict[str, str]] = {}
    for run, summary in members.items():
        if summary.networks:
            first = seeds_of(summary)[0]
            seeded = {name: _with_seed(row, first) for name, row in summary.networks.items()}
            names[run] = {name: row.name for name, row in seeded.items()}
            rows |= {row.name: row for row in seeded.values()}
    group = RunGroup(members, next(iter(members.values())), names)
    model = members[next(iter(names))] if names else group.summary
    about = {
        "status": next(iter(group.statuses)),
        "started": max(members.values(), key=lambda summary: summary.begun).started,
        "seconds": sum(summary.seconds for summary in members.values()),
        "taken": {f"{stage} of {m.name}": run for m in members.values() for stage, run in m.taken.items()},
        "experiment": {key: value for key, value in model.experiment.items() if key != SEED},
        "networks": rows,
        "warnings": tuple(_warnings(members[run] for run in names)),
        "error": "",
    }
    summary = model.model_copy(update=about)
    return RunGroup(members, summary.model_copy(update={"claim": judged_together(summary)}), names)


def _experiment_of(summary: Summary) -> str:
    left_out = (*DESCRIPTIVE, SEED)
    kept = {key: value for key, value in summary.experiment.items() if key not in left_out}
    kept["recorded"] = summary.recorded
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
