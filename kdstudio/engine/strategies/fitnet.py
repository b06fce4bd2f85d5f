"""FitNets: hints from the middle of the teacher, then its softened predictions (Romero et al. 2015)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import OptionalNumber, option
from kdstudio.engine.learning import learn_labels, ready_teachers
from kdstudio.engine.losses import response
from kdstudio.engine.matching.declaration import Pair
from kdstudio.engine.matching.hint import REGRESSOR, Hint, HintProjection
from kdstudio.engine.strategy import Baseline, Strategy, strategies
from kdstudio.engine.terms import LossTerm, label_loss, logits
from kdstudio.engine.weighting import Linear

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.stage import Stage

JOINT_WEIGHT = 100.0
"""Weight of the hint where it is learned beside the predictions, as in the libraries that do so."""


@strategies.register
class FitNet(Strategy):
    """Hints: the student's middle layer learns the teacher's, then all of it the predictions (Romero 2015).

    Beside it, the same student (same initial weights, order of samples and budget) can learn from the
    labels alone, and from the predictions without the hint: networks baseline, kd and student of one run.
    """

    paper: ClassVar[str] = "FitNets: Hints for Thin Deep Nets, Romero et al. 2015"

    name: Literal["fitnet"] = "fitnet"
    student_tap: str = option(
        "", "Student tap", "The guided layer; none means a middle tap.", taps_of="student", term="tap"
    )
    teacher_tap: str = option(
        "", "Teacher tap", "The hint layer; none means a middle tap.", taps_of="teacher", term="hint"
    )
    projection: HintProjection = option("paper", "Regressor", REGRESSOR, term="connector")
    distance: Literal["squared error", "cross-entropy"] = option(
        "squared error",
        "Distance",
        "Mean squared error, or cross-entropy of the softmax over channels.",
        advanced=True,
    )
    stages: Literal["two", "one"] = option(
        "two",
        "Stages",
        "two: the hint first, by itself, as in the paper; one: together with the predictions, with weight "
        "100, as libraries do.",
    )
    hint_epochs: int = option(
        30, "Hint epochs", "Length of the hint's own stage.", unit="epochs", ge=1, le=10000, term="hint"
    )
    hint_weight: OptionalNumber = option(
        None,
        "Hint weight",
        "Of the hint. Empty: 1 in a stage of its own, as in the paper; 100 beside the predictions, as in "
        "libraries. Steps that do not adapt to the size of the gradient need more.",
        empty="from the stages",
        ge=0,
        le=1e9,
        advanced=True,
    )
    temperature: float = option(
        3.0, "Temperature τ", "Both logits are divided by it.", gt=0, le=1000, term="temperature"
    )
    lambda_start: float = option(4.0, "First λ", "Weight of the soft loss in the first epoch.", ge=0, le=1e6)
    lambda_end: float = option(
        1.0, "Last λ", "Its weight in the last epoch, in a straight line.", ge=0, le=1e6
    )
    times_t_squared: bool = option(
        False,
        "Times τ²",
        "Multiply the soft loss by τ², as Hinton does; the paper does not.",
        advanced=True,
        term="t-squared",
    )
    baseline: Baseline = True
    kd: bool = option(True, "KD", "Also train the same student on labels and predictions without the hint.")

    def formula(self) -> str:
        """``L = hint, then CE + λ·CE(soft)`` with its numbers."""
        t = f"{self.temperature:g}"
        squared = f"{t}²·" if self.times_t_squared else ""
        hint = self._hint()
        weight = "" if hint.weight == 1 else f"{hint.weight:g}·"
        first = f"{weight}{hint.formula()}{', then' if self.stages == 'two' else ' +'} "
        soft = f"{squared}CE(softmax(z_t/{t}), softmax(z_s/{t}))"
        return f"L = {first}CE(y, softmax(z_s)) + {self._weighted(soft)}"

    def _weighted(self, soft: str) -> str:
        """Write the soft loss with λ, which has a sign only where it changes."""
        first, last = self.lambda_start, self.lambda_end
        if first != last:
            return f"λ·{soft}, λ from {first:g} to {last:g}"
        return soft if first == 1 else f"{first:g}·{soft}"

    def _hint(self) -> Hint:
        """Return the matching term of the hint."""
        usual = 1.0 if self.stages == "two" else JOINT_WEIGHT
        return Hint(
            weight=usual if self.hint_weight is None else self.hint_weight,
            student_taps=(self.student_tap,) if self.student_tap else (),
            teacher_taps=(self.teacher_tap,) if self.teacher_tap else (),
            projection=self.projection,
            distance=self.distance,
        )

    def _terms(self, network: str) -> list[LossTerm]:
        squared = self.times_t_squared
        loss = response.soft_cross_entropy if squared else response.softened_cross_entropy
        soft = partial(loss, temperature=self.temperature)
        weight = Linear(final=self.lambda_end).over(self.lambda_start, epochs=1)
        return [
            label_loss(network),
            LossTerm("soft loss", soft, logits(network), ("teacher.logits",), weight),
        ]

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Teacher unless loaded, baseline and kd if wanted, then the hint and the student."""
        (teacher,) = yield from ready_teachers(run)
        if self.baseline:
            yield learn_labels(run, run.control())
        if self.kd:
            alone = run.control(method="kd")
            yield run.stage(alone.name, self._terms(alone.name))
        student, recipe = run.network("student"), run.recipe("student")
        hint = self._hint().match(Pair(run, teacher, student, "hint", recipe.epochs))
        if self.stages == "one":
            yield run.stage("student", [*self._terms("student"), *hint])
            return
        first = recipe.model_copy(update={"epochs": self.hint_epochs})
        yield run.stage("hint", hint, recipe=first, scored=[])
        yield run.stage("student", self._terms("student"))
