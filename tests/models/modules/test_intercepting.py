"""Calls of torch's functions that go another way."""

from kdstudio.models.modules.in_shares import InShares
from kdstudio.models.modules.intercepting import Intercepting
from kdstudio.models.modules.weightless import weightless
from kdstudio.packages import PASSED_THROUGH


def everything_below(kind):
    return {kind}.union(*(everything_below(below) for below in kind.__subclasses__()))


def test_errors_within_what_is_intercepted_are_never_told_of_the_interception():
    assert InShares  # and every other kind is imported
    assert weightless
    assert {kind.__module__ for kind in everything_below(Intercepting)} == set(PASSED_THROUGH)
