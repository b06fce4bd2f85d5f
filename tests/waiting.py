"""Waiting for what another thread or process does: for a condition, never for a time."""

import time
from collections.abc import Callable

LOOK = 0.01
LONGEST = 120
"""Seconds, far more than anything takes on a machine that is busy."""


def wait_until(is_so: Callable[[], object], longest: float = LONGEST) -> None:
    """Return as soon as it ``is_so``; fails after ``longest`` seconds."""
    end = time.monotonic() + longest
    while not is_so():
        assert time.monotonic() < end, "what was waited for has not come"
        time.sleep(LOOK)
