"""Match anything: the labels and any choice of matching terms between teacher and student."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from kdstudio.declaration import OptionalNumber, option
from kdstudio.engine.learning import learn_labels, ready_teachers
from kdstudio.engine.matching.declaration import MatchingTerm, Pair, matching_terms
from kdstudio.engine.matching.soft_targets import SoftTargets
from kdstudio.engine.strategy import Baseline, Strategy, strategies
from kdstudio.engine.teachers import TEACHERS, TeacherCount, TeacherWeights, over_teachers, teacher_shares
from kdstudio.engine.terms import LossTerm, formula_of, label_loss
from kdstudio.errors import speaking_of

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
    teachers are matched one by one, in all terms. Where no term reads a teacher, none is trained.
    """

    describes: ClassVar = (TEACHERS, "student")

    name: Literal["match"] = "match"
    label_weight: OptionalNumber = option(
        None,
        "Label weight",
        "Weight of the cross-entropy to the labels. Empty: that which belongs to the terms beside it, of "
        "several the largest; the loss tells the number.",
        empty="from the terms",
        ge=0,
        le=1e9,
    )
    terms: dict[TermName, AnyMatchingTerm] = option(
        {"soft targets": SoftTargets()}, "Terms", "What is matched.", min_length=1
    )
    initialisation_epochs: int = option(
        30,
        "Initialisation",
        "Epochs of the stage before, for terms that are learned then.",
        unit="epochs",
        ge=1,
        advanced=True,
    )
    baseline: Baseline = True
    teachers: TeacherCount = 1
    teacher_weights: TeacherWeights = ()

    def formula(self) -> str:
        """``L = w·CE(y, ŷ_s) + …``, each term with its weight."""
        terms = " + ".join(f"{term.weight:g}·[{term.formula()}]" for term in self.terms.values())
        matched = over_teachers(terms, teacher_shares(self.teachers, self.teacher_weights))
        return f"{formula_of([self._label_loss()])} + {matched}"

    def _label_loss(self) -> LossTerm:
        """Weighted as told, or as belongs to the terms that are learned beside it."""
        beside = [term.label_weight for term in self.terms.values() if term.during == "training"]
        usual = max(beside, default=1.0)
        return label_loss("student", usual if self.label_weight is None else self.label_weight)

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Teachers unless loaded, baseline if wanted, initialisation if terms want it, then the student."""
        shares = teacher_shares(self.teachers, self.teacher_weights)
        if any(term.reads_teacher for term in self.terms.values()):
            teachers = yield from ready_teachers(run, list(shares))
        else:
            teachers = [run.network(role).freeze() for role in shares]  # no stage contains them
        if self.baseline:
            yield learn_labels(run, run.control())
        student, recipe = run.network("student"), run.recipe("student")
        first = recipe.model_copy(update={"epochs": self.initialisation_epochs})
        labels = [self._label_loss()]
        for when, training, losses in (("initialisation", first, []), ("training", recipe, labels)):
            for teacher, (name, term) in product(teachers, self.terms.items()):
                first_teacher = teacher is teachers[0]
                if term.during == when and (term.reads_teacher or first_teacher):
                    further = "" if first_teacher else f" ({teacher.name})"
                    field = ("strategy", "terms", name)
                    pair = Pair(run, teacher, student, name + further, training.epochs, field)
                    share = shares[teacher.name] if term.reads_teacher else 1.0
                    shared = term.model_copy(update={"weight": share * term.weight})
                    with speaking_of(*field):
                        losses += yield from shared.plan(pair)
            if losses:
                in_training = when == "training"
                yield run.stage(
                    "student" if in_training else when,
                    losses,
                    recipe=training,
                    scored=None if in_training else [],
                )
