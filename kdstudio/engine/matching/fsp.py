"""FlowLayout of the solution procedure (Yim et al. 2017)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.matching.declaration import DefaultTaps, Matched, Pair, TapTerm, matching_terms
from kdstudio.engine.matching.projected import channels, teachers
from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    from torch import Tensor


@matching_terms.register
class Fsp(TapTerm):
    """FSP: how the features of one block become those of the next, as a Gram matrix (Yim 2017).

    Where the networks' channels differ, a 1×1 convolution brings the student's to the teacher's.
    """

    paper: ClassVar[str] = "A Gift from Knowledge Distillation, Yim et al. 2017"
    default_taps: ClassVar[DefaultTaps] = "blocks"

    name: Literal["fsp"] = "fsp"
    weight: float = option(50.0, "Weight", "Weight of the sum over neighbouring taps.", ge=0, le=1e9)
    during: Literal["training", "initialisation"] = option(
        "initialisation",
        "During",
        "Beside the label loss, or, as in the paper, in a stage of its own before it.",
    )

    def formula(self) -> str:
        """Return the squared difference of Gram matrices."""
        return "Σ mean (G_s − G_t)², G = F_l·F_{l+1}ᵀ/(h·w)"

    def match(self, pair: Pair) -> Matched:
        """Between neighbouring taps."""
        from torch import nn

        from kdstudio.engine.losses.feature import solution_flow

        pairs = self.pairs(pair)
        if len(pairs) < 2:
            raise KDStudioError(
                f"term '{pair.name}': it compares neighbouring taps and has {len(pairs)}; choose two or more"
            )
        of, heads = [], []
        for number, (own, other) in enumerate(pairs, start=1):
            address = f"{pair.student.name}.{own}"
            sizes = channels(pair, own, other)
            if sizes[0] != sizes[1]:
                heads.append(
                    pair.head(
                        f"projection {number}",
                        partial(nn.Conv2d, *sizes, kernel_size=1),
                        address,
                        architecture=f"1×1 convolution {sizes[0]} → {sizes[1]} channels",
                    )
                )
                address = heads[-1].name
            of.append(address)

        def loss(*maps: Tensor) -> Tensor:
            own, other = maps[: len(pairs)], maps[len(pairs) :]
            flows = [
                solution_flow(own[i : i + 2], other[i : i + 2])  # type: ignore[arg-type]
                for i in range(len(pairs) - 1)
            ]
            return sum(flows[1:], start=flows[0])

        return Matched([self.term(pair, loss, tuple(of), teachers(pair, pairs))], heads)
