"""Quantiles of Student's t, against published tables and closed forms."""

from math import pi, sqrt, tan

import pytest

from kdstudio.runs.student_t import LEVEL, quantile

PUBLISHED = {
    1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228,
    15: 2.131, 20: 2.086, 24: 2.064, 30: 2.042, 60: 2.000, 120: 1.980,
}  # fmt: skip
"""Two-sided, 5 % outside; NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2."""


@pytest.mark.parametrize(("degrees", "expected"), PUBLISHED.items())
def test_it_is_the_published_one(degrees, expected):
    assert quantile(degrees) == pytest.approx(expected, abs=5.1e-4)


def test_one_and_two_degrees_have_closed_forms():
    assert quantile(1) == pytest.approx(tan(pi / 2 * LEVEL), rel=1e-12)
    assert quantile(2) == pytest.approx(LEVEL * sqrt(2 / (1 - LEVEL**2)), rel=1e-12)


def test_of_many_it_is_nearly_that_of_the_normal_distribution():
    assert quantile(10_001) == pytest.approx(1.96020, abs=1e-5)
