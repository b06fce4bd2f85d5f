"""What is read off a confusion: images counted by row = true class, column = class answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Counts = Sequence[Sequence[int]]


def class_accuracies(confusion: Counts) -> tuple[float | None, ...]:
    """Share of right answers among the images of each class; None where there are none."""
    counts = [sum(row) for row in confusion]
    rows = enumerate(zip(confusion, counts, strict=True))
    return tuple(row[number] / count if count else None for number, (row, count) in rows)


def accuracy_on(confusion: Counts, classes: Iterable[int]) -> float | None:
    """Share of right answers among the images of ``classes``; None where there are none."""
    rows = {number: confusion[number] for number in classes}
    count = sum(map(sum, rows.values()))
    return sum(row[number] for number, row in rows.items()) / count if count else None
