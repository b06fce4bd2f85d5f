import pytest

from kdstudio.engine.strategy import strategies
from kdstudio.errors import KDStudioError


def test_every_strategy_is_registered_under_its_name():
    assert {"hinton", "supervised"} <= set(strategies)
    assert all(entry().name == name for name, entry in strategies.items())
    assert all(entry().roles() for entry in strategies.values())


def test_an_unknown_strategy_is_named_with_those_that_exist():
    with pytest.raises(KDStudioError, match=r"no strategy 'hinten'; there are .*hinton"):
        strategies["hinten"]
