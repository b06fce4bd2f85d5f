"""Flow of the solution procedure (Yim et al. 2017)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import feature
from kdstudio.engine.matching.declaration import DefaultTaps, Pair, TapTerm, matching_terms
from kdstudio.engine.matching.projected import TapPairs, channels, teachers
from kdstudio.engine.terms import LossTerm
from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    from torch import Tensor

STEM = "stem"
"""Path of the layers before the first block, in every family of networks that has any."""


@matching_terms.register
class Fsp(TapTerm):
    """FSP: how the features of one block become those of the next, as a Gram matrix (Yim 2017).

    Where none are given, it begins at the stem, where both networks have one, as in RepDistiller. Where the
    networks' channels differ, a 1×1 convolution brings the student's to the teacher's. RepDistiller's scripts
    name a weight of 50, but its stage of initialisation has the bare sum, and the stage after it no FSP.
    """

    paper: ClassVar[str] = "A Gift from Knowledge Distillation, Yim et al. 2017"
    needs: ClassVar[tuple[str, ...]] = ("maps", "two blocks or more")
    default_taps: ClassVar[DefaultTaps] = "blocks"
    weight_source: ClassVar[str] = "RepDistiller; the 50 of its scripts multiplies nothing"

    name: Literal["fsp"] = "fsp"
    weight: float = option(1.0, "Weight", "Weight of the sum over neighbouring taps.", ge=0, le=1e9)
    during: Literal["training", "initialisation"] = option(
        "initialisation",
        "During",
        "Beside the label loss, or, as in the paper, in a stage of its own before it.",
    )

    def formula(self) -> str:
        """Return the squared difference of Gram matrices."""
        return "Σ mean (G_s − G_t)², G = F_l·F_{l+1}ᵀ/(h·w)"

    def pairs(self, pair: Pair) -> TapPairs:
        """Those given; else the stem and the blocks."""
        found = super().pairs(pair)
        given = self.student_taps or self.teacher_taps
        stem = not given and pair.student.has(STEM) and pair.teacher.has(STEM)
        return [(STEM, STEM), *found] if stem else found

    def match(self, pair: Pair) -> list[LossTerm]:
        """Between neighbouring taps."""
        from torch import nn

        pairs = self.pairs(pair)
        if len(pairs) < 2:
            raise KDStudioError(
                f"term '{pair.name}': it compares neighbouring taps and has {len(pairs)}; choose two or more"
            )
        inputs = []
        for number, (own, other) in enumerate(pairs, start=1):
            address = f"{pair.student.name}.{own}"
            sizes = channels(pair, own, other)
            if sizes[0] != sizes[1]:
                address = pair.head(
                    f"projection {number}",
                    partial(nn.Conv2d, *sizes, kernel_size=1),
                    address,
                    architecture=f"1×1 convolution {sizes[0]} → {sizes[1]} channels",
                ).name
            inputs.append(address)

        def loss(*maps: Tensor) -> Tensor:
            own, other = maps[: len(pairs)], maps[len(pairs) :]
            flows = [
                feature.solution_flow((own[i], own[i + 1]), (other[i], other[i + 1]))
                for i in range(len(pairs) - 1)
            ]
            return sum(flows[1:], start=flows[0])

        return [self.term(pair, loss, tuple(inputs), teachers(pair, pairs))]
