"""Knowledge review (Chen et al. 2021)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import feature
from kdstudio.engine.matching.declaration import Pair, TapTerm, connectors, matching_terms, summed
from kdstudio.engine.matching.projected import TapPairs, preactivations, teachers
from kdstudio.engine.terms import LossTerm
from kdstudio.engine.weighting import AnyWeighting, WarmUp

if TYPE_CHECKING:
    from kdstudio.engine.network import Head


@matching_terms.register
class Review(TapTerm):
    """ReviewKD: the student's deep levels review what the teacher's shallow ones know (Chen 2021).

    From deep to shallow, each level of the student is fused with the deeper ones and then compared at
    several sizes. Levels are the blocks, the teacher's before their ReLU, then the embedding, as 1×1 maps.
    """

    paper: ClassVar[str] = "Distilling Knowledge via Knowledge Review, Chen et al. 2021"
    weight_source: ClassVar[str] = "the authors' code; 0.6 for ResNet-56 → 20, 1 for 110 → 32"

    name: Literal["review"] = "review"
    weight: float = option(5.0, "Weight", "Weight of the sum over the levels.", ge=0, le=1e9)
    weighting: AnyWeighting = option(
        WarmUp(), "Weighting", "Course of the weight over the epochs; the paper's rises over 20."
    )

    student_read: Literal["after ReLU", "before ReLU"] = option(
        "after ReLU",
        "Student read",
        "after ReLU: as the authors' code for CIFAR; before ReLU: as their code for ImageNet. The teacher is "
        "read before it in both.",
    )

    def pairs(self, pair: Pair) -> TapPairs:
        """Blocks, then the embedding, shallow to deep."""
        if self.student_taps or self.teacher_taps:
            return pair.taps(self.student_taps, self.teacher_taps, "blocks")
        both = (*pair.taps((), (), "blocks"), *pair.taps((), (), "embedding"))
        return list(dict.fromkeys(both))

    def formula(self) -> str:
        """Return the comparison at several sizes."""
        return "Σ HCL(fused(F_s, …), F_t), HCL = mean squared errors at sizes h, 4, 2, 1"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Fuse from deep to shallow."""
        chosen = self.pairs(pair)
        pairs = preactivations(pair, chosen)
        if self.student_read == "after ReLU":
            pairs = [(own, other) for (own, _), (_, other) in zip(chosen, pairs, strict=True)]
        shapes = [pair.shapes(own, other) for own, other in pairs]
        inside = min(512, shapes[-1][0][0])
        fused: list[Head] = []
        outputs: list[Head] = []
        for number in reversed(range(len(pairs))):
            student, teacher = shapes[number]
            below = [fused[-1].name] if fused else []
            fused.append(
                pair.head(
                    f"fusion {number + 1}",
                    partial(connectors.Fusion, student[0], inside, deepest=not below),
                    f"{pair.student.name}.{pairs[number][0]}",
                    *below,
                    architecture=f"attention-based fusion {student[0]} → {inside} channels",
                )
            )
            outputs.append(
                pair.head(
                    f"output {number + 1}",
                    partial(connectors.fused_output, inside, teacher),
                    fused[-1].name,
                    architecture=f"3×3 convolution {inside} → {teacher[0]} channels",
                )
            )
        inputs = tuple(head.name for head in reversed(outputs))
        loss = summed(feature.hierarchical_context, len(pairs))
        return [self.term(pair, loss, inputs, teachers(pair, pairs))]
