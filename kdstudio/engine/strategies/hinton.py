"""Distillation through softened predictions (Hinton, Vinyals, Dean 2015)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from kdstudio.declaration import option
from kdstudio.engine.strategy import Strategy, strategies
from kdstudio.engine.teachers import (
    TeacherCount,
    TeacherWeights,
    over_teachers,
    ready_teachers,
    teacher_roles,
    teacher_shares,
)

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.context import RunContext
    from kdstudio.engine.stage import Stage


@strategies.register
class Hinton(Strategy):
    """Soft targets: the student learns the teacher's softened predictions (Hinton 2015).

    The teacher is trained on the labels first, or loaded; there can be several. With a baseline, the
    same student (same architecture, initial weights, order of samples and budget) also learns without.
    """

    name: Literal["hinton"] = "hinton"
    temperature: float = option(
        4.0, "Temperature T", "Both logits are divided by it before the softmax.", gt=0, le=1000
    )
    alpha: float = option(0.1, "Alpha α", "Weight of the label loss; the soft loss has 1 − α.", ge=0, le=1)
    divergence: Literal["kl", "ce"] = option(
        "kl",
        "Divergence D",
        "KL divergence or cross-entropy to the teacher's predictions: the student's gradients are "
        "equal, but the KL falls to 0 when the student agrees.",
    )
    baseline: bool = option(
        True, "Baseline", "Also train the same student on the labels alone, to compare with."
    )
    teachers: TeacherCount = 1
    teacher_weights: TeacherWeights = ()

    def roles(self) -> tuple[str, ...]:
        """``teacher``, ``teacher-2``, …, and one student."""
        return (*teacher_roles(self.teachers), "student")

    def formula(self) -> str:
        """``L = α·CE(y, ŷ_s) + (1 − α)·T²·D(y_t, y_s)`` with its numbers."""
        t, sign = f"{self.temperature:g}", " ‖ " if self.divergence == "kl" else ", "
        soft = f"{1 - self.alpha:g}·{t}²·{self.divergence.upper()}(softmax(z_t/{t}){sign}softmax(z_s/{t}))"
        soft = over_teachers(soft, teacher_shares(self.teachers, self.teacher_weights))
        return f"L = {self.alpha:g}·CE(y, softmax(z_s)) + {soft}"

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Teachers unless loaded, baseline if wanted, then the student."""
        from kdstudio.engine.losses.response import cross_entropy
        from kdstudio.engine.stage import LABELS, LossTerm, Stage

        teachers = yield from ready_teachers(run, self.teachers, baseline=self.baseline)
        student = run.network("student")
        label_loss = LossTerm("label loss", cross_entropy, "student.logits", (LABELS,), self.alpha)
        predictions = tuple(f"{teacher.name}.logits" for teacher in teachers)
        soft_loss = LossTerm("soft loss", self._soft_loss, "student.logits", predictions, 1 - self.alpha)
        yield Stage(
            "student",
            networks=[*teachers, student],
            updates=[[label_loss, soft_loss]],
            training=run.recipe("student"),
        )

    def _soft_loss(self, student: Tensor, *teachers: Tensor) -> Tensor:
        """``Σ_t w_t·T²·D(y_t, y_s)``; its gradient is that of one to the teachers' weighted mean answer."""
        from kdstudio.engine.losses.response import soft_cross_entropy, soft_kl

        soft = soft_kl if self.divergence == "kl" else soft_cross_entropy
        shares = teacher_shares(self.teachers, self.teacher_weights)
        losses = [
            w * soft(student, z, self.temperature) for w, z in zip(shares.values(), teachers, strict=True)
        ]
        return sum(losses[1:], start=losses[0])
