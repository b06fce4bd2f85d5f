"""Weights over the epochs as code."""

import pytest

from kdstudio.engine.weighting import Constant, Linear, WarmUp
from kdstudio.runs.script.losses import _weight


@pytest.mark.parametrize(("weighting", "text"), [
    (Constant(), "3"),
    (Linear(final=1.0), "(3 + (1 - 3) * epoch / 9)"),
    (WarmUp(epochs=3), "[1, 2, 3][min(epoch, 2)]"),
])  # fmt: skip
def test_a_weight_is_a_number_a_line_or_a_table(weighting, text):
    at = weighting.over(3.0, epochs=10)
    assert _weight(at, 10) == text
    for epoch in range(10):
        assert eval(text, {"epoch": epoch, "min": min}) == pytest.approx(at(epoch / 9))
