"""The weights themselves."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import feature
from kdstudio.engine.matching.declaration import MatchingTerm, Pair, connectors, matching_terms, summed
from kdstudio.engine.terms import LossTerm
from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.network import Network


@matching_terms.register
class Weights(MatchingTerm):
    """Weights: layers of the student are drawn to the teacher's own weights.

    Layers of one shape are compared as they are. Where shapes differ, a learned projection ``A·W_s·Bᵀ``
    brings the student's weight, flattened to (outputs, rest), to the teacher's. It stands on the student's
    side alone: the target is fixed, so both cannot shrink to nothing together. A and B begin as the
    teacher's singular vectors, so that the student's weight is read in the teacher's main directions.
    """

    weight_source: ClassVar[str] = "ours"

    name: Literal["weights"] = "weights"
    student_layers: tuple[str, ...] = option(
        (),
        "Student layers",
        "Paths of modules with weights, as block1.linear. None given: all that have one name in both "
        "networks, or else the last of each.",
    )
    teacher_layers: tuple[str, ...] = option(
        (), "Teacher layers", "The teacher's, one for each of the student's."
    )

    def formula(self) -> str:
        """Return the squared difference of weights."""
        return "Σ mean (A·W_s·Bᵀ − W_t)², A = B = 1 where shapes agree"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Layer by layer."""
        inputs: list[str] = []
        targets: list[str] = []
        for own, other, student, teacher in self._layers(pair):
            inputs.append(f"{pair.student.name}.{own}.weight")
            targets.append(f"{pair.teacher.name}.{other}.weight")
            if student.shape != teacher.shape:
                shapes = [tuple(w.flatten(1).shape) for w in (student, teacher)]
                inputs[-1] = pair.head(
                    f"projection {len(inputs)}",
                    partial(connectors.TwoSided, student, teacher),
                    inputs[-1],
                    architecture=f"A·W·Bᵀ {shapes[0]} → {shapes[1]}",
                ).name

        def loss(own: Tensor, other: Tensor) -> Tensor:
            return feature.squared_error(own, other.reshape(own.shape))

        return [self.term(pair, summed(loss, len(inputs)), tuple(inputs), tuple(targets))]

    def _layers(self, pair: Pair) -> list[tuple[str, str, Tensor, Tensor]]:
        """Paths and weights of the layers that belong together."""
        own, other = layers(pair.student), layers(pair.teacher)
        if len(self.student_layers) != len(self.teacher_layers):
            raise KDStudioError(
                f"term '{pair.name}': {len(self.student_layers)} student layers and "
                f"{len(self.teacher_layers)} teacher layers; give as many of each, or none"
            )
        for chosen, known, network in (
            (self.student_layers, own, pair.student),
            (self.teacher_layers, other, pair.teacher),
        ):
            for path in chosen:
                if path not in known:
                    raise KDStudioError(
                        f"term '{pair.name}': no layer '{path}' with weights in the {network.name}; "
                        f"there are {', '.join(known)}"
                    )
        paths = list(zip(self.student_layers, self.teacher_layers, strict=True))
        paths = paths or [(path, path) for path in own if path in other] or [(list(own)[-1], list(other)[-1])]
        return [(one, two, own[one], other[two]) for one, two in paths]


def layers(network: Network) -> dict[str, Tensor]:
    """Return the weights of two or more dimensions, by the path of their module."""
    return {
        path.removesuffix(".weight"): weight
        for path, weight in network.module.named_parameters()
        if path.endswith(".weight") and weight.ndim >= 2
    }
