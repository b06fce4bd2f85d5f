"""Names at the points of a chart, each where it covers no other name and no point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

LETTER, LINE = 6.6, 14
"""Width of a letter of the charts, on average, and height of a line."""
SIDES = ((-0.5, 0, -7), (-0.5, 0, 16), (0.0, 7, 4), (-1.0, -7, 4))
"""Where a name begins beside its point, in parts of its width and pixels, and its baseline: above first."""


class Box(NamedTuple):
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def covered_by(self, other: Box) -> float:
        """Area that both have in common."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)


def places_of(
    points: Sequence[tuple[float, float]], names: Sequence[str], left: float, right: float
) -> Iterator[tuple[float, float]]:
    """Yield where each of ``names`` begins, on its baseline; all lie between ``left`` and ``right``."""
    taken = [Box(x - 4, y - 4, x + 4, y + 4) for x, y in points]
    for (x, y), name in zip(points, names, strict=True):
        width = LETTER * len(name)
        boxes = []
        for share, across, down in SIDES:
            start = min(max(x + share * width + across, left), right - width)
            boxes.append(Box(start, y + down - LINE + 3, start + width, y + down + 3))
        best = min(boxes, key=lambda box: sum(map(box.covered_by, taken)))
        taken.append(best)
        yield best.left, best.bottom - 3
