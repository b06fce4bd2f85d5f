"""A control: a virtual teacher that knows nothing but the label (Yuan et al. 2020)."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import response
from kdstudio.engine.matching.declaration import MatchingTerm, Pair, matching_terms
from kdstudio.engine.terms import LABELS, LossTerm


@matching_terms.register
class TeacherFree(MatchingTerm):
    """Control without a teacher: soft targets made by hand, Tf-KD reg (Yuan 2020)."""

    paper: ClassVar[str] = "Revisiting Knowledge Distillation via Label Smoothing Regularization, Yuan 2020"
    label_weight: ClassVar[float] = 0.9
    reads_teacher: ClassVar[bool] = False
    weight_source: ClassVar[str] = "the authors' code, ResNet-18"

    name: Literal["teacher-free"] = "teacher-free"
    weight: float = option(0.1, "α", "Weight of the term; the label loss beside it has 0.9.", ge=0, le=1e9)
    correct: float = option(
        0.99, "Right class", "Probability that the virtual teacher gives to the label.", gt=0, lt=1
    )
    temperature: float = option(
        20.0, "Temperature T", "The virtual teacher's probabilities are divided by it.", gt=0, le=1000
    )

    def formula(self) -> str:
        """Return the divergence from the virtual teacher."""
        return f"KL(softmax(p/{self.temperature:g}) ‖ softmax(z_s)), p = {self.correct:g} on the label"

    def match(self, pair: Pair) -> list[LossTerm]:
        """On the student's logits, given the labels."""
        loss = partial(response.teacher_free, correct=self.correct, temperature=self.temperature)
        return [self.term(pair, loss, f"{pair.student.name}.logits", (LABELS,))]
