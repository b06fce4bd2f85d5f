"""Numbers as people read them."""

import pytest

from kdstudio.gui.spoken import spoken_count, spoken_share


@pytest.mark.parametrize(
    ("count", "text"), [(2410, "2,410"), (301_066, "301 k"), (1_276_810, "1.28 M"), (5_243_328_768, "5.24 G")]
)
def test_counts_are_spoken_in_three_digits(count, text):
    assert spoken_count(count) == text


@pytest.mark.parametrize(("share", "text"), [(0.8714, "87.1 %"), (1.0, "100.0 %"), (None, "–")])
def test_shares_are_spoken_in_percent(share, text):
    assert spoken_share(share) == text
