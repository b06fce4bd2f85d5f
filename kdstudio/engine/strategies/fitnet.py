"""FitNets: hints from the middle of the teacher, then its softened predictions (Romero et al. 2015)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from kdstudio.declaration import option
from kdstudio.engine.matching.declaration import Pair
from kdstudio.engine.matching.hint import Hint
from kdstudio.engine.matching.projected import PROJECTION, ProjectionKind
from kdstudio.engine.strategy import Strategy, strategies
from kdstudio.engine.teachers import ready_teachers

if TYPE_CHECKING:
    from torch import Tensor

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

    name: Literal["fitnet"] = "fitnet"
    student_tap: str = option(
        "", "Student tap", "The guided layer; none means a middle tap.", taps_of="student"
    )
    teacher_tap: str = option(
        "", "Teacher tap", "The hint layer; none means a middle tap.", taps_of="teacher"
    )
    projection: ProjectionKind = PROJECTION
    distance: Literal["squared error", "cross-entropy"] = option(
        "squared error", "Distance", "Mean squared error, or cross-entropy of the softmax over channels."
    )
    stages: Literal["two", "one"] = option(
        "two",
        "Stages",
        "two: the hint first, by itself, as in the paper; one: together with the answers, with weight 100, "
        "as libraries do.",
    )
    hint_epochs: int = option(
        30, "Hint epochs", "Length of the hint's own stage.", unit="epochs", ge=1, le=10000
    )
    temperature: float = option(3.0, "Temperature τ", "Both logits are divided by it.", gt=0, le=1000)
    lambda_start: float = option(4.0, "First λ", "Weight of the soft loss in the first epoch.", ge=0, le=1e6)
    lambda_end: float = option(
        1.0, "Last λ", "Its weight in the last epoch, in a straight line.", ge=0, le=1e6
    )
    times_t_squared: bool = option(
        False, "Times τ²", "Multiply the soft loss by τ², as Hinton does; the paper does not."
    )
    baseline: bool = option(True, "Baseline", "Also train the same student on the labels alone.")
    kd: bool = option(True, "KD", "Also train the same student on labels and predictions without the hint.")

    def roles(self) -> tuple[str, ...]:
        """One teacher, one student."""
        return ("teacher", "student")

    def formula(self) -> str:
        """``L = hint, then CE + λ·CE(soft)`` with its numbers."""
        t = f"{self.temperature:g}"
        squared = f"{t}²·" if self.times_t_squared else ""
        hint = self._hint().formula()
        first = f"{hint}, then " if self.stages == "two" else f"{JOINT_WEIGHT:g}·{hint} + "
        soft = f"λ·{squared}CE(softmax(z_t/{t}), softmax(z_s/{t}))"
        return f"L = {first}CE(y, softmax(z_s)) + {soft}, λ from {self.lambda_start:g} to {self.lambda_end:g}"

    def _hint(self) -> Hint:
        """Return the matching term of the hint."""
        return Hint(
            weight=1.0 if self.stages == "two" else JOINT_WEIGHT,
            student_taps=(self.student_tap,) if self.student_tap else (),
            teacher_taps=(self.teacher_tap,) if self.teacher_tap else (),
            projection=self.projection,
            distance=self.distance,
        )

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Teacher unless loaded, baseline and kd if wanted, then the hint and the student."""
        from kdstudio.engine.losses.response import cross_entropy, soft_cross_entropy
        from kdstudio.engine.stage import LABELS, LossTerm, Stage, linear

        def soft(student: Tensor, teacher: Tensor) -> Tensor:
            factor = 1.0 if self.times_t_squared else self.temperature**-2
            return soft_cross_entropy(student, teacher, self.temperature) * factor

        def predictions(name: str) -> list[LossTerm]:
            course = linear(self.lambda_start, self.lambda_end)
            return [
                LossTerm("label loss", cross_entropy, f"{name}.logits", (LABELS,)),
                LossTerm("soft loss", soft, f"{name}.logits", ("teacher.logits",), course),
            ]

        (teacher,) = yield from ready_teachers(run, 1, baseline=self.baseline)
        recipe = run.recipe("student")
        if self.kd:
            alone = run.network("student", name="kd")
            yield Stage("kd", networks=[teacher, alone], updates=[predictions("kd")], training=recipe)
        student = run.network("student")
        hint = self._hint().match(Pair(run, teacher, student, "hint", recipe.epochs))
        both, losses = [teacher, student], predictions("student")
        if self.stages == "one":
            losses += hint.terms
            yield Stage("student", networks=both, heads=hint.heads, updates=[losses], training=recipe)
            return
        first = recipe.model_copy(update={"epochs": self.hint_epochs})
        yield Stage("hint", networks=both, heads=hint.heads, updates=[hint.terms], training=first, scored={})
        yield Stage("student", networks=both, updates=[losses], training=recipe)
