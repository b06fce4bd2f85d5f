"""Which image an embedding belongs to (Tian, Krishnan, Isola 2020)."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import relation
from kdstudio.engine.matching.declaration import DefaultTaps, Pair, TapTerm, matching_terms
from kdstudio.engine.terms import INDEX, LossTerm
from kdstudio.errors import KDStudioError
from kdstudio.lazy import LazyModule

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine import contrast
else:
    contrast = LazyModule("kdstudio.engine.contrast")


@matching_terms.register
class Contrastive(TapTerm):
    """CRD: the student's embedding tells the teacher's of the same image from others' (Tian 2020).

    Negatives are other classes' images, drawn with replacement at every step; there are at most as many
    as training images. Two memories hold an embedding of each training image.
    """

    paper: ClassVar[str] = "Contrastive Representation Distillation, Tian, Krishnan, Isola 2020"
    default_taps: ClassVar[DefaultTaps] = "embedding"
    weight_source: ClassVar[str] = "the authors' code (RepDistiller)"

    name: Literal["contrastive"] = "contrastive"
    weight: float = option(0.8, "Weight", "Weight of the term.", ge=0, le=1e9)
    size: int = option(128, "Size", "Numbers that both embeddings are projected to.", ge=1, le=4096)
    negatives: int = option(
        16384,
        "Negatives K",
        "Images of other classes that each image is told from; at most as many as there are.",
        ge=1,
        le=2**20,
    )
    temperature: float = option(0.07, "Temperature τ", "Cosines are divided by it.", gt=0, le=100)
    momentum: float = option(0.5, "Momentum", "Share of the old embedding kept in a memory.", ge=0, lt=1)

    def formula(self) -> str:
        """Return the loss of one direction."""
        return (
            f"−log h(own) − Σ log(1 − h(other)), {self.negatives} others, both ways, "
            f"h = σ(cos/{self.temperature:g} − log Z·K/N)"
        )

    def match(self, pair: Pair) -> list[LossTerm]:
        """One memory for each pair of taps, sized by the images that the student learns from."""
        import torch

        labels = pair.run.data.training_feed(pair.recipe).part.labels
        heads = []
        for number, (own, other) in enumerate(self.pairs(pair), 1):
            inputs, outputs = (prod(shape) for shape in pair.shapes(own, other))
            memory = partial(
                contrast.Contrast,
                inputs,
                outputs,
                labels,
                size=self.size,
                negatives=self.negatives,
                temperature=self.temperature,
                momentum=self.momentum,
            )
            read = (f"{pair.student.name}.{own}", f"{pair.teacher.name}.{other}", INDEX)
            summary = f"memories of {len(labels):,} images"
            try:
                heads.append(pair.head(f"memory {number}", memory, *read, architecture=summary))
            except ValueError as error:
                raise KDStudioError(f"term '{pair.name}': {error}; train on two classes or more") from error

        def loss(*log_odds: Tensor) -> Tensor:
            return torch.stack([relation.contrastive(each) for each in log_odds]).sum()

        return [self.term(pair, loss, tuple(head.name for head in heads), ())]
