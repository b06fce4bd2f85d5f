"""Match anything: the labels and any choice of matching terms between teacher and student."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from kdstudio.declaration import option
from kdstudio.engine.matching.declaration import MatchingTerm, Pair, matching_terms
from kdstudio.engine.matching.soft_targets import SoftTargets
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
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.stage import Stage

AnyMatchingTerm = Annotated[MatchingTerm, matching_terms]

TermName = Annotated[str, Field(pattern=r"^[^./]+$")]
"""A name without dots and slashes, which separate the parts of addresses."""


@strategies.register
class Match(Strategy):
    """Match anything: terms of your choice draw the student to its teacher, each with its own weight.

    Terms are named; the name stands at their curve. Projections are added where sizes differ. Several
    teachers are matched one by one, in all terms.
    """

    name: Literal["match"] = "match"
    label_weight: float = option(0.1, "Label weight", "Weight of the cross-entropy to the labels.", ge=0)
    terms: dict[TermName, AnyMatchingTerm] = option(
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
    teachers: TeacherCount = 1
    teacher_weights: TeacherWeights = ()

    def roles(self) -> tuple[str, ...]:
        """``teacher``, ``teacher-2``, …, and one student."""
        return (*teacher_roles(self.teachers), "student")

    def formula(self) -> str:
        """``L = w·CE(y, ŷ_s) + …``, each term with its weight."""
        terms = " + ".join(f"{term.weight:g}·[{term.formula()}]" for term in self.terms.values())
        matched = over_teachers(terms, teacher_shares(self.teachers, self.teacher_weights))
        return f"L = {self.label_weight:g}·CE(y, softmax(z_s)) + {matched}"

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Teachers unless loaded, baseline if wanted, initialisation if terms want it, then the student."""
        from kdstudio.engine.losses.response import cross_entropy
        from kdstudio.engine.stage import LABELS, LossTerm, Stage

        teachers = yield from ready_teachers(run, self.teachers, baseline=self.baseline)
        shares = teacher_shares(self.teachers, self.teacher_weights)
        student, recipe = run.network("student"), run.recipe("student")
        label_loss = LossTerm("label loss", cross_entropy, "student.logits", (LABELS,), self.label_weight)
        first = recipe.model_copy(update={"epochs": self.initialisation_epochs})
        for when, training, losses in (("initialisation", first, []), ("training", recipe, [label_loss])):
            heads = []
            for teacher, (name, term) in product(teachers, self.terms.items()):
                if term.during == when:
                    further = "" if teacher is teachers[0] else f" ({teacher.name})"
                    pair = Pair(run, teacher, student, name + further, training.epochs)
                    share = shares[teacher.name] * term.weight
                    matched = yield from term.model_copy(update={"weight": share}).plan(pair)
                    losses += matched.terms
                    heads += matched.heads
            if losses:
                yield Stage(
                    "student" if when == "training" else when,
                    networks=[*teachers, student],
                    heads=heads,
                    updates=[losses],
                    training=training,
                    scored=None if when == "training" else {},
                )
