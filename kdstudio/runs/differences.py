"""What networks gain on their controls, seed by seed: the mean difference, its 95 % interval, a verdict."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from math import floor, log10, sqrt
from typing import Literal, NamedTuple

from kdstudio.engine.events import NetworkResult
from kdstudio.engine.identity import SEED, Record
from kdstudio.engine.selecting import Fitting, Selector, fits
from kdstudio.engine.views import Comparison
from kdstudio.runs.figures import Row, Spread, figure_called, figure_of
from kdstudio.runs.groups import Group, gathered
from kdstudio.runs.student_t import quantile

Verdict = Literal["better", "worse", "not shown", "one seed"]
COMPARED = ("errors", "accuracy")
EXACT = 12
"""Decimals of a difference; what is behind them comes from binary fractions, and is no deviation."""
LEAST_ALIKE = 3
"""How many differences must be equal to show anything: two equal counts of errors are often chance."""


class Mean(Record):
    """A figure of networks that differ in the seed alone."""

    mean: float
    deviation: float | None = None
    """Sample standard deviation; None for one network."""
    count: int


class Difference(Record):
    """A figure of networks, less that of their controls of the same seeds."""

    result: str
    """Name of the networks, without the seed."""
    control: str
    """Name of what they are held against, without the seed."""
    figure: str
    """``errors`` or ``accuracy``, of the test images after the last epoch."""
    seeds: int
    """How many both have."""
    difference: float
    """Mean over these seeds."""
    deviation: float | None = None
    """Sample standard deviation of the differences; None for one seed."""
    low: float | None = None
    """Where the 95 % interval of the mean begins; None for one seed."""
    high: float | None = None
    """Where it ends."""
    verdict: Verdict

    @property
    def text(self) -> str:
        """``better by 61 ± 14 errors (3 seeds)``, ``no difference shown: −3 ± 17 errors (3 seeds)``."""
        if self.verdict == "one seed":
            return "1 seed: no statement"
        where = f"in each of {self.seeds} seeds" if self.deviation == 0 else f"({self.seeds} seeds)"
        if self.verdict != "not shown":
            amount = self._amount(abs(self.difference))
            return f"{self.verdict} by {amount} {self._unit(amount)} {where}"
        if self.deviation == self.difference == 0:
            return f"no difference shown: equal {where}"
        return f"no difference shown: {self.signed} {self._unit(self.signed[1:])} {where}"

    @property
    def brief(self) -> str:
        """``better by 61 ± 14``, ``not shown: −3 ± 17``, ``1 seed``."""
        if self.verdict == "one seed":
            return "1 seed"
        if self.verdict == "not shown":
            return f"not shown: {self.signed}"
        return f"{self.verdict} by {self._amount(abs(self.difference))}"

    @property
    def signed(self) -> str:
        """``−61 ± 14``, ``+0.61 ± 0.14``: in images, or in points of accuracy."""
        figure = figure_called(self.figure)
        return spoken_interval(self.difference, self.low, self.high, figure.scale, figure.digits)

    def _amount(self, difference: float) -> str:
        figure = figure_called(self.figure)
        return _amount(difference, self.low, self.high, figure.scale, figure.digits)

    def _unit(self, amount: str) -> str:
        word = "error" if self.figure == "errors" else "point"
        return word if amount == "1" else f"{word}s"


def spoken_interval(
    mean: float, low: float | None, high: float | None, scale: float = 1.0, digits: int = 0
) -> str:
    """``−61 ± 14``, ``+0.61 ± 0.14``: a mean difference with half its interval, times ``scale``.

    A single one, without an interval, has so many ``digits``.
    """
    sign = "" if mean == 0 else "−" if mean < 0 else "+"
    return sign + _amount(abs(mean), low, high, scale, digits)


def _amount(mean: float, low: float | None, high: float | None, scale: float, digits: int) -> str:
    half = 0.0 if low is None or high is None else scale * (high - low) / 2
    decimals = decimals_of(half, digits)
    amount = f"{scale * mean:,.{decimals}f}"
    return f"{amount} ± {half:,.{decimals}f}" if half else amount


def decimals_of(half: float, digits: int) -> int:
    """Decimals of an interval, so that its ``half`` width has two digits, or more where these are whole.

    It has one where a single figure, which has so many ``digits``, would not show the other; a width of 0 has
    those of a single figure.
    """
    if half == 0:
        return digits
    two = 1 - floor(log10(half))
    return max(min(two, max(two - 1, digits, 1)), digits - 1, 0)


class Interval(NamedTuple):
    """The mean of some differences, with its 95 % interval by Student's t with n − 1 degrees of freedom."""

    mean: float
    deviation: float | None
    """Sample standard deviation; None for one difference, as the bounds are."""
    low: float | None
    high: float | None
    is_shown: bool
    """Whether it holds no 0; where all are equal, :data:`LEAST_ALIKE` of them are needed to say so."""


def interval_of(differences: Spread) -> Interval:
    """Take the interval of one difference or more; one alone shows nothing."""
    mean, count = differences.mean, differences.count
    if count == 1:
        return Interval(mean, None, None, None, is_shown=False)
    deviation = differences.deviation
    half = quantile(count - 1) * deviation / sqrt(count)
    shown = abs(mean) > half and (deviation > 0 or count >= LEAST_ALIKE)
    return Interval(mean, deviation, mean - half, mean + half, shown)


def paired(result: Group, control: Group, key: str = "errors", over: str = SEED) -> Difference | None:
    """Take a figure's differences between networks that agree in ``over``; None where none do.

    Nothing is called better or worse on one seed, nor where the interval holds 0.
    """
    ours, theirs = _by(over, result, key), _by(over, control, key)
    differences = Spread(tuple(round(ours[seed] - theirs[seed], EXACT) for seed in ours if seed in theirs))
    if not differences.values:
        return None
    names = {"result": result.network.name, "control": control.network.name, "figure": key}
    found, count = interval_of(differences), differences.count
    is_better = (found.mean < 0) == figure_called(key).lower_is_better
    verdict: Verdict = ("better" if is_better else "worse") if found.is_shown else "not shown"
    return Difference(
        **names, seeds=count, difference=found.mean, deviation=found.deviation, low=found.low,
        high=found.high, verdict=verdict if count > 1 else "one seed",
    )  # fmt: skip


def _by(over: str, group: Group, key: str) -> dict[object, float]:
    """Return the figure by the value of the coordinate; None stands for those without it."""
    figures = ((row.coordinates.get(over), figure_of(row, key)) for row in group.rows)
    return {value: figure for value, figure in figures if figure is not None}


def differences(rows: Iterable[NetworkResult], kinds: Comparison) -> tuple[Difference, ...]:
    """Hold whatever has a control against it, errors and accuracy; what the run is about comes first."""
    groups = gathered(rows)
    learned = [g for g in groups if g.network.kind not in (kinds.control, kinds.reference)]
    learned.sort(key=lambda group: group.network.kind != kinds.result)
    controls = Controls(groups, kinds)
    pairs = [(group, control) for group in learned for control in controls.of(group)]
    found = (paired(group, control, key) for group, control in pairs for key in COMPARED)
    return tuple(difference for difference in found if difference)


def controls_of(result: Group, groups: Iterable[Group], kinds: Comparison) -> list[Group]:
    """Find the controls of ``result``: of its role, scored on the same images, and the nearest to it."""
    return Controls(groups, kinds).of(result)


class Controls:
    """The controls among some groups, of which many results ask for theirs in turn."""

    def __init__(self, groups: Iterable[Group], kinds: Comparison) -> None:
        """Take those of ``groups`` that are controls."""
        self._where: Selector = {"kind": kinds.control}
        self._groups = [group for group in groups if fits(group.network, self._where)]
        self._comparable: dict[Hashable, tuple[dict[int, Group], Fitting[Row]]] = {}

    def of(self, result: Group) -> list[Group]:
        """Find those of ``result``, as :func:`controls_of` does."""
        own = result.network
        if not isinstance(own, NetworkResult):
            return []
        scored = own.role, own.test.count, own.classes
        if scored not in self._comparable:
            fitting = {id(group.network): group for group in self._groups if _comparable(own, group.network)}
            networks = (group.network for group in fitting.values())
            self._comparable[scored] = fitting, Fitting(networks, self._where)
        by_network, controls = self._comparable[scored]
        return [by_network[id(network)] for network in controls.nearest(own)]


def _comparable(one: NetworkResult, other: Row) -> bool:
    """Tell whether two networks are of one role, and were scored on the same images."""
    return isinstance(other, NetworkResult) and one.role == other.role and same_images(one, other)


def same_images(one: NetworkResult, other: NetworkResult) -> bool:
    """Tell whether two networks were scored on the same images.

    A network that tells all classes apart may have been scored on the images of some alone.
    """
    same_classes = one.classes == other.classes or not (one.classes and other.classes)
    return one.test.count == other.test.count and same_classes


def means(rows: Iterable[NetworkResult]) -> dict[str, dict[str, Mean]]:
    """Errors and accuracy on the test images, by name without the seed and by figure."""
    return {
        group.network.name: {
            key: Mean(mean=s.mean, deviation=s.deviation if s.count > 1 else None, count=s.count)
            for key in COMPARED
            if (s := group.spread(key))
        }
        for group in gathered(rows)
    }
