"""What a sweep has found: accuracy against temperature, over seeds, for every kind of student."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import NamedTuple

from kdstudio.runs.summary import Summary

Varied = Mapping[str, float | str]
"""What tells a student from its siblings: ``role, temperature, alpha, seed``."""
LABELS_ALONE = 1.0


class Setting(NamedTuple):
    """One point of a sweep; the seeds are averaged over."""

    role: str
    alpha: float
    temperature: float

    @classmethod
    def of(cls, varied: Varied) -> Setting:
        """Read it from what a network says of itself."""
        return cls(str(varied["role"]), float(varied["alpha"]), float(varied["temperature"]))

    @property
    def is_baseline(self) -> bool:
        """Tell whether such a student learns from the labels alone."""
        return self.alpha == LABELS_ALONE

    def __str__(self) -> str:
        """``student T = 4, α = 0.1``."""
        if self.is_baseline:
            return f"{self.role} labels alone"
        return f"{self.role} T = {self.temperature:g}, α = {self.alpha:g}"


@dataclass(frozen=True)
class Spread:
    """The same figure over several seeds."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return fmean(self.values)

    @property
    def deviation(self) -> float:
        """Sample standard deviation; 0 for a single seed."""
        return stdev(self.values) if len(self.values) > 1 else 0.0


def over_seeds(values: Mapping[str, float], varied: Mapping[str, Varied]) -> dict[Setting, Spread]:
    """Gather the figures of swept networks, by name, into one spread for each setting."""
    found: dict[Setting, tuple[float, ...]] = {}
    for name, value in values.items():
        if name in varied:
            setting = Setting.of(varied[name])
            found[setting] = (*found.get(setting, ()), value)
    return {setting: Spread(found[setting]) for setting in sorted(found)}


@dataclass(frozen=True)
class SweptStudent:
    """One kind of student: its accuracy on validation and test for each setting."""

    architecture: str
    validation: dict[Setting, Spread]
    test: dict[Setting, Spread]

    @property
    def best(self) -> Setting:
        """The setting with the highest mean accuracy on validation; the test set has no say."""
        return max(self.validation, key=lambda setting: self.validation[setting].mean)


def swept_students(summary: Summary) -> dict[str, SweptStudent]:
    """Every kind of student of a sweep, by role; empty for any other run."""
    swept = {name: network for name, network in summary.networks.items() if network.varied}
    varied = {name: network.varied for name, network in swept.items()}
    students = {}
    for role in dict.fromkeys(str(of["role"]) for of in varied.values()):
        networks = {name: network for name, network in swept.items() if varied[name]["role"] == role}
        students[role] = SweptStudent(
            architecture=next(iter(networks.values())).architecture,
            validation=over_seeds({n: s.validation.accuracy for n, s in networks.items()}, varied),
            test=over_seeds({n: s.test.accuracy for n, s in networks.items()}, varied),
        )
    return students
