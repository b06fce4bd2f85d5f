import pytest
import torch
from torch import nn

from kdstudio.engine.context import Built, RunContext, load_state
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape
from tests.small import CPU, digits, perceptron, same_state, small_context, small_experiment


def test_initial_weights_depend_on_seed_role_and_number_alone():
    context = small_context(small_experiment())
    first = context.network("student").module.state_dict()
    torch.rand(99)
    context.network("teacher")
    assert same_state(first, context.network("student", name="baseline").module.state_dict())
    assert not same_state(first, context.network("teacher").module.state_dict())
    assert not same_state(first, context.network("student", seed=1).module.state_dict())
    other = small_context(small_experiment("seed=1")).network("student").module.state_dict()
    assert not same_state(first, other)


def test_building_a_network_leaves_the_global_random_state_alone():
    context = small_context(small_experiment())
    before = torch.get_rng_state()
    context.network("student")
    assert torch.equal(torch.get_rng_state(), before)


def test_the_bench_remembers_what_every_network_is():
    context = small_context(small_experiment())
    context.network("teacher")
    context.network("student", name="baseline", classes=[7, 3])
    assert context.built == {
        "teacher": Built("teacher", tuple("0123456789"), None, 64 * 8 + 8 + 8 * 10 + 10),
        "baseline": Built("student", ("7", "3"), None, 64 * 8 + 8 + 8 * 2 + 2),
    }


def test_given_weights_are_loaded():
    state = small_context(small_experiment("seed=5")).network("teacher").module.state_dict()
    experiment = small_experiment(
        "networks.teacher.weights.origin=file", "networks.teacher.weights.path=some.safetensors"
    )
    asked = []

    def load(source, class_names):
        asked.append((source.path, class_names))
        return state

    context = RunContext(experiment, digits(), CPU, load)
    assert (context.is_loaded("teacher"), context.is_loaded("student")) == (True, False)
    assert same_state(context.network("teacher").module.state_dict(), state)
    assert asked == [("some.safetensors", tuple("0123456789"))]


def test_weights_of_another_architecture_are_refused_with_the_reason():
    wide, other = perceptron("wide", width=5).module, perceptron("other", width=3).module
    with pytest.raises(KDStudioError, match=r"the teacher do not fit .*\(5, 64\) in the file, \(3, 64\) in"):
        load_state(other, wide.state_dict(), "teacher")
    state = {key: value for key, value in other.state_dict().items() if "classifier" not in key}
    with pytest.raises(KDStudioError, match=r"2 missing \(classifier.bias …\)"):
        load_state(other, state, "teacher")
    with pytest.raises(KDStudioError, match=r"1 unknown \(extra …\)"):
        load_state(other, other.state_dict() | {"extra": torch.zeros(1)}, "teacher")


def test_a_network_that_does_not_fit_the_image_is_named(monkeypatch):
    context = small_context(small_experiment("networks.student.model.name=lenet"))
    monkeypatch.setattr(RunContext, "image", ImageShape(1, 3, 3))
    with pytest.raises(KDStudioError, match="'lenet 16' cannot be built for images of 1×3×3"):
        context.network("student")


def test_a_heads_first_weights_depend_on_the_runs_seed_and_its_name_alone():
    def weights(name, *settings):
        return (
            small_context(small_experiment(*settings)).head(name, lambda: nn.Linear(3, 4), "a").module.weight
        )

    torch.manual_seed(1)
    first = weights("hint")
    torch.manual_seed(2)
    assert torch.equal(weights("hint"), first)
    assert not torch.equal(weights("other"), first)
    assert not torch.equal(weights("hint", "seed=1"), first)


def test_shapes_of_taps_are_those_of_one_image_and_nothing_moves():
    context = small_context(small_experiment())
    network = context.network("student")
    assert context.shape(network, "block1") == (8,)
    assert context.shape(network, "logits") == (10,)
    assert network.training
