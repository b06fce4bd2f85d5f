"""Born-again networks: every generation is taught by the one before (Furlanello et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.identity import ENSEMBLE
from kdstudio.engine.learning import learn_labels, ready
from kdstudio.engine.losses import response
from kdstudio.engine.strategy import Baseline, Strategy, strategies
from kdstudio.engine.terms import LABELS, LossTerm, formula_of, label_loss, logits
from kdstudio.engine.views import FigureView, TableView
from kdstudio.models.heads.mean_prediction import MeanPrediction

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext, Scorable
    from kdstudio.engine.network import Network
    from kdstudio.engine.stage import Stage


@strategies.register
class BornAgain(Strategy):
    """Born-again networks: a student learns from its like, and teaches the next one (Furlanello 2018).

    Generation 0 is the teacher. Every student has new initial weights and the same budget. The mean of
    the first generations' predictions is scored as an ensemble. The baseline starts where generation 1
    starts.
    """

    views: ClassVar = (
        TableView(
            title="Generation by generation, test accuracy after the last epoch",
            rows=("generation",),
            columns="kind",
        ),
        FigureView(title="Accuracy of each generation", x="generation"),
    )

    paper: ClassVar[str] = "Born-Again Neural Networks, Furlanello et al. 2018"

    name: Literal["born-again"] = "born-again"
    generations: int = option(
        3, "Generations", "How many students, one after the other.", ge=1, le=20, term="generation"
    )
    labels: bool = option(
        False,
        "Labels",
        "Add the label loss, with the same weight (BAN+L); else the teacher alone is heard (BAN).",
        term="hard-label",
    )
    variant: Literal["soft targets", "confidence", "permuted"] = option(
        "soft targets",
        "Variant",
        "The teacher's predictions without temperature (BAN); the label loss, weighted by how sure the "
        "teacher is (CWTM); the teacher's predictions, all but the largest permuted at random (DKPP).",
    )
    baseline: Baseline = True

    def formula(self) -> str:
        """Return the loss of generation k."""
        return formula_of(self._terms("student", "teacher"))

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Teacher unless loaded, baseline if wanted, then one generation after the other."""
        teacher = yield from ready(run, run.network("teacher", generation=0))
        if self.baseline:
            yield learn_labels(run, run.control(draw=1))
        trained: list[Network] = []
        for number in range(1, self.generations + 1):
            student = run.network("student", draw=number, generation=number)
            trained.append(student)
            scored: list[Network | Scorable] = [*trained] if trained[1:] else [teacher, student]
            if trained[1:]:
                answers = map(logits, (network.name for network in trained))
                together = run.head(f"mean of {number}", MeanPrediction(), *answers)
                scored.append(run.compose(together, ENSEMBLE, generation=number))
            yield run.stage(student.name, self._terms(student.name, teacher.name), scored=scored)
            teacher = student.freeze()

    def _terms(self, student: str, teacher: str) -> list[LossTerm]:
        own, answers = logits(student), logits(teacher)
        terms = [label_loss(student, sign="k")] if self.labels else []
        if self.variant == "soft targets":
            soft = partial(response.soft_cross_entropy, temperature=1.0)
            formula = "CE(softmax(z_{k−1}), softmax(z_k))"
            return [*terms, LossTerm("soft loss", soft, own, (answers,), formula=formula)]
        if self.variant == "permuted":
            permuted = response.permuted_cross_entropy
            formula = "CE(softmax(z_{k−1}), all but its largest permuted, softmax(z_k))"
            return [*terms, LossTerm("permuted loss", permuted, own, (answers,), formula=formula)]
        share = "max softmax(z_{k−1}) / Σ_batch max softmax(z_{k−1})"
        formula, name = f"{share} · CE(y, softmax(z_k))", "confidence-weighted label loss"
        return [*terms, LossTerm(name, response.confidence_weighted, own, (answers, LABELS), formula=formula)]
