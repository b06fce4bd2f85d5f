"""What matching terms with modules between student and teacher have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal

from kdstudio.declaration import option
from kdstudio.engine.matching.declaration import Pair, TapTerm, connectors
from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    from torch import Tensor


TapPairs = list[tuple[str, str]]
ProjectionKind = Literal["automatic", "none", "linear", "1x1", "regressor"]

PROJECTION: ProjectionKind = option(
    "automatic",
    "Projection",
    "What brings the student's values to the teacher's shape. automatic: none where the shapes are equal, "
    "linear for vectors, a 1×1 convolution for maps (upsampled where they are smaller), the regressor "
    "(k×k without padding) where they are larger.",
)


class ProjectedTerm(TapTerm):
    """A matching term between taps that a learned projection brings to one shape."""

    projection: ProjectionKind = PROJECTION

    def projected(self, pair: Pair, pairs: TapPairs) -> tuple[str, ...]:
        """Addresses of the student's values in the teacher's shapes."""
        addresses = []
        for number, (own, other) in enumerate(pairs, start=1):
            address = f"{pair.student.name}.{own}"
            found = connectors.projection(*pair.shapes(own, other), self.projection, pair.name)
            if found:
                what = f"projection {number}"
                address = pair.head(what, found.make, address, architecture=found.description).name
            addresses.append(address)
        return tuple(addresses)


def connected(pair: Pair, pairs: TapPairs) -> tuple[str, ...]:
    """Addresses of the student's values, brought to as many channels as the teacher's, with batch norm."""
    heads = []
    for number, (own, other) in enumerate(pairs, start=1):
        student, teacher = pair.shapes(own, other)
        if len(student) != len(teacher):
            raise KDStudioError(
                f"term '{pair.name}': the student's '{own}' gives {student}, the teacher's '{other}' "
                f"{teacher}; choose two maps (C, H, W) or two vectors (C)"
            )
        kind = "linear" if len(student) == 1 else "1×1 convolution"
        description = f"{kind} {student[0]} → {teacher[0]} channels, batch norm"
        heads.append(
            pair.head(
                f"connector {number}",
                partial(connectors.connector, student, teacher),
                f"{pair.student.name}.{own}",
                architecture=description,
            )
        )
    return tuple(head.name for head in heads)


def channels(pair: Pair, own: str, other: str) -> tuple[int, int]:
    """Channels of two maps; KDStudioError where one of the two is none."""
    student, teacher = pair.shapes(own, other)
    if len(student) != 3 or len(teacher) != 3:
        raise KDStudioError(
            f"term '{pair.name}': the student's '{own}' gives {student}, the teacher's '{other}' {teacher}; "
            "choose taps that give maps (C, H, W) in both networks"
        )
    return student[0], teacher[0]


def preactivations(pair: Pair, pairs: TapPairs) -> TapPairs:
    """Paths of what the ReLUs at the end of the taps are fed with."""
    return [(pair.student.preactivation(own), pair.teacher.preactivation(other)) for own, other in pairs]


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
