"""Accuracy against cost: every network of some runs, and those that no other beats in both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from kdstudio.engine.events import NetworkResult
from kdstudio.runs.colours import LINE
from kdstudio.runs.exporting.export import IN_THE_RUN
from kdstudio.runs.exporting.records import MeasuredFile
from kdstudio.runs.exporting.truth_table import spoken_format, switched_on
from kdstudio.runs.figures import FIGURES, Spread, axis_title
from kdstudio.runs.formats.safetensors import Safetensors
from kdstudio.runs.groups import Group, gathered
from kdstudio.runs.latency import EAGER
from kdstudio.runs.network_colours import series_of
from kdstudio.runs.results import ResultCurve, ResultPoint

COUNTED = ("parameters", "multiply_adds")
FRONT = "Pareto front"


class MeasuredRun(NamedTuple):
    """A run with what its exported files were measured to be."""

    name: str
    networks: Mapping[str, NetworkResult]
    """By the names under which the run keeps them."""
    files: Sequence[MeasuredFile]


@dataclass(frozen=True)
class Cost:
    """An axis: something counted, or the latency in a runtime on a machine."""

    figure: str
    """Key of ``FIGURES``; gives unit and scale."""
    runtime: str = ""
    batch: int = 0
    threads: int = 0
    processor: str = ""

    @property
    def name(self) -> str:
        """``parameters``, or ``latency in onnxruntime, batch 1``."""
        title = FIGURES[self.figure].title
        return f"{title} in {self.runtime}, batch {self.batch}" if self.runtime else title

    @property
    def axis(self) -> str:
        """Title of the axis, with its unit."""
        return f"{self.name} (ms)" if self.runtime else axis_title(self.figure)

    @property
    def how(self) -> str:
        """Say where it was measured; empty for what is counted."""
        threads = f"{self.threads} thread{'s' if self.threads > 1 else ''}"
        return f"Median latency, {threads}, {self.processor}." if self.runtime else ""


class _Placed(NamedTuple):
    """A network, or a file of it, on an axis."""

    network: str
    point: ResultPoint


def costs_of(runs: Iterable[MeasuredRun]) -> list[Cost]:
    """Say what ``runs`` can be held against: what is counted, the runtimes, and eager PyTorch last."""
    files = [file for run in runs for file in run.files]
    found = dict.fromkeys(cost for file in files for cost in _latencies(file))
    ordered = sorted(found, key=lambda cost: (cost.runtime == EAGER, cost.batch))
    return [*map(Cost, COUNTED), *ordered]


def _latencies(file: MeasuredFile) -> Iterator[Cost]:
    """Axes on which a file stands; what holds weights alone runs as the network does in the run."""
    if file.title == Safetensors.title:
        return
    runtime = file.runtime.rpartition(" ")[0]
    if file.title == IN_THE_RUN:
        runtime = EAGER
    elif runtime == Safetensors.runtime:  # PyTorch too, but not eager
        runtime = file.title
    for latency in file.latencies:
        yield Cost("latency", runtime, latency.batch, file.threads, file.processor)


def accuracy_against(cost: Cost, runs: Sequence[MeasuredRun]) -> list[ResultCurve]:
    """Place all networks by test accuracy and ``cost``, means over the seeds; the front is the first curve.

    A latency places files, each with the accuracy that it has as exported. Nothing where nothing is known.
    """
    placed = [one for run in runs for one in _placed(cost, run, told=len(runs) > 1)]
    if not placed:
        return []
    tokens = series_of(row for run in runs for row in run.networks.values())
    by_network: dict[str, list[ResultPoint]] = {}
    for one in placed:
        by_network.setdefault(one.network, []).append(one.point)
    beside = [
        ResultCurve(name, tokens[name], tuple(points), connected=False) for name, points in by_network.items()
    ]
    points = [one.point for one in placed]
    best = front(points)
    reached = best[-1]._replace(x=max(point.x for point in points))
    return [ResultCurve(FRONT, LINE, (*best, reached), stepped=True), *beside]


def front(points: Iterable[ResultPoint]) -> list[ResultPoint]:
    """Return those that are better than all that cost no more, the cheapest first."""
    found: list[ResultPoint] = []
    for point in sorted(points, key=lambda point: (point.x, -point.y.mean)):
        if not found or point.y.mean > found[-1].y.mean:
            found.append(point)
    return found


def _placed(cost: Cost, run: MeasuredRun, *, told: bool) -> Iterator[_Placed]:
    """Place the networks of one run; ``told``: its name stands before theirs."""
    before = f"{run.name}: " if told else ""
    for group in gathered(run.networks.values()):
        for variant, x, y in _measured(cost, run, group) if cost.runtime else _counted(cost, group):
            name = before + ", ".join(filter(None, (group.network.name, variant)))
            yield _Placed(group.network.name, ResultPoint(x, y, name))


def _counted(cost: Cost, group: Group) -> Iterator[tuple[str, float, Spread]]:
    counted, accuracy = group.spread(cost.figure), group.spread("accuracy")
    if counted and accuracy:
        yield "", counted.mean, accuracy


def _measured(cost: Cost, run: MeasuredRun, group: Group) -> Iterator[tuple[str, float, Spread]]:
    """Each format of a network: what tells it from others there, median latency, accuracies."""
    there = [file for file in run.files if cost in _latencies(file)]
    names = {name for name, row in run.networks.items() if row in group.rows}
    by_format: dict[str, list[MeasuredFile]] = {}
    for file in there:
        if file.network in names:
            by_format.setdefault(spoken_format(file), []).append(file)
    differences = _told_apart(by_format)
    for told, files in by_format.items():
        medians = [found.median for file in files if (found := file.latency(cost.batch))]
        yield differences[told], fmean(medians), Spread(tuple(file.accuracy for file in files))


def _told_apart(by_format: Mapping[str, Sequence[MeasuredFile]]) -> dict[str, str]:
    """Of formats in words, what tells each from the others: ``int8``, ``preprocessing``; else all of it."""
    short = {told: _speciality(files[0]) for told, files in by_format.items()}
    return short if len({*short.values()}) == len(short) else {told: told for told in short}


def _speciality(file: MeasuredFile) -> str:
    precision = [file.precision] if file.precision != "float32" else []
    return ", ".join([*precision, *switched_on(file)])
