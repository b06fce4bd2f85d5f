"""Quantities of a row of results: scores on the test images after the last epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.events import StageSummary
from kdstudio.engine.quantities.declaration import Evidence, Quantity, quantities
from kdstudio.engine.selecting import Selector
from kdstudio.engine.views import Comparison
from kdstudio.errors import KDStudioError


class Scored(Quantity):
    """A score of the row, which the same images must have on both sides."""

    same_images: ClassVar = True
    score: ClassVar[str]
    """Name of it."""

    def value(self, network: str, evidence: Evidence) -> float:
        """As it stands in the row."""
        found: float = getattr(evidence.row(network).test, self.score)
        return found


@quantities.register
class Errors(Scored):
    """Errors: wrong answers to the test images."""

    title: ClassVar = "errors"
    unit: ClassVar = "errors"
    digits: ClassVar = 0
    score: ClassVar = "errors"

    name: Literal["errors"] = "errors"


@quantities.register
class Accuracy(Scored):
    """Accuracy: share of right answers to the test images, 0 to 1."""

    title: ClassVar = "accuracy"
    unit: ClassVar = "%"
    scale: ClassVar = 100.0
    reach: ClassVar = 1.0
    digits: ClassVar = 2
    score: ClassVar = "accuracy"

    name: Literal["accuracy"] = "accuracy"


@quantities.register
class Loss(Scored):
    """Loss: mean cross-entropy to the test images' labels, in nats."""

    title: ClassVar = "loss"
    unit: ClassVar = "nats"
    digits: ClassVar = 4
    score: ClassVar = "loss"

    name: Literal["loss"] = "loss"


@quantities.register
class CalibrationError(Scored):
    """Calibration error: how far confidence is from accuracy on the test images, 0 to 1 (Guo 2017, eq. 5)."""

    title: ClassVar = "calibration error"
    unit: ClassVar = "%"
    scale: ClassVar = 100.0
    digits: ClassVar = 2
    score: ClassVar = "calibration_error"

    name: Literal["calibration-error"] = "calibration-error"


@quantities.register
class UnseenAccuracy(Quantity):
    """Accuracy on classes never seen: share of right answers to test images of classes left out, 0 to 1."""

    title: ClassVar = "accuracy on the classes never seen"
    unit: ClassVar = "%"
    scale: ClassVar = 100.0
    reach: ClassVar = 1.0
    digits: ClassVar = 2

    name: Literal["unseen-accuracy"] = "unseen-accuracy"
    shifted: bool = option(False, "Shifted", "With the biases shifted that are fitted without test labels.")

    def told(self) -> dict[str, str]:
        """Say whether biases are shifted."""
        return {"shifted": "with biases fitted" if self.shifted else ""}

    def check(self, stages: Sequence[StageSummary]) -> None:
        """Some class must be left out."""
        if not any(stage.left_out for stage in stages):
            raise ValueError("no network leaves a class out; give one training.leave_out")

    def value(self, network: str, evidence: Evidence) -> float:
        """From 0 to 1."""
        row = evidence.row(network)
        scored = row.shifted if self.shifted else row
        found = scored.unseen_accuracy if scored else None
        if found is None:
            fitted = " with fitted biases" if self.shifted else ""
            raise KDStudioError(f"'{network}' has no accuracy on classes never seen{fitted}")
        return found


@quantities.register
class GapClosed(Quantity):
    """Gap closed: share of the way from one network's errors to another's that is made: 0 none, 1 all."""

    title: ClassVar = "share of the gap that is closed"
    unit: ClassVar = "%"
    scale: ClassVar = 100.0
    reach: ClassVar = 1.0
    digits: ClassVar = 0

    name: Literal["gap-closed"] = "gap-closed"
    start: dict[str, int | float | str] = option({}, "From", "Where the way begins; else the control.")
    end: dict[str, int | float | str] = option({}, "To", "Where it ends; else what is learned from.")

    def selectors(self, kinds: Comparison) -> tuple[Selector, ...]:
        """Beginning and end."""
        return {"kind": kinds.control, **self.start}, {"kind": kinds.reference, **self.end}

    def value(self, network: str, evidence: Evidence) -> float:
        """Take the errors of the same images; there is no share where the end is no better than the start."""
        own, *both = (evidence.row(name).test for name in (network, *self._ends(network, evidence)))
        start, end = both
        if not own.count == start.count == end.count:
            raise KDStudioError("these networks were scored on other images; their errors have no gap")
        if start.errors <= end.errors:
            raise KDStudioError(
                f"there is no gap to close: {start.errors} errors at its beginning, {end.errors} at its end"
            )
        return (start.errors - own.errors) / (start.errors - end.errors)

    def _ends(self, network: str, evidence: Evidence) -> tuple[str, ...]:
        return tuple(evidence.other(network, where) for where in self.selectors(evidence.kinds))
