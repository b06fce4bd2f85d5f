from types import SimpleNamespace

import psutil
import pytest
import torch
from torch import nn
from torch.nn import functional

from kdstudio.data.augmentation import Augmentation
from kdstudio.data.declaration import LabelledImages
from kdstudio.data.feed import Feed
from kdstudio.engine.network import Head, network_of
from kdstudio.engine.remembered import RememberedNetwork, remembered, repeats
from kdstudio.engine.stage import Stage
from kdstudio.engine.terms import LossTerm
from kdstudio.engine.training import TrainingSpec
from kdstudio.models.declaration import ImageShape
from kdstudio.models.lenet import LeNet
from kdstudio.models.resnet import ResNet
from tests.small import digits, perceptron, random_batch

FLOAT32 = torch.autocast("cpu", enabled=False)
BFLOAT16 = torch.autocast("cpu", dtype=torch.bfloat16)
JITTER = Augmentation(jitter=1)
OUTPUTS = {"logits": (10,), "block1": (3,)}


def small_feed(augmentation=JITTER, count=50, batch_size=7):
    data = digits()
    part = LabelledImages(data.train.images[:count], data.train.labels[:count])
    return Feed(part, data, batch_size=batch_size, seed=3, augmentation=augmentation)


def stage_reading(*targets, of="student.logits", frozen=True, epochs=20, heads=()):
    teacher = perceptron("teacher", seed=1)
    if frozen:
        teacher.freeze()
    terms = [LossTerm(f"against {t}", functional.mse_loss, of, (t,)) for t in targets]
    return Stage(
        "student",
        networks=[teacher, perceptron("student", seed=2)],
        updates=[terms],
        training=TrainingSpec(epochs=epochs),
        heads=heads,
    )


def names(stage, feed=None):
    found = remembered(stage, feed or small_feed(), lambda _network, output: OUTPUTS[output])
    return [network.name for network in found]


def stand_in(teacher, feed, outputs=OUTPUTS):
    return RememberedNetwork(teacher, outputs, len(feed) * feed.views)


def counted(network):
    """Count the images that the network is asked about."""
    asked = []
    network.module.register_forward_pre_hook(lambda _module, inputs: asked.append(len(inputs[0])))
    return asked


@pytest.mark.parametrize("autocast", [FLOAT32, BFLOAT16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("build", [
    lambda: perceptron("teacher", width=3),
    lambda: network_of("teacher", LeNet(channels=4).build(ImageShape(1, 8, 8), 10), LeNet()),
    lambda: network_of("teacher", ResNet(depth=8).build(ImageShape(1, 8, 8), 10), ResNet(depth=8)),
], ids=["perceptron", "lenet", "resnet"])  # fmt: skip
def test_what_is_remembered_is_what_the_network_answers_bit_for_bit(build, autocast):
    """In batches of 16 and more, whose kernels round alike on a processor."""
    teacher, feed = build().freeze(), small_feed(count=64, batch_size=32)
    shapes = {name: tuple(v.shape[1:]) for name, v in teacher(random_batch(), OUTPUTS).items()}
    remembered = stand_in(teacher, feed, shapes)
    for epoch in range(6):
        for batch in feed.shuffled(epoch):
            with torch.no_grad(), autocast:
                found, computed = (each(batch, OUTPUTS) for each in (remembered, teacher))
            assert all(torch.equal(found[output], computed[output]) for output in OUTPUTS)


def test_no_answer_is_computed_twice():
    teacher = perceptron("teacher", seed=1).freeze()
    feed = small_feed(augmentation=Augmentation(flip=True), count=48, batch_size=16)
    remembered, asked = stand_in(teacher, feed), counted(teacher)
    seen = set()
    for epoch in range(12):
        for batch in feed.shuffled(epoch):
            new = set(batch.slot.tolist()) - seen
            asked.clear()
            remembered(batch, OUTPUTS)
            assert sum(asked) == (16 if new else 0)
            seen |= new
    assert len(seen) == 2 * 48


@pytest.mark.parametrize("size", [5, 16, 23, 32])
def test_a_network_is_asked_in_multiples_of_sixteen(size):
    teacher, feed = perceptron("teacher").freeze(), small_feed(count=size, batch_size=size)
    asked = counted(teacher)
    stand_in(teacher, feed)(next(feed.shuffled(0)), OUTPUTS)
    assert asked == [-(-size // 16) * 16]


def test_a_remembered_network_is_frozen():
    remembered = RememberedNetwork(perceptron("teacher"), OUTPUTS, 9)
    assert remembered.frozen
    assert not any(parameter.requires_grad for parameter in remembered.parameters())


def test_a_frozen_network_is_remembered():
    assert names(stage_reading("teacher.logits")) == ["teacher"]


def test_what_a_head_reads_that_no_term_reads_is_not_remembered():
    heads = [Head("scored", nn.Identity(), "teacher.logits")]
    assert names(stage_reading("labels", heads=heads)) == []
    assert names(stage_reading("teacher.logits", heads=heads)) == ["teacher"]


def test_other_images_are_answered_by_the_network_itself_while_the_stage_is_scored():
    stage, feed, other = stage_reading("teacher.logits"), small_feed(), random_batch()
    teacher = stage.networks["teacher"]
    stage.networks["teacher"] = stand_in(teacher, feed)
    stage.train()
    stage.values(next(feed.shuffled(0)), {"teacher.logits"})
    stage.eval()
    answered = stage.values(other, {"teacher.logits"})["teacher.logits"]
    assert torch.equal(answered, teacher.module(other.images))


def test_a_network_in_training_is_not_remembered():
    assert names(stage_reading("teacher.logits", frozen=False)) == []


def test_taps_are_remembered_too_by_a_term_and_by_a_head():
    heads = [Head("hint", nn.Linear(3, 10), "teacher.block1")]
    assert names(stage_reading("teacher.logits", "teacher.block1")) == ["teacher"]
    assert names(stage_reading("hint", heads=heads)) == ["teacher"]


def test_weights_are_looked_up_where_they_are():
    assert names(stage_reading("teacher.block1.linear.weight")) == []


@pytest.mark.parametrize(("views", "epochs"), [(1, 1), (9, 2), (162, 240), (16, 240)])
def test_repeats_are_counted_as_they_come_out(views, epochs):
    random = torch.Generator().manual_seed(0)
    drawn = torch.randint(views, (2000, epochs), generator=random)
    unique = sum(len(image.unique()) for image in drawn) / len(drawn)
    assert repeats(views, epochs) == pytest.approx(1 - unique / epochs, abs=0.01)


@pytest.mark.parametrize(("epochs", "expected"), [(1, []), (2, ["teacher"])])
def test_remembering_must_save_work(epochs, expected):
    """One epoch never asks twice; of two, with nine views an image, every eighteenth question comes again."""
    assert names(stage_reading("teacher.logits", epochs=epochs)) == expected


def test_what_is_too_large_for_the_memory_is_not_kept(monkeypatch):
    needed = 50 * 9 * 10 * 4
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=4 * needed - 1))
    assert names(stage_reading("teacher.logits")) == []
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=4 * needed))
    assert names(stage_reading("teacher.logits")) == ["teacher"]
