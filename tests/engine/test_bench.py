import numpy as np
import pytest
import torch

from kdstudio.engine.bench import Bench, load_state
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape
from tests.small import CPU, digits, perceptron, same_state, small_bench, small_experiment


def test_training_and_validation_are_parts_of_the_training_images_and_test_is_apart():
    bench = small_bench(small_experiment())
    feed = bench.training_feed(bench.recipe("student"))
    data = digits()
    parts = [part.images.flatten(1).numpy() for part in (feed.part, bench.validation.part)]
    together = sorted(map(bytes, np.concatenate(parts)))
    assert together == sorted(map(bytes, data.train.images.flatten(1).numpy()))
    assert torch.equal(bench.test.part.images, data.test.images)
    assert (bench.training_images, len(bench.validation), len(bench.test)) == (1077, 270, 450)


def test_classes_and_image_are_the_datas():
    bench, data = small_bench(small_experiment()), digits()
    assert bench.classes == 10
    assert bench.image == ImageShape(1, 8, 8, mean=data.mean, std=data.std)


def test_initial_weights_depend_on_seed_role_and_number_alone():
    bench = small_bench(small_experiment())
    first = bench.network("student").module.state_dict()
    torch.rand(99)
    bench.network("teacher")
    assert same_state(first, bench.network("student", name="baseline").module.state_dict())
    assert not same_state(first, bench.network("teacher").module.state_dict())
    assert not same_state(first, bench.network("student", seed=1).module.state_dict())
    other = small_bench(small_experiment("seed=1")).network("student").module.state_dict()
    assert not same_state(first, other)


def test_building_a_network_leaves_the_global_random_state_alone():
    bench = small_bench(small_experiment())
    before = torch.get_rng_state()
    bench.network("student")
    assert torch.equal(torch.get_rng_state(), before)


def test_the_bench_remembers_the_role_of_every_network():
    bench = small_bench(small_experiment())
    bench.network("teacher")
    bench.network("student", name="baseline")
    assert bench.built == {"teacher": "teacher", "baseline": "student"}


def test_given_weights_are_loaded():
    state = small_bench(small_experiment("seed=5")).network("teacher").module.state_dict()
    experiment = small_experiment(
        "networks.teacher.weights.origin=file", "networks.teacher.weights.path=some.safetensors"
    )
    asked = []

    def load(source, class_names):
        asked.append((source.path, class_names))
        return state

    bench = Bench(experiment, digits(), CPU, load)
    assert (bench.is_loaded("teacher"), bench.is_loaded("student")) == (True, False)
    assert same_state(bench.network("teacher").module.state_dict(), state)
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
    bench = small_bench(small_experiment("networks.student.model.name=lenet"))
    monkeypatch.setattr(Bench, "image", ImageShape(1, 3, 3))
    with pytest.raises(KDStudioError, match="'lenet 16' cannot be built for images of 1×3×3"):
        bench.network("student")
