import numpy as np
import pytest
import torch
from torch import nn

from kdstudio.engine.context import Built, RunContext, load_state
from kdstudio.engine.training import TrainingSpec
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape
from tests.small import CPU, digits, perceptron, same_state, small_context, small_experiment


def test_training_and_validation_are_parts_of_the_training_images_and_test_is_apart():
    context = small_context(small_experiment())
    feed = context.training_feed(context.recipe("student"))
    data = digits()
    parts = [part.images.flatten(1).numpy() for part in (feed.part, context.validation.part)]
    together = sorted(map(bytes, np.concatenate(parts)))
    assert together == sorted(map(bytes, data.train.images.flatten(1).numpy()))
    assert torch.equal(context.test.part.images, data.test.images)
    assert (context.training_images, len(context.validation), len(context.test)) == (1077, 270, 450)


def test_classes_and_image_are_the_datas():
    context, data = small_context(small_experiment()), digits()
    assert context.classes == 10
    assert context.image == ImageShape(1, 8, 8, mean=data.mean, std=data.std)


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


def counts(labels):
    return np.bincount(labels, minlength=10).tolist()


def of_class(part, numbers):
    """Bytes and labels of the images of some classes."""
    return [
        (bytes(image.numpy()), int(label))
        for image, label in zip(part.images, part.labels, strict=True)
        if int(label) in numbers
    ]


def training_part(context):
    return context.training_feed(context.recipe("student")).part


def same_part(one, other):
    return torch.equal(one.images, other.images) and torch.equal(one.labels, other.labels)


def test_only_some_classes_are_trained_on_while_all_are_tested():
    whole = small_context(small_experiment())
    context = small_context(small_experiment('data.classes=["7",3]'))
    assert context.classes == 10
    assert context.data.class_names == tuple("0123456789")
    part = training_part(context)
    assert of_class(part, range(10)) == of_class(training_part(whole), {3, 7})
    assert context.training_images == len(part)
    assert same_part(context.validation.part, whole.validation.part)
    assert same_part(context.test.part, whole.test.part)


def test_renumbered_classes_are_a_data_set_of_their_own():
    context, data = small_context(small_experiment('data.classes=["7",3]', "data.renumber=true")), digits()
    assert context.classes == 2
    assert context.data.class_names == ("7", "3")
    assert context.network("student").module(torch.zeros(1, 1, 8, 8)).shape == (1, 2)
    new = {7: 0, 3: 1}
    expected = [(image, new[label]) for image, label in of_class(data.test, new)]
    assert of_class(context.test.part, range(10)) == expected
    learnt = of_class(training_part(context), range(10)) + of_class(context.validation.part, range(10))
    assert sorted(learnt) == sorted((image, new[label]) for image, label in of_class(data.train, new))
    assert set(context.validation.part.labels.tolist()) == {0, 1}


@pytest.mark.parametrize("setting", ['data.classes=["ten"]', "data.classes=[10]"])
@pytest.mark.parametrize("renumber", ["true", "false"])
def test_an_unknown_class_is_named_with_those_that_exist(setting, renumber):
    with pytest.raises(KDStudioError, match=r"no class .*; there are 0, 1, 2"):
        small_context(small_experiment(setting, f"data.renumber={renumber}"))


def test_a_fraction_of_every_class_is_trained_on_and_all_is_tested():
    whole, context = small_context(small_experiment()), small_context(small_experiment("data.fraction=0.3"))
    every, chosen = training_part(whole), training_part(context)
    assert counts(chosen.labels) == [round(0.3 * count) for count in counts(every.labels)]
    assert set(of_class(chosen, range(10))) <= set(of_class(every, range(10)))
    assert context.training_images == len(chosen)
    assert same_part(context.validation.part, whole.validation.part)
    assert same_part(context.test.part, whole.test.part)


def test_the_fraction_is_a_function_of_the_seed():
    one, same, other = (
        training_part(small_context(small_experiment("data.fraction=0.3", f"seed={seed}")))
        for seed in (1, 1, 2)
    )
    assert same_part(one, same)
    assert set(of_class(one, range(10))) != set(of_class(other, range(10)))


def test_label_noise_makes_a_share_of_the_training_labels_wrong_and_no_others():
    whole, context = (
        small_context(small_experiment()),
        small_context(small_experiment("data.label_noise=0.3")),
    )
    right, noisy = training_part(whole), training_part(context)
    assert torch.equal(right.images, noisy.images)
    wrong = right.labels[right.labels != noisy.labels]
    assert counts(wrong) == [round(0.3 * count) for count in counts(right.labels)]
    assert same_part(context.validation.part, whole.validation.part)
    assert same_part(context.test.part, whole.test.part)
    assert torch.equal(digits().train.labels.sort().values, torch.cat(
        [right.labels, whole.validation.part.labels]).sort().values)  # fmt: skip


def test_fraction_and_noise_apply_to_the_chosen_classes():
    chosen = ("data.classes=[1,2]", "data.fraction=0.5", "data.label_noise=0.2", "data.renumber=true")
    context = small_context(small_experiment(*chosen))
    found, plain = training_part(context), training_part(small_context(small_experiment(*chosen[::3])))
    expected = [round(0.5 * count) for count in counts(plain.labels)[:2]]
    labels = dict(of_class(plain, {0, 1}))
    original = [labels[bytes(image.numpy())] for image in found.images]
    assert counts(original)[:2] == expected
    turned = [a for a, b in zip(original, found.labels.tolist(), strict=True) if a != b]
    assert counts(turned)[:2] == [round(0.2 * count) for count in expected]
    assert set(found.labels.tolist()) == {0, 1}


def test_classes_left_out_are_never_seen_by_that_network_alone():
    context = small_context(small_experiment("networks.student.training.leave_out=[3,'9']"))
    student, teacher = (context.training_feed(context.recipe(role)).part for role in ("student", "teacher"))
    whole = training_part(small_context(small_experiment()))
    assert of_class(student, range(10)) == of_class(whole, set(range(10)) - {3, 9})
    assert same_part(teacher, whole)
    assert {3, 9} <= set(context.validation.part.labels.tolist())
    assert context.classes == 10


def test_a_feed_without_any_class_is_refused_with_the_remedy():
    context = small_context(small_experiment())
    with pytest.raises(KDStudioError, match=r"every class is left out; shorten training.leave_out"):
        context.training_feed(TrainingSpec(leave_out=tuple(range(10))))
    with pytest.raises(KDStudioError, match=r"no class 'ten'; there are 0, 1"):
        context.training_feed(TrainingSpec(leave_out=("ten",)))


def test_all_chosen_classes_left_out_are_refused_too():
    context = small_context(small_experiment("data.classes=[1,2]"))
    with pytest.raises(KDStudioError, match="every class is left out"):
        context.training_feed(TrainingSpec(leave_out=(2, 1)))


def test_a_feed_has_the_augmentation_of_its_recipe_or_the_usual_one_and_its_mixing():
    context = small_context(small_experiment())
    own = TrainingSpec.model_validate({"augmentation": {"jitter": 2, "flip": True}})
    assert context.training_feed(own).views == 50
    assert context.training_feed(own.model_copy(update={"default_augmentation": True})).views == 9
    assert context.training_feed(TrainingSpec.model_validate({"mixing": {"kind": "mixup"}})).views is None
    assert (context.validation.views, context.test.views) == (1, 1)


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
