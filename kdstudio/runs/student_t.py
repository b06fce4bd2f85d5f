"""Quantiles of Student's t distribution, for intervals of means of few values."""

from __future__ import annotations

from functools import cache
from math import cos, pi, sin, sqrt, tan

LEVEL = 0.95
"""Share of such intervals that hold the true mean."""
HALVINGS = 60


@cache
def quantile(degrees: int) -> float:
    """Return the t that ``LEVEL`` of the distribution lies within, on both sides of 0: 4.303 for 2 degrees.

    Student 1908, *The probable error of a mean*.
    """
    low, high = 0.0, pi / 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, degrees) < LEVEL else (low, middle)
    return sqrt(degrees) * tan(low)


def _within(angle: float, degrees: int) -> float:
    """Probability that |T| is below √degrees·tan(angle): a finite sum for whole degrees of freedom.

    Abramowitz and Stegun 1964, *Handbook of mathematical functions*, 26.7.3 and 26.7.4.
    """
    is_odd = degrees % 2
    term, total = cos(angle) if is_odd else 1.0, 0.0
    for number in range(1, degrees // 2 + 1):
        total += term
        factor = 2 * number / (2 * number + 1) if is_odd else (2 * number - 1) / (2 * number)
        term *= factor * cos(angle) ** 2
    total *= sin(angle)
    return 2 / pi * (angle + total) if is_odd else total
