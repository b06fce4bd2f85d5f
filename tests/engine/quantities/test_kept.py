import numpy as np
import pytest

from kdstudio.engine.quantities.kept import GradientShare, WeightDistance
from kdstudio.errors import KDStudioError
from tests.engine.quantities.evidence import Given


def test_the_distance_of_weights_is_relative_to_the_others_length():
    """(3, 4) and (0, 0) on one, moved by 1 and 2: √5 of 5."""
    kept = {"a": {"w": np.array([4.0, 4.0]), "v": np.array([2.0])}, "control": {"w": np.array([3.0, 4.0]),
            "v": np.array([0.0])}, "b": {"w": np.array([1.0])}}  # fmt: skip
    distance = WeightDistance(to={"kind": "control"})
    assert distance.value("a", Given(kept=kept)) == pytest.approx(5**0.5 / 5)
    with pytest.raises(KDStudioError, match="'b' and 'control' are of different architectures"):
        distance.value("b", Given(kept=kept))


def test_a_share_that_is_not_known_names_those_that_are():
    found = Given(kept={"student": {"soft loss": 0.25}})
    assert GradientShare(term="soft loss").value("student", found) == 0.25
    with pytest.raises(KDStudioError, match="'hint' are known of 'student'; of soft loss are"):
        GradientShare(term="hint").value("student", found)
