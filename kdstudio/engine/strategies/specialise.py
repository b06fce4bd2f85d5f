"""Class-specialised distillation (Wang, Rhodes, Feng 2022)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Literal

from kdstudio.data.declaration import ClassName
from kdstudio.declaration import option
from kdstudio.engine.strategies.supervised import learn_labels
from kdstudio.engine.strategy import Strategy, strategies
from kdstudio.engine.teachers import ready_teachers

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.stage import LossTerm, Stage


@strategies.register
class Specialise(Strategy):
    """Class specialists: a teacher of all classes teaches a student for some of them alone (Wang 2022).

    The student has outputs for the wanted classes only, and all its capacity for telling these apart.
    """

    name: Literal["specialise"] = "specialise"
    classes: tuple[ClassName, ...] = option(
        (0, 1), "Classes", "Numbers or names of those wanted, in the order of the outputs.", min_length=2
    )
    temperature: float = option(4.0, "Temperature T", "Both logits are divided by it.", gt=0, le=1000)
    alpha: float = option(0.9, "Alpha α", "Weight of the soft loss; the label loss has 1 − α.", ge=0, le=1)
    variance: float = option(
        0.0, "Variance", "Weight of the variance of the student's last features in each class.", ge=0, le=1e6
    )
    variance_over: Literal["samples", "features"] = option(
        "samples",
        "Variance over",
        "The samples of a class, feature by feature; or, as the authors' code, the features of each sample.",
    )
    orthogonality: float = option(
        0.0, "Orthogonality", "Weight of the orthogonal projection of these features.", ge=0, le=1e6
    )
    baseline: bool = option(
        True,
        "Baselines",
        "Also train the student with all outputs, taught by all logits, and the specialist on labels alone, "
        "both on the same images.",
    )

    def roles(self) -> tuple[str, ...]:
        """One teacher, one student."""
        return ("teacher", "student")

    def formula(self) -> str:
        """``L = α·T²·KL(φ(z_t) ‖ z_s) + (1 − α)·CE + …`` with its numbers; φ selects the wanted logits."""
        t = f"{self.temperature:g}"
        soft = f"{t}²·KL(softmax(φ(z_t)/{t}) ‖ softmax(z_s/{t}))"
        terms = [f"L = {self.alpha:g}·{soft} + {1 - self.alpha:g}·CE(y, softmax(z_s))"]
        if self.variance:
            terms.append(f"{self.variance:g}·mean_c var(f_s of c) over {self.variance_over}")
        if self.orthogonality:
            terms.append(f"{self.orthogonality:g}·[(1 − s) + 0.5·|d|]")
        return " + ".join(terms)

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Teacher unless loaded, the two baselines if wanted, then the specialist."""
        from kdstudio.engine.stage import Stage
        from kdstudio.models.modules.selection import Selection

        numbers, recipe = run.class_numbers(self.classes), run.recipe("student")
        (teacher,) = yield from ready_teachers(run, 1, baseline=False)
        if self.baseline:
            whole = run.network("student", name="all outputs")
            yield Stage(
                whole.name,
                networks=[teacher, whole],
                updates=[self._distilled(whole.name, "teacher.logits")],
                training=recipe,
                scored={whole.name: f"{whole.name}.logits"},
                classes=numbers,
                renumber=False,
            )
            alone = run.network("student", name="labels alone", classes=numbers)
            yield learn_labels(alone, recipe, classes=numbers)
        student = run.network("student", classes=numbers)
        features = f"student.{list(student.taps)[-1]}"
        phi = run.head(
            "φ",
            partial(Selection, numbers),
            "teacher.logits",
            architecture=f"{len(numbers)} of {run.classes} classes",
        )
        yield Stage(
            "student",
            networks=[teacher, student],
            heads=[phi],
            updates=[[*self._distilled("student", "φ"), *self._clustered(features)]],
            training=recipe,
            scored={"student": "student.logits", "selected teacher": "φ"},
            classes=numbers,
        )

    def _distilled(self, name: str, target: str) -> list[LossTerm]:
        from kdstudio.engine.losses.response import cross_entropy, soft_kl
        from kdstudio.engine.stage import LABELS, LossTerm

        soft, logits = partial(soft_kl, temperature=self.temperature), f"{name}.logits"
        return [
            LossTerm("label loss", cross_entropy, logits, (LABELS,), 1 - self.alpha),
            LossTerm("soft loss", soft, logits, (target,), self.alpha),
        ]

    def _clustered(self, features: str) -> list[LossTerm]:
        from kdstudio.engine.losses.clusters import intra_class_variance, orthogonal_projection
        from kdstudio.engine.stage import LABELS, LossTerm

        variance = partial(intra_class_variance, over=self.variance_over)
        terms = [
            LossTerm("variance", variance, features, (LABELS,), self.variance),
            LossTerm("orthogonality", orthogonal_projection, features, (LABELS,), self.orthogonality),
        ]
        return [term for term in terms if term.weight]
