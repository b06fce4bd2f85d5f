"""The same curve of several runs, for one plot: accuracy, or a loss term, of what stands for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kdstudio.runs.curves import LossKey, Series
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.gathered_runs import RunGroup
from kdstudio.runs.log import RunFollower
from kdstudio.runs.mean_curves import SeedCurves
from kdstudio.runs.results import Leading, leading
from kdstudio.runs.state import RunState

ACCURACY = "validation accuracy"
PARTS: tuple[str, ...] = Leading._fields
"""Whose curves can be drawn: ``reference``, ``control``, ``result``."""
States = Mapping[RunFolder, RunState]


class LogReader:
    """Reads runs' logs; of what has been read before, only what is new."""

    def __init__(self) -> None:
        """Nothing read yet."""
        self._followers: dict[RunFolder, RunFollower] = {}

    def read(self, runs: Iterable[RunFolder]) -> dict[RunFolder, RunState]:
        """Return what the logs of ``runs`` amount to; those that cannot be read are left out."""
        followers = {run: self._followers.get(run) or RunFollower(run) for run in runs}
        found = {}
        for run, follower in followers.items():
            try:
                follower.poll()
            except (OSError, ValueError):
                continue
            found[run] = follower.state
        self._followers = followers
        return found


def overlaid(group: RunGroup, part: str, states: States) -> dict[str, SeedCurves]:
    """Find the curves of what stands for a run, or for several seeds, by what they show.

    Accuracies are from 0 to 1, losses unweighted; x counts the epochs of the stage.
    """
    network = getattr(leading(group.summary), part)
    wanted = {row.name for row in network.rows} if network else set()
    found: dict[str, list[Series]] = {}
    for run, names in group.names.items():
        own = [name for name, shared in names.items() if group.summary.networks[shared].name in wanted]
        if run in states:
            for what, series in _curves_of(states[run], own):
                found.setdefault(what, []).append(series)
    return {what: SeedCurves(tuple(several), len(several)) for what, several in found.items()}


def _curves_of(state: RunState, names: Iterable[str]) -> Iterator[tuple[str, Series]]:
    for name in names:
        if name in state.curves.accuracy:
            yield ACCURACY, state.curves.accuracy[name]
        for stage in state.stages:
            for term in stage.terms if name in stage.trained else ():
                if (key := LossKey(stage.name, term)) in state.curves.losses:
                    yield term, state.curves.losses[key]
