"""How many examples are drawn."""

import os

from hypothesis import HealthCheck, Phase, settings

EXAMPLES = int(os.environ.get("KDSTUDIO_FUZZ", "2000"))
"""In all."""


def drawn(share: float) -> settings:
    """A share of the examples: always the same ones, so that running a test again repeats a failure.

    They are small as they are; to make one that hangs smaller would take the time of many.
    """
    return settings(
        max_examples=max(1, round(share * EXAMPLES)),
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
