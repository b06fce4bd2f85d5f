import pytest

from kdstudio.engine.experiment import TrainHere
from kdstudio.errors import KDStudioError
from kdstudio.runs.presets import validate
from tests.small import small_experiment


def test_networks_are_in_the_order_of_the_roles():
    raw = small_experiment().model_dump()
    raw["networks"] = dict(reversed(raw["networks"].items()))
    assert list(raw["networks"]) == ["student", "teacher"]
    assert list(validate(raw, "turned").networks) == ["teacher", "student"]


def test_a_missing_role_is_named():
    raw = small_experiment().model_dump()
    del raw["networks"]["teacher"]
    with pytest.raises(KDStudioError, match="networks: strategy 'hinton' also needs a teacher"):
        validate(raw, "here")


def test_a_network_without_a_role_is_named():
    raw = small_experiment().model_dump()
    raw["networks"]["peer"] = raw["networks"]["student"]
    with pytest.raises(KDStudioError, match="strategy 'hinton' has no 'peer'; it has teacher, student"):
        validate(raw, "here")


@pytest.mark.parametrize("device", ["auto", "cpu", "mps", "cuda", "cuda:3"])
def test_devices_are_known_by_their_names(device):
    assert small_experiment(f"compute.device={device}").compute.device == device


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "cpu:0\n", ""])
def test_other_devices_are_refused(device):
    with pytest.raises(KDStudioError, match=r"compute.device: no device '(?s:.*)'; there are auto, cpu"):
        validate(small_experiment().model_dump() | {"compute": {"device": device}}, "here")


@pytest.mark.parametrize(
    "name", ["../escape", "a/b", ".hidden", "", "a b", "x" * 81, "new\nline", "trailing\n"]
)
def test_names_that_are_no_folder_names_are_refused(name):
    with pytest.raises(KDStudioError, match="name: "):
        validate(small_experiment().model_dump() | {"name": name}, "here")


def test_weights_are_trained_here_unless_told_otherwise():
    assert small_experiment().networks["teacher"].weights == TrainHere()


def test_experiments_are_equal_by_what_they_say():
    assert small_experiment("seed=3") == small_experiment("seed=3")
    assert small_experiment("seed=3") != small_experiment("seed=4")


def test_what_is_swept_is_shown_for_each_network_that_the_strategy_tells_apart():
    experiment = small_experiment("sweep={'strategy.bits'=[8, 4]}", strategy="quantise")
    *_own, table, figure, _losses = experiment.views
    assert table.rows == ("role", "kind", "method", "strategy.bits")
    assert figure.series == ("role", "kind", "method")
