"""Class-specialised distillation (Wang, Rhodes, Feng 2022)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.data.declaration import ClassName
from kdstudio.declaration import OptionalNumber, option
from kdstudio.engine.identity import TEACHER
from kdstudio.engine.learning import learn_labels, ready_teachers
from kdstudio.engine.losses import clusters
from kdstudio.engine.strategy import Strategy, strategies
from kdstudio.engine.terms import LABELS, LossTerm, formula_of, label_loss, soft_loss
from kdstudio.models.heads.selection import ClassSelection

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.stage import Stage


@strategies.register
class Specialise(Strategy):
    """Class specialists: a teacher of all classes teaches a student for some of them alone (Wang 2022).

    The student has outputs for the wanted classes only, and all its capacity for telling these apart. The
    temperature and the weights are ours; the authors' code has T = 1, labels 1, and 0.2 for the soft loss,
    the variance (over features) and the orthogonality.
    """

    paper: ClassVar[str] = "Class Specialized Knowledge Distillation, Wang, Rhodes, Feng 2022"

    name: Literal["specialise"] = "specialise"
    classes: tuple[ClassName, ...] = option(
        (0, 1),
        "Classes",
        "Numbers or names of those wanted, in the order of the outputs.",
        min_length=2,
        term="phi",
    )
    temperature: float = option(
        4.0,
        "Temperature T",
        "Both logits are divided by it; the authors' code has 1.",
        gt=0,
        le=1000,
        term="temperature",
    )
    alpha: float = option(
        0.9,
        "Alpha α",
        "Weight of the soft loss; the label loss has 1 − α, or the label weight. The authors' code has 0.2.",
        ge=0,
        le=1,
        term="alpha",
    )
    label_weight: OptionalNumber = option(
        None,
        "Label weight",
        "Weight of the cross-entropy to the labels. Empty: 1 − α. The authors' code has 1.",
        empty="1 − α",
        ge=0,
        le=1e9,
    )
    variance: float = option(
        0.0,
        "Variance",
        "Weight of the variance of the student's last features in each class. The authors' code has 0.2.",
        ge=0,
        le=1e6,
        advanced=True,
    )
    variance_over: Literal["samples", "features"] = option(
        "samples",
        "Variance over",
        "samples: the mean variance of each feature over a class; features: the norm, over a class, of each "
        "sample's variance over its features, summed over the classes, as in the authors' code.",
        advanced=True,
    )
    orthogonality: float = option(
        0.0,
        "Orthogonality",
        "Weight of the orthogonal projection of these features. The authors' code has 0.2.",
        ge=0,
        le=1e6,
        advanced=True,
    )
    baseline: bool = option(
        True,
        "Baselines",
        "Also train the student with all outputs, taught by all logits, and the specialist on labels alone, "
        "both on the same images.",
        term="baseline",
    )

    def formula(self) -> str:
        """``L = (1 − α)·CE + α·T²·KL(φ(z_t) ‖ z_s) + …`` with its numbers; φ selects the wanted logits."""
        return formula_of([*self._distilled("student", "φ", "φ(z_t)"), *self._clustered("f")])

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Teacher unless loaded, the two baselines if wanted, then the specialist."""
        numbers = run.data.class_numbers(self.classes)
        yield from ready_teachers(run)
        if self.baseline:
            whole = run.control(method="all outputs")
            terms = self._distilled(whole.name, "teacher.logits")
            yield run.stage(whole.name, terms, scored=[whole], classes=numbers, renumber=False)
            alone = run.control(classes=numbers, method="labels alone")
            yield learn_labels(run, alone, classes=numbers)
        student = run.network("student", classes=numbers)
        phi = run.head("φ", ClassSelection(classes=tuple(numbers), of=run.data.classes), "teacher.logits")
        selected = run.compose(phi, TEACHER, role="selected teacher", classes=numbers)
        terms = [
            *self._distilled("student", "φ", "φ(z_t)"),
            *self._clustered(f"student.{list(student.taps)[-1]}"),
        ]
        yield run.stage("student", terms, scored=[student, selected], classes=numbers)

    def _distilled(self, name: str, target: str, sign: str = "z_t") -> list[LossTerm]:
        labels = 1 - self.alpha if self.label_weight is None else self.label_weight
        return [
            label_loss(name, labels),
            soft_loss(name, [target], self.temperature, self.alpha, target=sign),
        ]

    def _clustered(self, features: str) -> list[LossTerm]:
        variance, spread = clusters.intra_class_variance, "mean_c var(f_s of c)"
        if self.variance_over == "features":
            variance, spread = clusters.variance_over_features, "Σ_c ‖(var f_b, b of c)‖"
        terms = [
            LossTerm("variance", variance, features, (LABELS,), self.variance, spread),
            LossTerm(
                "orthogonality",
                clusters.orthogonal_projection,
                features,
                (LABELS,),
                self.orthogonality,
                "[(1 − s) + 0.5·|d|]",
            ),
        ]
        return [term for term in terms if term.weight]
