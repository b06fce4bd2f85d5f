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
from kdstudio.engine.remembered import RememberedNetwork, remembered
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


def stand_in(teacher, feed, outputs=OUTPUTS, autocast=FLOAT32):
    made = RememberedNetwork(teacher, outputs, feed)
    fractions = list(made.fill(autocast))
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    return made


@pytest.mark.parametrize("autocast", [FLOAT32, BFLOAT16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("build", [
    lambda: perceptron("teacher", width=32),
    lambda: network_of("teacher", LeNet(channels=4, hidden=32).build(ImageShape(1, 8, 8), 10), LeNet()),
    lambda: network_of("teacher", ResNet(depth=8).build(ImageShape(1, 8, 8), 10), ResNet(depth=8)),
], ids=["perceptron", "lenet", "resnet"])  # fmt: skip
def test_what_is_remembered_is_what_a_step_would_compute(build, autocast):
    """Kernels are free to round a row otherwise in another place of the batch.

    In bfloat16, answers computed in float32 agree in no row at all.
    """
    teacher, feed = build().freeze(), small_feed(count=64, batch_size=32)
    shapes = {name: tuple(v.shape[1:]) for name, v in teacher(random_batch(), OUTPUTS).items()}
    remembered, equal, in_float32, count = stand_in(teacher, feed, shapes, autocast), 0, 0, 0
    for batch in [*feed.shuffled(0), *feed.shuffled(5)]:
        found = remembered(batch, OUTPUTS)
        with torch.no_grad():
            exact = teacher(batch, OUTPUTS)
            with autocast:
                computed = teacher(batch, OUTPUTS)
        for output in OUTPUTS:
            assert found[output].dtype == computed[output].dtype
            own, other, third = (each[output].float().flatten(1) for each in (found, computed, exact))
            room = 2**-7 if autocast is BFLOAT16 else 1e-5
            torch.testing.assert_close(own, other, rtol=room, atol=room * float(other.abs().max()))
            equal += int((own == other).all(1).sum())
            in_float32 += int((own == third).all(1).sum())
            count += len(batch)
    assert equal >= 0.98 * count
    assert autocast is FLOAT32 or in_float32 < 0.02 * count


def test_answers_of_bfloat16_take_half_the_room():
    remembered = stand_in(perceptron("teacher").freeze(), small_feed(), autocast=BFLOAT16)
    assert remembered(next(small_feed().shuffled(0)), ["logits"])["logits"].dtype == torch.bfloat16


def test_filling_leaves_whoever_fills_in_its_own_precision():
    for _fraction in RememberedNetwork(perceptron("teacher").freeze(), OUTPUTS, small_feed()).fill(BFLOAT16):
        assert not torch.is_autocast_enabled("cpu")


def test_a_remembered_network_is_frozen():
    remembered = RememberedNetwork(perceptron("teacher"), OUTPUTS, small_feed())
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


@pytest.mark.parametrize(("epochs", "expected"), [(9, []), (10, ["teacher"])])
def test_remembering_must_save_work(epochs, expected):
    """Nine views an image: ten epochs ask for more answers than there are."""
    assert names(stage_reading("teacher.logits", epochs=epochs)) == expected


def test_what_is_too_large_for_the_machine_is_not_kept(monkeypatch):
    needed = 50 * 9 * 10 * 4
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=8 * needed - 1))
    assert names(stage_reading("teacher.logits")) == []
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=8 * needed))
    assert names(stage_reading("teacher.logits")) == ["teacher"]
