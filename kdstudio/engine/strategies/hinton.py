"""Distillation through softened answers (Hinton, Vinyals, Dean 2015)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Literal

from kdstudio.declaration import option
from kdstudio.engine.strategies.supervised import learn_labels
from kdstudio.engine.strategy import Strategy, strategies

if TYPE_CHECKING:
    from kdstudio.engine.bench import Bench
    from kdstudio.engine.stage import Stage


@strategies.register
class Hinton(Strategy):
    """Soft targets: the student learns the teacher's softened answers (Hinton 2015).

    The teacher is trained on the labels first, or loaded. With a baseline, the same student
    (same architecture, initial weights, order of samples and budget) also learns without it.
    """

    name: Literal["hinton"] = "hinton"
    temperature: float = option(
        4.0, "Temperature T", "Both logits are divided by it before the softmax.", gt=0, le=1000
    )
    alpha: float = option(0.1, "Alpha α", "Weight of the label loss; the soft loss has 1 − α.", ge=0, le=1)
    divergence: Literal["kl", "ce"] = option(
        "kl",
        "Divergence D",
        "KL divergence or cross-entropy to the teacher's answers: the student's gradients are "
        "equal, but the KL falls to 0 when the student agrees.",
    )
    baseline: bool = option(
        True, "Baseline", "Also train the same student on the labels alone, to compare with."
    )

    def roles(self) -> tuple[str, ...]:
        """One teacher, one student."""
        return ("teacher", "student")

    def formula(self) -> str:
        """``L = α·CE(y, ŷ_s) + (1 − α)·T²·D(y_t, y_s)`` with its numbers."""
        t, sign = f"{self.temperature:g}", " ‖ " if self.divergence == "kl" else ", "
        soft = f"{self.divergence.upper()}(softmax(z_t/{t}){sign}softmax(z_s/{t}))"
        return f"L = {self.alpha:g}·CE(y, softmax(z_s)) + {1 - self.alpha:g}·{t}²·{soft}"

    def plan(self, bench: Bench) -> Iterator[Stage]:
        """Teacher unless loaded, baseline if wanted, then the student."""
        from kdstudio.engine.losses.response import cross_entropy, soft_cross_entropy, soft_kl
        from kdstudio.engine.stage import LABELS, LossTerm, Stage

        teacher = bench.network("teacher")
        if not bench.is_loaded("teacher"):
            yield learn_labels(teacher, bench.recipe("teacher"))
        teacher.freeze()
        if self.baseline:
            baseline = bench.network("student", name="baseline")
            yield learn_labels(baseline, bench.recipe("student"))
        student = bench.network("student")
        soft = soft_kl if self.divergence == "kl" else soft_cross_entropy
        label_loss = LossTerm("label loss", cross_entropy, "student.logits", (LABELS,), self.alpha)
        soft_loss = LossTerm(
            "soft loss",
            partial(soft, temperature=self.temperature),
            "student.logits",
            ("teacher.logits",),
            1 - self.alpha,
        )
        yield Stage(
            "student",
            networks=[teacher, student],
            turns=[[label_loss, soft_loss]],
            training=bench.recipe("student"),
        )
