"""An error keeps the closest field that it speaks of."""

import pytest

from kdstudio.errors import KDStudioError, speaking_of


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
