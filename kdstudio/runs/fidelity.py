"""How faithfully networks answer as their teacher does, and which classes gained and lost by it.

Accuracy and fidelity come apart (Stanton et al. 2021, *Does knowledge distillation really work?*), and equal
accuracies hide classes that change (Mohammadshahi and Ioannou 2025, *What is left after distillation?*).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Literal, NamedTuple

from kdstudio.engine.events import NetworkResult
from kdstudio.engine.identity import SEED
from kdstudio.errors import KDStudioError
from kdstudio.runs.comparison import main_control, main_reference
from kdstudio.runs.differences import EXACT, Interval, interval_of
from kdstudio.runs.figures import Spread
from kdstudio.runs.groups import Group, gathered
from kdstudio.runs.predictions import Predictions
from kdstudio.runs.summary import Summary

if TYPE_CHECKING:
    from torch import Tensor

Change = Literal["gained", "lost", "not shown", "one seed"]


class Fidelity(NamedTuple):
    """Networks that differ in the seed alone, beside their teachers; one value for each seed."""

    network: str
    """Name without the seed."""
    teacher: str
    """Name without the seed."""
    images: int
    """How many of the test images are of classes that both tell apart."""
    accuracy: Spread
    agreement: Spread
    """Share of the images to which both give the same answer."""
    kl: Spread
    """Mean KL(teacher ‖ network) in nats, at T = 1."""


class ClassChange(NamedTuple):
    """What becomes of the accuracy on one class."""

    name: str
    images: int
    result: float
    """Mean over the seeds, as is the next."""
    control: float
    difference: Interval
    """Of result less control, seed by seed."""
    seeds: int

    @property
    def change(self) -> Change:
        """Say what is shown of it."""
        if self.seeds == 1:
            return "one seed"
        if not self.difference.is_shown:
            return "not shown"
        return "gained" if self.difference.mean > 0 else "lost"


@dataclass(frozen=True)
class ClassChanges:
    """Accuracy class by class, of networks and of their controls of the same seeds."""

    result: str
    """Name without the seed, as is the next."""
    control: str
    seeds: int
    classes: tuple[ClassChange, ...]
    """Those that have test images; what gained most comes first."""

    @property
    def text(self) -> str:
        """Say how many classes have changed, and what a single seed does not show."""
        many = len(self.classes)
        if self.seeds == 1:
            up, down = (sum(sign * c.difference.mean > 0 for c in self.classes) for sign in (1, -1))
            return (
                f"On {up} of {many} classes {self.result} is better than {self.control}, on {down} worse. "
                "One seed has no interval: run several to tell this from chance."
            )
        up, down = (sum(c.change == change for c in self.classes) for change in ("gained", "lost"))
        return (
            f"Of {many} classes {up} gained and {down} lost by a difference whose 95 % interval over "
            f"{self.seeds} seeds holds no 0; by chance alone about {many / 20:.2g} would."
        )


@dataclass(frozen=True)
class FidelityReport:
    """Fidelity of a run's networks, and the classes that changed by its main one."""

    rows: tuple[Fidelity, ...]
    changes: ClassChanges | None
    """None where nothing comparable was trained without the teacher."""


def fidelity_report(
    predictions: Predictions, summary: Summary, names: Sequence[str], student: str
) -> FidelityReport:
    """Hold everything of ``names``, networks with weights, against its teacher, and ``student`` by class.

    Raises KDStudioError where ``student`` has no row in the run's results.
    """
    if student not in summary.networks:
        raise KDStudioError(f"'{student}' has no results in the run yet; wait until it has been scored")
    groups = _kept_groups(summary, names)
    rows = [row for group in groups if (row := _fidelity(predictions, summary, names, group))]
    own = next(group for group in groups if student in group)
    return FidelityReport(tuple(rows), class_changes(predictions, summary, names, own))


def _kept_groups(summary: Summary, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Names of networks that differ in the seed alone, together."""
    rows = summary.networks
    kept = [name for name in rows if name in names]
    return [_named(rows, kept, group) for group in gathered(rows[name] for name in kept)]


def _named(rows: dict[str, NetworkResult], kept: Sequence[str], group: Group) -> tuple[str, ...]:
    return tuple(name for name in kept if any(rows[name] is row for row in group.rows))


def _fidelity(
    predictions: Predictions, summary: Summary, names: Sequence[str], group: Sequence[str]
) -> Fidelity | None:
    """Hold a group against its teachers; None for what learns from nothing here."""
    rows = summary.networks
    if rows[group[0]].kind == summary.comparison.reference:
        return None
    pairs = [(name, main_reference(summary, names, name)) for name in group]
    measured = [_measured(predictions, *pair) for pair in pairs if pair[0] != pair[1]]
    if not measured:
        return None
    images, *figures = zip(*measured, strict=True)
    one, other = (rows[name].without(SEED).name for name in pairs[0])
    return Fidelity(one, other, images[0], *map(Spread, figures))


def _measured(predictions: Predictions, name: str, teacher: str) -> tuple[int, float, float, float]:
    """Count the images; accuracy, agreement and mean KL."""
    from kdstudio.engine.softening import divergence

    found = predictions.of_networks(name, teacher)
    own, other = (found.logits[each].double() for each in (name, teacher))
    answers = own.argmax(1)
    kl = float(divergence(own, other).mean())

    def share(alike: Tensor) -> float:
        return float(alike.double().mean())

    return len(answers), share(answers == found.labels), share(answers == other.argmax(1)), kl


def class_changes(
    predictions: Predictions, summary: Summary, names: Sequence[str], group: Sequence[str]
) -> ClassChanges | None:
    """Hold networks against their controls of the same seeds, class by class; None without such."""
    rows = summary.networks
    pairs = [
        (name, control)
        for name in group
        if (control := main_control(summary, names, name)) and rows[control].shares_trial_with(rows[name])
    ]
    if not pairs:
        return None
    found = [[_class_accuracies(predictions.of_networks(*pair), name) for name in pair] for pair in pairs]
    counts = _counts(predictions.of_networks(*pairs[0]))
    changes = [_change(name, count, found) for name, count in counts.items() if count]
    changes.sort(key=lambda change: -change.difference.mean)
    one, other = (rows[name].without(SEED).name for name in pairs[0])
    return ClassChanges(one, other, len(pairs), tuple(changes))


def _class_accuracies(predictions: Predictions, network: str) -> dict[str, float | None]:
    from kdstudio.engine.confusion import class_accuracies
    from kdstudio.engine.scoring import confusion

    names = predictions.class_names
    counted = confusion(predictions.labels, predictions.logits[network].argmax(1), len(names))
    return dict(zip(names, class_accuracies(counted), strict=True))


def _counts(predictions: Predictions) -> dict[str, int]:
    """Count the images of each class."""
    names = predictions.class_names
    counts = predictions.labels.bincount(minlength=len(names)).tolist()
    return dict(zip(names, counts, strict=True))


def _change(name: str, images: int, pairs: Sequence[Sequence[dict[str, float | None]]]) -> ClassChange:
    """``pairs`` hold the accuracies of a network and its control, one pair for each seed."""
    ours, theirs = ([pair[side][name] or 0.0 for pair in pairs] for side in (0, 1))
    gains = Spread(tuple(round(own - other, EXACT) for own, other in zip(ours, theirs, strict=True)))
    return ClassChange(name, images, fmean(ours), fmean(theirs), interval_of(gains), len(pairs))
