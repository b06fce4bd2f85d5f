import pytest
import torch
from torch import nn
from torch.nn import functional

from kdstudio.data.augmentation import Augmentation
from kdstudio.data.declaration import LabelledImages
from kdstudio.data.feed import Feed
from kdstudio.engine import logit_cache
from kdstudio.engine.logit_cache import CachedNetwork, cacheable, fill
from kdstudio.engine.network import Head, Network
from kdstudio.engine.stage import Stage
from kdstudio.engine.terms import LossTerm
from kdstudio.engine.training import TrainingSpec
from kdstudio.models.declaration import ImageShape
from kdstudio.models.lenet import LeNet
from tests.small import digits, perceptron, random_batch

FLOAT32 = torch.autocast("cpu", enabled=False)
BFLOAT16 = torch.autocast("cpu", dtype=torch.bfloat16)
JITTER = Augmentation(jitter=1)


def small_feed(augmentation=JITTER, count=50):
    data = digits()
    part = LabelledImages(data.train.images[:count], data.train.labels[:count])
    return Feed(part, data, batch_size=7, seed=3, augmentation=augmentation)


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
    return [network.name for network in cacheable(stage, feed or small_feed(), 10)]


def test_remembered_logits_are_those_of_the_same_image_in_the_same_view():
    teacher, feed = perceptron("teacher", seed=1).freeze(), small_feed()
    table = torch.full((len(feed) * feed.views, 10), torch.nan)
    fractions = list(fill(teacher, feed, table, FLOAT32))
    remembered = CachedNetwork(teacher, table, feed.views)
    for epoch in (0, 5):
        for batch in feed.shuffled(epoch):
            with torch.no_grad():
                computed = teacher.module(batch.images)
            torch.testing.assert_close(remembered(batch, ("logits",))["logits"], computed)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


@pytest.mark.parametrize("build", [
    lambda: perceptron("teacher", width=32),
    lambda: Network("teacher", LeNet(channels=4, hidden=32).build(ImageShape(1, 8, 8), 10), {}),
])  # fmt: skip
def test_in_bfloat16_remembered_logits_are_those_that_a_step_would_compute(build):
    """Kernels are free to round a row otherwise in another place of the batch, or in a batch of another size.

    A table computed in float32 agrees in no row at all.
    """
    teacher, feed = build().freeze(), small_feed(count=50)
    table = torch.full((len(feed) * feed.views, 10), torch.nan)
    list(fill(teacher, feed, table, BFLOAT16))
    remembered, equal, in_float32, count = CachedNetwork(teacher, table, feed.views), 0, 0, 0
    for batch in feed.shuffled(0):
        with torch.no_grad():
            with BFLOAT16:
                computed = teacher(batch, ("logits",))["logits"].float()
            exact = teacher(batch, ("logits",))["logits"]
        found = remembered(batch, ("logits",))["logits"]
        torch.testing.assert_close(found, computed, rtol=2**-7, atol=2**-7 * float(computed.abs().max()))
        equal += int((found == computed).all(1).sum())
        in_float32 += int((found == exact).all(1).sum())
        count += len(batch)
    assert equal >= 0.98 * count
    assert in_float32 == 0


def test_filling_a_table_leaves_whoever_fills_it_in_its_own_precision():
    teacher, feed = perceptron("teacher").freeze(), small_feed()
    table = torch.zeros(len(feed) * feed.views, 10)
    for _fraction in fill(teacher, feed, table, BFLOAT16):
        assert not torch.is_autocast_enabled("cpu")


def test_a_remembered_network_is_frozen():
    remembered = CachedNetwork(perceptron("teacher"), torch.zeros(9, 10), 1)
    assert remembered.frozen
    assert not any(parameter.requires_grad for parameter in remembered.parameters())


def test_frozen_networks_of_which_the_logits_alone_are_read_are_remembered():
    assert names(stage_reading("teacher.logits")) == ["teacher"]


def test_a_head_that_no_term_reads_asks_for_no_table():
    heads = [Head("scored", nn.Identity(), "teacher.logits")]
    assert names(stage_reading("labels", heads=heads)) == []
    assert names(stage_reading("teacher.logits", heads=heads)) == ["teacher"]


def test_other_images_are_answered_by_the_network_itself_while_the_stage_is_scored():
    stage, batch = stage_reading("teacher.logits"), random_batch()
    teacher = stage.networks["teacher"]
    stage.networks["teacher"] = CachedNetwork(teacher, torch.zeros(6 * 9, 10), 9)
    stage.train()
    assert not stage.values(batch, {"teacher.logits"})["teacher.logits"].any()
    stage.eval()
    answered = stage.values(batch, {"teacher.logits"})["teacher.logits"]
    assert torch.equal(answered, teacher.module(batch.images))


def test_a_network_in_training_is_not_remembered():
    assert names(stage_reading("teacher.logits", frozen=False)) == []


def test_a_network_whose_taps_are_read_is_not_remembered():
    assert names(stage_reading("teacher.logits", "teacher.block1")) == []


def test_a_network_whose_tap_feeds_a_head_is_not_remembered():
    heads = [Head("hint", nn.Linear(3, 10), "teacher.block1")]
    assert names(stage_reading("teacher.logits", "hint", heads=heads)) == []


@pytest.mark.parametrize(("epochs", "expected"), [(9, []), (10, ["teacher"])])
def test_remembering_must_save_work(epochs, expected):
    """Nine views an image: ten epochs ask for more predictions than there are."""
    assert names(stage_reading("teacher.logits", epochs=epochs)) == expected


def test_a_table_that_is_too_large_is_not_kept(monkeypatch):
    monkeypatch.setattr(logit_cache, "LARGEST_TABLE", 50 * 9 * 10 * 4 - 1)
    assert names(stage_reading("teacher.logits")) == []
    monkeypatch.setattr(logit_cache, "LARGEST_TABLE", 50 * 9 * 10 * 4)
    assert names(stage_reading("teacher.logits")) == ["teacher"]
