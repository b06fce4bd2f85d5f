import pytest
import torch

from kdstudio.engine.calibration import calibrate
from kdstudio.engine.context import RunContext
from kdstudio.models.int8 import Int8
from kdstudio.models.modules.quantised import roundings
from tests.small import CPU, digits, same_state, small_context, small_experiment


def quantised(context, *, images=None):
    model = Int8(of=context.experiment.networks["student"].model)
    network = context.network("student", model=model)
    if images:
        calibrate(context, network, images)
    return network


def context_of(*settings):
    return small_context(small_experiment(*settings, strategy="supervised"))


def test_ranges_are_those_of_the_images_and_no_weight_moves():
    context = context_of()
    network, before = quantised(context, images=1000), quantised(context_of())
    first = roundings(network.module)[0]
    pixels = digits().train.images / 255
    brightest = (pixels.max() - digits().mean[0]) / digits().std[0]
    assert first.high.item() == pytest.approx(brightest.item(), rel=1e-5)
    assert first.seen.item() == 16  # batches of 64, of 1,000 images
    weights = dict(before.named_parameters())
    assert all(torch.equal(p, weights[name]) for name, p in network.named_parameters())


def test_it_takes_as_many_images_as_it_is_told_and_no_more_than_there_are():
    seen = [roundings(quantised(context_of(), images=n).module)[0].seen.item() for n in (2, 64, 65, 10**6)]
    assert seen == [1, 1, 2, -(-len(context_of().data._training_part) // 64)]


def test_the_same_seed_gives_the_same_ranges_whatever_the_augmentation():
    one, same, other = (
        quantised(context_of(f"seed={seed}", "data.seed=0", *settings), images=64).state_dict()
        for seed, settings in (
            (1, ()), (1, ("networks.student.training.augmentation.jitter=2",)), (2, ()),
        )
    )  # fmt: skip
    assert same_state(one, same)
    highest = [key for key in one if key.endswith(".high")]
    assert not all(torch.equal(one[key], other[key]) for key in highest)


def test_a_plan_that_is_looked_at_calibrates_nothing():
    context = RunContext(small_experiment(strategy="supervised"), digits(), CPU)
    network = quantised(context, images=100)
    assert context.is_looked_at
    assert roundings(network.module)[0].seen.item() == 0


def test_what_comes_of_other_images_is_other_content():
    contents = []
    for images in (64, 64, 128):
        context = context_of()
        contents.append(context.content_of(quantised(context, images=images).name))
    assert contents[0] == contents[1] != contents[2]
