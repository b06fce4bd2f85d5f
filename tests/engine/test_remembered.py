from types import SimpleNamespace

import psutil
import pytest
import torch
from torch import nn
from torch.nn import functional

from kdstudio.data.augmentation import Augmentation, Mixing
from kdstudio.data.declaration import LabelledImages
from kdstudio.data.decoding import ImageFiles
from kdstudio.data.feed import Feed
from kdstudio.data.streaming import StreamedImages
from kdstudio.engine import remembered as module
from kdstudio.engine.answers import Answers
from kdstudio.engine.network import Head, network_of
from kdstudio.engine.remembered import RememberedNetwork, remembered
from kdstudio.engine.stage import Stage
from kdstudio.engine.stage_run import StageRun
from kdstudio.engine.terms import LossTerm
from kdstudio.engine.training import TrainingSpec
from kdstudio.models.declaration import ImageShape
from kdstudio.models.lenet import LeNet
from kdstudio.models.resnet import ResNet
from tests.engine.test_answers import MemoryStore
from tests.small import CPU, digits, perceptron, random_batch

CROP_AND_FLIP = Augmentation(jitter=1, flip=True)
OUTPUTS = ("logits", "block1")
ROOM = 10**9


def small_feed(augmentation=CROP_AND_FLIP, count=300, batch_size=70, **options):
    data = digits()
    part = LabelledImages(data.train.images[:count], data.train.labels[:count])
    return Feed(part, data, batch_size=batch_size, seed=3, augmentation=augmentation, **options)


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
    found = remembered(StageRun(stage, CPU, "float32"), feed or small_feed(), Answers())
    return [network.name for network in found]


def known_answers(store=None, room=ROOM):
    answers = Answers(store)
    answers.give_room(room)
    return answers


def stand_in(teacher, feed, precision="float32", epoch=0, answers=None, outputs=OUTPUTS):
    made = RememberedNetwork(teacher, outputs, feed, answers or known_answers(), precision)
    fractions = list(made.fill(epoch))
    assert fractions == sorted(fractions)
    return made


def count_passes(teacher):
    """Count the images that ``teacher`` looks at from now on."""
    seen = []
    teacher.module.register_forward_pre_hook(lambda _module, inputs: seen.append(len(inputs[0])))
    return seen


NETWORKS = pytest.mark.parametrize("build", [
    lambda: perceptron("teacher", width=32),
    lambda: network_of("teacher", LeNet(channels=4, hidden=32).build(ImageShape(1, 8, 8), 10), LeNet()),
    lambda: network_of("teacher", ResNet(depth=8).build(ImageShape(1, 8, 8), 10), ResNet(depth=8)),
], ids=["perceptron", "lenet", "resnet"])  # fmt: skip
PRECISIONS = pytest.mark.parametrize("precision", ["float32", "bfloat16"])


@PRECISIONS
@NETWORKS
def test_answers_are_those_of_one_forward_pass_of_the_block_bit_for_bit(build, precision):
    teacher, feed = build().freeze(), small_feed()
    made = stand_in(teacher, feed, precision, epoch=5)
    autocast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16")
    expected = {}
    for block, view in enumerate(feed.views_in(5).tolist()):
        (batch,) = feed.in_blocks({block: view})
        with torch.no_grad(), autocast:
            values = teacher(batch, OUTPUTS)
        for row, index in enumerate(batch.index.tolist()):
            expected[index] = {output: values[output][row] for output in OUTPUTS}
    for batch in feed.shuffled(5):
        found = made(batch, OUTPUTS)
        for output in OUTPUTS:
            own = torch.stack([expected[index][output] for index in batch.index.tolist()])
            assert found[output].dtype == own.dtype
            assert torch.equal(found[output], own)


@PRECISIONS
@NETWORKS
def test_they_are_close_to_what_a_step_would_compute(build, precision):
    """Kernels are free to round a row otherwise in another place of the batch."""
    teacher, feed = build().freeze(), small_feed()
    made = stand_in(teacher, feed, precision, epoch=2)
    autocast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16")
    room = 2**-7 if precision == "bfloat16" else 1e-5
    for batch in feed.shuffled(2):
        with torch.no_grad(), autocast:
            computed = teacher(batch, OUTPUTS)
        for output, found in made(batch, OUTPUTS).items():
            one, other = found.float(), computed[output].float()
            torch.testing.assert_close(one, other, rtol=room, atol=room * float(other.abs().max()))


@PRECISIONS
@NETWORKS
def test_the_bits_are_the_same_cold_warm_from_a_store_and_evicted(monkeypatch, build, precision):
    teacher, feed, store = build().freeze(), small_feed(), MemoryStore()
    monkeypatch.setattr(module, "STORED_FROM", 0)
    cold = stand_in(teacher, feed, precision, epoch=4)
    warm_answers = known_answers(store)
    for epoch in range(4):
        stand_in(teacher, feed, precision, epoch, warm_answers)
    gone_on = RememberedNetwork(teacher, OUTPUTS, feed, known_answers(room=0), precision)
    for epoch in (9, 4):
        list(gone_on.fill(epoch))
    others = [
        stand_in(teacher, feed, precision, 4, warm_answers),
        stand_in(teacher, feed, precision, 4, known_answers(store)),
        stand_in(teacher, feed, precision, 4, known_answers(room=0)),
        gone_on,
    ]
    for batch in feed.shuffled(4):
        expected = cold(batch, OUTPUTS)
        for other in others:
            assert all(torch.equal(other(batch, OUTPUTS)[o], expected[o]) for o in OUTPUTS)


def test_nothing_is_asked_twice():
    feed, teacher = small_feed(Augmentation()), perceptron("teacher").freeze()
    answers, seen = known_answers(), count_passes(teacher)
    made = stand_in(teacher, feed, answers=answers)
    assert seen[-3:] == [128, 128, 44]
    seen.clear()
    assert list(made.fill(1)) == []
    assert seen == []
    again = RememberedNetwork(teacher, OUTPUTS, feed, answers)
    seen.clear()
    assert list(again.fill(0)) == []
    assert seen == []


def test_a_table_that_another_stage_has_filled_for_some_outputs_is_filled_for_the_others():
    feed, teacher, answers = small_feed(Augmentation()), perceptron("teacher").freeze(), known_answers()
    stand_in(teacher, feed, answers=answers, outputs=["logits"])
    both = stand_in(teacher, feed, answers=answers)
    alone = stand_in(teacher, feed)
    batch = next(feed.shuffled(0))
    for output in OUTPUTS:
        assert torch.equal(both(batch, OUTPUTS)[output], alone(batch, OUTPUTS)[output])


def test_what_was_computed_when_a_run_is_stopped_is_kept():
    feed, teacher, answers = small_feed(), perceptron("teacher").freeze(), known_answers()
    made = RememberedNetwork(teacher, OUTPUTS, feed, answers)
    filling = made.fill(0)
    next(filling)
    filling.close()
    assert list(RememberedNetwork(teacher, OUTPUTS, feed, answers).fill(0)) == [0.5, 1.0]


def test_what_was_computed_is_kept_piece_by_piece_and_so_outlives_a_kill(monkeypatch):
    monkeypatch.setattr(module, "STORED_FROM", 0)
    monkeypatch.setattr(module, "AT_ONCE", 2)
    feed, store = small_feed(count=700), MemoryStore()
    made = RememberedNetwork(perceptron("teacher"), ("logits",), feed, known_answers(store))
    assert [len(store.blocks) for _fraction in made.fill(0)] == [0, 2, 2, 4, 4, 6]


def test_only_what_takes_long_is_stored(monkeypatch):
    store, feed, teacher = MemoryStore(), small_feed(Augmentation()), perceptron("teacher").freeze()
    work = 300 * 2 * (64 * 3 + 3 * 10)
    monkeypatch.setattr(module, "STORED_FROM", work + 1)
    stand_in(teacher, feed, answers=known_answers(store))
    assert store.blocks == {}
    monkeypatch.setattr(module, "STORED_FROM", work)
    stand_in(teacher, feed, answers=known_answers(store))
    assert len(store.blocks) == 2 * 3
    abouts = {about["output"]: about for about in store.about.values()}
    assert abouts.keys() == set(OUTPUTS)
    assert abouts["logits"]["network"] == "teacher"
    assert abouts["logits"]["images"] == "300"


def test_answers_of_bfloat16_take_half_the_room():
    teacher, feed = perceptron("teacher").freeze(), small_feed()
    one, other = (stand_in(teacher, feed, precision) for precision in ("bfloat16", "float32"))
    assert one(next(feed.shuffled(0)), ["logits"])["logits"].dtype == torch.bfloat16
    assert (one.room, other.room) == (300 * 13 * 2, 300 * 13 * 4)


def test_filling_leaves_whoever_fills_in_its_own_precision():
    teacher = perceptron("teacher").freeze()
    made = RememberedNetwork(teacher, OUTPUTS, small_feed(), known_answers(), "bfloat16")
    for _fraction in made.fill(0):
        assert not torch.is_autocast_enabled("cpu")


def test_a_remembered_network_is_frozen():
    made = RememberedNetwork(perceptron("teacher").freeze(), OUTPUTS, small_feed(), known_answers())
    assert made.frozen
    assert not any(parameter.requires_grad for parameter in made.parameters())


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


def test_any_number_of_views_and_epochs_will_do_but_mixed_images_are_never_seen_again():
    assert names(stage_reading("teacher.logits", epochs=1)) == ["teacher"]
    assert names(stage_reading("teacher.logits"), small_feed(Augmentation(jitter=4, cutout=3))) == ["teacher"]
    assert names(stage_reading("teacher.logits"), small_feed(mixing=Mixing(kind="mixup"))) == []


@pytest.mark.parametrize(("epochs", "expected"), [(18, []), (19, ["teacher"])])
def test_streamed_images_are_decoded_for_it_only_where_that_saves_work(tmp_path, epochs, expected):
    """18 views an image."""
    from PIL import Image

    Image.new("L", (8, 8)).save(tmp_path / "black.png")
    data, count = digits(), 6
    files = ImageFiles([tmp_path / "black.png"] * count, 8, grey=True)
    part = LabelledImages(StreamedImages(files, torch.arange(count), (1, 8, 8)), data.train.labels[:count])
    feed = Feed(part, data, batch_size=3, augmentation=CROP_AND_FLIP)
    feed._pixels = lambda indices: (part.images[index] for index in indices)  # without worker processes
    assert names(stage_reading("teacher.logits", epochs=epochs), feed) == expected


def test_what_is_too_large_for_the_machine_is_not_kept(monkeypatch):
    needed = 300 * 10 * 4
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=8 * needed - 1))
    assert names(stage_reading("teacher.logits")) == []
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=8 * needed))
    assert names(stage_reading("teacher.logits")) == ["teacher"]
