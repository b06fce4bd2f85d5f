"""Born-again networks: every generation is taught by the one before (Furlanello et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from kdstudio.declaration import option
from kdstudio.engine.strategies.supervised import learn_labels
from kdstudio.engine.strategy import Strategy, strategies
from kdstudio.engine.teachers import ready_teachers

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.network import Head, Network
    from kdstudio.engine.stage import LossTerm, Stage

BASELINE = "baseline"
LABEL_LOSS = "CE(y, softmax(z_k))"
FORMULAS = {
    "soft targets": "CE(softmax(z_{k−1}), softmax(z_k))",
    "confidence": f"max softmax(z_{{k−1}}) / Σ_batch max softmax(z_{{k−1}}) · {LABEL_LOSS}",
    "permuted": "CE(softmax(z_{k−1}), all but its largest permuted, softmax(z_k))",
}


def generation_name(number: int) -> str:
    """``generation-1``; generation 0 is the ``teacher``."""
    return f"generation-{number}" if number else "teacher"


def ensemble_name(size: int) -> str:
    """``ensemble of 2``: of the first two generations."""
    return f"ensemble of {size}"


@strategies.register
class BornAgain(Strategy):
    """Born-again networks: a student learns from its like, and teaches the next one (Furlanello 2018).

    Generation 0 is the teacher. Every student has new initial weights and the same budget. The mean of
    the first generations' predictions is scored as an ensemble.
    """

    name: Literal["born-again"] = "born-again"
    generations: int = option(3, "Generations", "How many students, one after the other.", ge=1, le=20)
    labels: bool = option(
        False,
        "Labels",
        "Add the label loss, with the same weight (BAN+L); else the teacher alone is heard (BAN).",
    )
    variant: Literal["soft targets", "confidence", "permuted"] = option(
        "soft targets",
        "Variant",
        "The teacher's predictions without temperature (BAN); the label loss, weighted by how sure the "
        "teacher is (CWTM); the teacher's predictions, all but the largest permuted at random (DKPP).",
    )
    baseline: bool = option(
        True, "Baseline", "Also train a student on the labels alone, with generation 1's initial weights."
    )

    def roles(self) -> tuple[str, ...]:
        """One teacher; all generations are built as the student is described."""
        return ("teacher", "student")

    def formula(self) -> str:
        """Return the loss of generation k."""
        return f"L = {f'{LABEL_LOSS} + ' if self.labels else ''}{FORMULAS[self.variant]}"

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Teacher unless loaded, baseline if wanted, then one generation after the other."""
        from kdstudio.engine.stage import Stage

        (teacher,) = yield from ready_teachers(run, 1, baseline=False)
        if self.baseline:
            baseline = run.network("student", name=BASELINE, seed=1)
            yield learn_labels(baseline, run.recipe("student"))
        trained: list[Network] = []
        for number in range(1, self.generations + 1):
            student = run.network("student", name=generation_name(number), seed=number)
            networks = [*(trained or [teacher]), student]
            heads = [_ensemble(networks)] if trained else []
            scored = {n.name: f"{n.name}.logits" for n in networks} | {head.name: head.name for head in heads}
            yield Stage(
                student.name,
                networks=networks,
                heads=heads,
                updates=[self._terms(student.name, teacher.name)],
                training=run.recipe("student"),
                scored=scored,
            )
            teacher = student.freeze()
            trained.append(teacher)

    def _terms(self, student: str, teacher: str) -> list[LossTerm]:
        from kdstudio.engine.losses import response
        from kdstudio.engine.stage import LABELS, LossTerm

        own, predictions = f"{student}.logits", f"{teacher}.logits"
        terms = [LossTerm("label loss", response.cross_entropy, own, (LABELS,))] if self.labels else []
        if self.variant == "soft targets":
            soft = partial(response.soft_cross_entropy, temperature=1.0)
            return [*terms, LossTerm("soft loss", soft, own, (predictions,))]
        if self.variant == "permuted":
            return [*terms, LossTerm("permuted loss", response.permuted_cross_entropy, own, (predictions,))]
        weighted = response.confidence_weighted
        return [*terms, LossTerm("confidence-weighted label loss", weighted, own, (predictions, LABELS))]


def _ensemble(networks: Sequence[Network]) -> Head:
    from kdstudio.engine.ensemble import MeanPrediction
    from kdstudio.engine.network import Head

    predictions = (f"{network.name}.logits" for network in networks)
    return Head(ensemble_name(len(networks)), MeanPrediction(), *predictions, architecture="mean answer")
