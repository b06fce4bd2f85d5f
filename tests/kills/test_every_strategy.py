"""Runs of every strategy, killed by chance: none is lost, and none comes out otherwise."""

import random

import pytest

from kdstudio.engine.strategy import strategies
from tests.forked import CAN_FORK
from tests.kills.attack import Target, attack

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CAN_FORK, reason="needs processes that are there at once"),
]


@pytest.mark.parametrize("strategy", list(strategies))
def test_killed_by_chance_it_comes_out_as_if_left_alone(strategy, tmp_path):
    tally = attack(Target(tmp_path, strategy), "killed", random.Random(strategy), 4)
    assert tally.is_clean, tally
