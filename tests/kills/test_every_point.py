"""A run killed before any of its changes of files, and after any of its events."""

import pytest

from tests.forked import CAN_FORK
from tests.kills.attack import Target

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CAN_FORK, reason="needs processes that are there at once"),
]
EACH = 16
"""One in so many of the moments; ``benchmarks/kills.py`` takes others."""


def test_at_whatever_moment_it_is_killed_it_comes_out_as_if_left_alone(tmp_path):
    target = Target(tmp_path, "supervised")
    for point in (*range(8), *range(8, target.points, EACH)):
        victim = target.victim(f"at {point}")
        assert victim.die_at(point), point
        assert victim.unreadable() == {}, point
        victim.finish()
        assert target.differences(victim) == [], point
