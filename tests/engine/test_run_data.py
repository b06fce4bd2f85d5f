import numpy as np
import pytest
import torch

from kdstudio.engine.training import TrainingSpec
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape
from tests.small import digits, small_context, small_experiment


def test_training_and_validation_are_parts_of_the_training_images_and_test_is_apart():
    context = small_context(small_experiment())
    feed = context.data.training_feed(context.recipe("student"))
    data = digits()
    parts = [part.images.flatten(1).numpy() for part in (feed.part, context.data.validation.part)]
    together = sorted(map(bytes, np.concatenate(parts)))
    assert together == sorted(map(bytes, data.train.images.flatten(1).numpy()))
    assert torch.equal(context.data.test.part.images, data.test.images)
    assert (context.data.training_images, len(context.data.validation), len(context.data.test)) == (
        1077,
        270,
        450,
    )


def test_classes_and_image_are_the_datas():
    context, data = small_context(small_experiment()), digits()
    assert context.data.classes == 10
    assert context.data.image == ImageShape(1, 8, 8, mean=data.mean, std=data.std)


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
    return context.data.training_feed(context.recipe("student")).part


def same_part(one, other):
    return torch.equal(one.images, other.images) and torch.equal(one.labels, other.labels)


def test_only_some_classes_are_trained_on_while_all_are_tested():
    whole = small_context(small_experiment())
    context = small_context(small_experiment('data.classes=["7",3]'))
    assert context.data.classes == 10
    assert context.data.class_names == tuple("0123456789")
    part = training_part(context)
    assert of_class(part, range(10)) == of_class(training_part(whole), {3, 7})
    assert context.data.training_images == len(part)
    assert same_part(context.data.validation.part, whole.data.validation.part)
    assert same_part(context.data.test.part, whole.data.test.part)


def test_renumbered_classes_are_a_data_set_of_their_own():
    context, data = small_context(small_experiment('data.classes=["7",3]', "data.renumber=true")), digits()
    assert context.data.classes == 2
    assert context.data.class_names == ("7", "3")
    assert context.network("student").module(torch.zeros(1, 1, 8, 8)).shape == (1, 2)
    new = {7: 0, 3: 1}
    expected = [(image, new[label]) for image, label in of_class(data.test, new)]
    assert of_class(context.data.test.part, range(10)) == expected
    learnt = of_class(training_part(context), range(10)) + of_class(context.data.validation.part, range(10))
    assert sorted(learnt) == sorted((image, new[label]) for image, label in of_class(data.train, new))
    assert set(context.data.validation.part.labels.tolist()) == {0, 1}


@pytest.mark.parametrize("setting", ['data.classes=["ten", 1]', "data.classes=[1, 10]"])
@pytest.mark.parametrize("renumber", ["true", "false"])
def test_an_unknown_class_is_named_with_those_that_exist(setting, renumber):
    with pytest.raises(KDStudioError, match=r"no class .*; there are 0, 1, 2"):
        small_context(small_experiment(setting, f"data.renumber={renumber}"))


def test_a_fraction_of_every_class_is_trained_on_and_all_is_tested():
    whole, context = small_context(small_experiment()), small_context(small_experiment("data.fraction=0.3"))
    every, chosen = training_part(whole), training_part(context)
    assert counts(chosen.labels) == [round(0.3 * count) for count in counts(every.labels)]
    assert set(of_class(chosen, range(10))) <= set(of_class(every, range(10)))
    assert context.data.training_images == len(chosen)
    assert same_part(context.data.validation.part, whole.data.validation.part)
    assert same_part(context.data.test.part, whole.data.test.part)


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
    assert same_part(context.data.validation.part, whole.data.validation.part)
    assert same_part(context.data.test.part, whole.data.test.part)
    assert torch.equal(digits().train.labels.sort().values, torch.cat(
        [right.labels, whole.data.validation.part.labels]).sort().values)  # fmt: skip


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


def test_a_network_can_see_a_fraction_of_the_images_while_its_teacher_sees_all():
    settings = ("networks.student.training.fraction=0.1", "networks.student.training.leave_out=[3]")
    context = small_context(small_experiment(*settings, "seed=4", "data.seed=1"))
    student, teacher = (
        context.data.training_feed(context.recipe(role)).part for role in ("student", "teacher")
    )
    of_all = counts(teacher.labels)
    assert counts(student.labels) == [0 if n == 3 else round(0.1 * of_all[n]) for n in range(10)]
    assert set(of_class(student, range(10))) <= set(of_class(teacher, range(10)))
    other_seed = small_context(small_experiment(*settings, "seed=5", "data.seed=1"))
    assert same_part(student, training_part(other_seed))
    other_images = training_part(small_context(small_experiment(*settings, "seed=4", "data.seed=2")))
    assert set(of_class(student, range(10))) != set(of_class(other_images, range(10)))


def test_classes_left_out_are_never_seen_by_that_network_alone():
    context = small_context(small_experiment("networks.student.training.leave_out=[3,'9']"))
    student, teacher = (
        context.data.training_feed(context.recipe(role)).part for role in ("student", "teacher")
    )
    whole = training_part(small_context(small_experiment()))
    assert of_class(student, range(10)) == of_class(whole, set(range(10)) - {3, 9})
    assert same_part(teacher, whole)
    assert {3, 9} <= set(context.data.validation.part.labels.tolist())
    assert context.data.classes == 10


def test_a_feed_without_any_class_is_refused_with_the_remedy():
    context = small_context(small_experiment())
    with pytest.raises(KDStudioError, match=r"every class is left out; shorten training.leave_out"):
        context.data.training_feed(TrainingSpec(leave_out=tuple(range(10))))
    with pytest.raises(KDStudioError, match=r"no class 'ten'; there are 0, 1"):
        context.data.training_feed(TrainingSpec(leave_out=("ten",)))


def test_one_class_alone_is_refused_wherever_it_comes_from():
    with pytest.raises(KDStudioError, match=r"data.classes: one class alone .* name two or more, or none"):
        small_experiment('data.classes=["3"]')
    with pytest.raises(KDStudioError, match=r"data.classes: class 3 is given twice; name each class once"):
        small_experiment("data.classes=[3, 4, 3]")
    with pytest.raises(KDStudioError, match=r"class '3' is given twice; name each class once"):
        small_context(small_experiment('data.classes=[3, "3"]'))
    context = small_context(small_experiment("data.classes=[1,2]"))
    with pytest.raises(KDStudioError, match=r"only class '2' is left; shorten training.leave_out"):
        context.data.training_feed(TrainingSpec(leave_out=(1,)))


def test_all_chosen_classes_left_out_are_refused_too():
    context = small_context(small_experiment("data.classes=[1,2]"))
    with pytest.raises(KDStudioError, match="every class is left out"):
        context.data.training_feed(TrainingSpec(leave_out=(2, 1)))


def test_a_feed_has_the_augmentation_of_its_recipe_or_the_usual_one_and_its_mixing():
    context = small_context(small_experiment())
    own = TrainingSpec.model_validate({"augmentation": {"jitter": 2, "flip": True}})
    assert context.data.training_feed(own).views == 50
    assert context.data.training_feed(own.model_copy(update={"default_augmentation": True})).views == 9
    assert context.data.training_feed(TrainingSpec.model_validate({"mixing": {"kind": "mixup"}})).is_mixed
    assert (context.data.validation.views, context.data.test.views) == (1, 1)
