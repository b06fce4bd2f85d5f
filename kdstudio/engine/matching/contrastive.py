"""Which image an embedding belongs to (Tian, Krishnan, Isola 2020)."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.matching.declaration import DefaultTaps, Matched, Pair, TapTerm, matching_terms
from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    from torch import Tensor


@matching_terms.register
class Contrastive(TapTerm):
    """CRD: the student's embedding tells the teacher's of the same image from others' (Tian 2020).

    Negatives are other classes' images, drawn with replacement at every step; there are at most as many
    as training images. Two memories hold an embedding of each training image.
    """

    paper: ClassVar[str] = "Contrastive Representation Distillation, Tian, Krishnan, Isola 2020"
    default_taps: ClassVar[DefaultTaps] = "embedding"

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

    def match(self, pair: Pair) -> Matched:
        """One memory for each pair of taps, sized by the images that the student learns from."""
        import torch

        from kdstudio.engine.contrast import Contrast
        from kdstudio.engine.losses.relation import contrastive
        from kdstudio.engine.stage import INDEX

        labels = pair.run.training_feed(pair.run.recipe(pair.student.name)).part.labels
        heads = []
        for number, (own, other) in enumerate(self.pairs(pair), 1):
            inputs, outputs = (prod(shape) for shape in pair.shapes(own, other))
            contrast = partial(
                Contrast,
                inputs,
                outputs,
                labels,
                size=self.size,
                negatives=self.negatives,
                temperature=self.temperature,
                momentum=self.momentum,
            )
            of = (f"{pair.student.name}.{own}", f"{pair.teacher.name}.{other}", INDEX)
            summary = f"memories of {len(labels):,} images"
            try:
                heads.append(pair.head(f"memory {number}", contrast, *of, architecture=summary))
            except ValueError as error:
                raise KDStudioError(f"term '{pair.name}': {error}; train on two classes or more") from error

        def loss(*log_odds: Tensor) -> Tensor:
            return torch.stack([contrastive(each) for each in log_odds]).sum()

        return Matched([self.term(pair, loss, tuple(head.name for head in heads), ())], heads)
