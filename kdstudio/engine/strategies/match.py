"""Match anything: the labels and any choice of matching terms between teacher and student."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from kdstudio.declaration import option
from kdstudio.engine.matching.declaration import MatchingTerm, Pair, matching_terms
from kdstudio.engine.matching.soft_targets import SoftTargets
from kdstudio.engine.strategies.supervised import learn_labels
from kdstudio.engine.strategy import Strategy, strategies

if TYPE_CHECKING:
    from kdstudio.engine.bench import Bench
    from kdstudio.engine.stage import Stage

    AnyMatchingTerm = MatchingTerm
else:
    AnyMatchingTerm = matching_terms.union()


@strategies.register
class Match(Strategy):
    """Match anything: terms of your choice draw the student to its teacher, each with its own weight.

    Terms are named; the name stands at their curve. Projections are added where sizes differ.
    """

    name: Literal["match"] = "match"
    label_weight: float = option(0.1, "Label weight", "Weight of the cross-entropy to the labels.", ge=0)
    terms: dict[str, AnyMatchingTerm] = option(
        {"soft targets": SoftTargets()}, "Terms", "What is matched.", min_length=1
    )
    initialisation_epochs: int = option(
        30,
        "Initialisation",
        "Epochs of the stage before, for terms that are learned then.",
        unit="epochs",
        ge=1,
    )
    baseline: bool = option(
        True, "Baseline", "Also train the same student on the labels alone, to compare with."
    )

    def roles(self) -> tuple[str, ...]:
        """One teacher, one student."""
        return ("teacher", "student")

    def formula(self) -> str:
        """``L = w·CE(y, ŷ_s) + …``, each term with its weight."""
        terms = [f"{term.weight:g}·[{term.formula()}]" for term in self.terms.values()]
        return " + ".join([f"L = {self.label_weight:g}·CE(y, softmax(z_s))", *terms])

    def plan(self, bench: Bench) -> Iterator[Stage]:
        """Teacher unless loaded, baseline if wanted, initialisation if terms want it, then the student."""
        from kdstudio.engine.losses.response import cross_entropy
        from kdstudio.engine.stage import LABELS, LossTerm, Stage

        teacher = bench.network("teacher")
        if not bench.is_loaded("teacher"):
            yield learn_labels(teacher, bench.recipe("teacher"))
        teacher.freeze()
        if self.baseline:
            yield learn_labels(bench.network("student", name="baseline"), bench.recipe("student"))
        student, recipe = bench.network("student"), bench.recipe("student")
        label_loss = LossTerm("label loss", cross_entropy, "student.logits", (LABELS,), self.label_weight)
        first = recipe.model_copy(update={"epochs": self.initialisation_epochs})
        for when, training, losses in (("initialisation", first, []), ("training", recipe, [label_loss])):
            heads = []
            for name, term in self.terms.items():
                if term.during == when:
                    matched = yield from term.plan(Pair(bench, teacher, student, name, training.epochs))
                    losses += matched.terms
                    heads += matched.heads
            if losses:
                yield Stage(
                    "student" if when == "training" else when,
                    networks=[teacher, student],
                    heads=heads,
                    turns=[losses],
                    training=training,
                )
