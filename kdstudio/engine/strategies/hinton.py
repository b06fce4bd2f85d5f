"""Distillation through softened predictions (Hinton, Vinyals, Dean 2015)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.learning import learn_labels, ready_teachers, soft_terms
from kdstudio.engine.strategy import Baseline, LabelShare, SoftTemperature, Strategy, strategies
from kdstudio.engine.teachers import TEACHERS, TeacherCount, TeacherWeights, over_teachers, teacher_shares
from kdstudio.engine.terms import LossTerm

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.stage import Stage


@strategies.register
class Hinton(Strategy):
    """Soft targets: the student learns the teacher's softened predictions (Hinton 2015).

    The teacher is trained on the labels first, or loaded; there can be several. With a baseline, the
    same student (same architecture, initial weights, order of samples and budget) also learns without.
    """

    paper: ClassVar[str] = "Distilling the Knowledge in a Neural Network, Hinton, Vinyals, Dean 2015"
    describes: ClassVar = (TEACHERS, "student")

    name: Literal["hinton"] = "hinton"
    temperature: SoftTemperature = 4.0
    alpha: LabelShare = 0.1
    divergence: Literal["kl", "ce"] = option(
        "kl",
        "Divergence D",
        "KL divergence or cross-entropy to the teacher's predictions: the student's gradients are "
        "equal, but the KL falls to 0 when the student agrees.",
        advanced=True,
        term="kl-divergence",
    )
    baseline: Baseline = True
    teachers: TeacherCount = 1
    teacher_weights: TeacherWeights = ()

    def _terms(self) -> list[LossTerm]:
        shares = teacher_shares(self.teachers, self.teacher_weights)
        return soft_terms(
            "student",
            list(shares),
            self.temperature,
            self.alpha,
            divergence=self.divergence,
            shares=[*shares.values()],
        )

    def formula(self) -> str:
        """``L = α·CE(y, ŷ_s) + (1 − α)·T²·D(y_t, y_s)`` with its numbers."""
        labels, soft = (term.spoken() for term in self._terms())
        return f"L = {labels} + {over_teachers(soft, teacher_shares(self.teachers, self.teacher_weights))}"

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Teachers unless loaded, baseline if wanted, then the student."""
        yield from ready_teachers(run, TEACHERS.names(self.teachers))
        if self.baseline:
            yield learn_labels(run, run.control())
        run.network("student")
        yield run.stage("student", self._terms())
