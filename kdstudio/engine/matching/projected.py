"""What matching terms with modules between student and teacher have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from kdstudio.declaration import option
from kdstudio.engine.matching.declaration import Pair, TapTerm, connectors
from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.connectors import Projection, Shape

TapPairs = list[tuple[str, str]]
ProjectionKind = Literal["automatic", "none", "linear", "1x1", "regressor"]

PROJECTION: ProjectionKind = option(
    "automatic",
    "Projection",
    "What brings the student's values to the teacher's shape. automatic: none where the shapes are equal, "
    "linear for vectors, a 1×1 convolution for maps (upsampled where they are smaller), the regressor "
    "(k×k without padding) where they are larger.",
    term="connector",
)


class ProjectedTerm(TapTerm):
    """A matching term between taps that a learned projection brings to one shape."""

    projection: ProjectionKind = PROJECTION

    def projected(self, pair: Pair, pairs: TapPairs) -> tuple[str, ...]:
        """Addresses of the student's values in the teacher's shapes."""
        return projected(pair, pairs, self.projection)


def projected(pair: Pair, pairs: TapPairs, kind: str) -> tuple[str, ...]:
    """Addresses of the student's values in the teacher's shapes, through projections of a ``kind``."""
    addresses = []
    for number, (own, other) in enumerate(pairs, start=1):
        activation = pair.run.activation(pair.teacher, other) if kind == "paper" else None
        found = connectors.projection(*pair.shapes(own, other), kind, pair.name, activation)
        addresses.append(_through(found, f"projection {number}", pair, own))
    return tuple(addresses)


def connected(
    pair: Pair, pairs: TapPairs, connector: Callable[[Shape, Shape], Projection | None]
) -> tuple[str, ...]:
    """Addresses of the student's values, through connectors from map to map or vector to vector."""
    addresses = []
    for number, (own, other) in enumerate(pairs, start=1):
        student, teacher = pair.shapes(own, other)
        if len(student) != len(teacher):
            raise KDStudioError(
                f"term '{pair.name}': the student's '{own}' gives {student}, the teacher's '{other}' "
                f"{teacher}; choose two maps (C, H, W) or two vectors (C)"
            )
        addresses.append(_through(connector(student, teacher), f"connector {number}", pair, own))
    return tuple(addresses)


def _through(found: Projection | None, what: str, pair: Pair, own: str) -> str:
    """Address of the student's value, behind a head of what was ``found``."""
    address = f"{pair.student.name}.{own}"
    if found is None:
        return address
    return pair.head(what, found.make, address, architecture=found.description).name


def map_shapes(pair: Pair, own: str, other: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shapes ``(C, H, W)`` of two maps; KDStudioError where one of the two is none."""
    student, teacher = pair.shapes(own, other)
    if len(student) != 3 or len(teacher) != 3:
        raise KDStudioError(
            f"term '{pair.name}': the student's '{own}' gives {student}, the teacher's '{other}' {teacher}; "
            "choose taps that give maps (C, H, W) in both networks"
        )
    return student, teacher


def channels(pair: Pair, own: str, other: str) -> tuple[int, int]:
    """Channels of two maps; KDStudioError where one of the two is none."""
    student, teacher = map_shapes(pair, own, other)
    return student[0], teacher[0]


def preactivations(pair: Pair, pairs: TapPairs) -> TapPairs:
    """Paths of what the ReLUs behind the taps are fed with."""
    found = pair.run.preactivation
    return [(found(pair.student, own), found(pair.teacher, other)) for own, other in pairs]


def teachers(pair: Pair, pairs: TapPairs) -> tuple[str, ...]:
    """Addresses of the teacher's values."""
    return tuple(f"{pair.teacher.name}.{other}" for _own, other in pairs)


def deepest_counts_most(loss: Callable[[Tensor, Tensor], Tensor], count: int) -> Callable[..., Tensor]:
    """Return the sum of ``loss`` over ``count`` students' values and as many teachers'.

    The last has weight 1, each one before it half of the one behind it.
    """

    def over_all(*values: Tensor) -> Tensor:
        total = loss(values[0], values[count])
        for own, other in zip(values[1:count], values[count + 1 :], strict=True):
            total = total / 2 + loss(own, other)
        return total

    return over_all
