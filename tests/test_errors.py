"""An error keeps the closest field that it speaks of."""

import pytest

from kdstudio.errors import LONGEST_TOLD, KDStudioError, speaking_of, told_as


def test_the_closest_field_is_kept():
    with pytest.raises(KDStudioError) as told, speaking_of("data"), speaking_of("data", "source"):
        raise KDStudioError("no folder")
    assert told.value.field == ("data", "source")
    assert str(told.value) == "no folder"


def test_without_one_an_error_speaks_of_no_field():
    assert KDStudioError("anything").field == ()


def test_other_errors_pass_as_they_are():
    with pytest.raises(ValueError, match="other"), speaking_of("data"):
        raise ValueError("other")


def test_an_error_of_others_is_told_with_its_kind_and_no_longer_than_anybody_reads():
    assert told_as(ValueError("odd")) == "ValueError: odd"
    assert told_as(ValueError()) == "ValueError"
    assert told_as(ValueError("x" * 1_000_000)) == f"ValueError: {'x' * LONGEST_TOLD} …"
