"""Parts of a data set, as the run's own feeds have them."""

import torch

from kdstudio.data.feed import Feed
from kdstudio.runs.script.pieces.images import (
    Data,
    Part,
    of_classes,
    only,
    shuffled,
    with_fraction,
    without_classes,
)
from tests.small import digits, small_context, small_experiment

PART = Part(torch.arange(8)[:, None, None, None], torch.tensor([0, 1, 2, 0, 1, 2, 3, 3]))
DATA = Data(PART, PART, PART, (0.5,), (0.25,))


def test_some_classes_alone_keep_their_numbers_or_count_from_0():
    assert only(PART, [2, 0]).labels.tolist() == [0, 2, 0, 2]
    renumbered = only(PART, [2, 0], renumber=True)
    assert renumbered.labels.tolist() == [1, 0, 1, 0]
    assert renumbered.images.flatten().tolist() == [0, 2, 3, 5]
    whole = of_classes(DATA, [3, 1], renumber=True)
    assert [p.labels.tolist() for p in (whole.train, whole.validation, whole.test)] == [[1, 1, 0, 0]] * 3


def test_classes_that_are_left_out_are_tested_all_the_same():
    left = without_classes(DATA, [1, 3])
    assert left.train.labels.unique().tolist() == left.validation.labels.unique().tolist() == [0, 2]
    assert left.test.labels.unique().tolist() == [0, 1, 2, 3]


def test_a_networks_fraction_is_that_of_a_run():
    context = small_context(small_experiment("networks.student.training.fraction=0.2", "data.seed=3"))
    whole, few = (context.data.training_feed(context.recipe(role)).part for role in ("teacher", "student"))
    train = Part(whole.images, whole.labels)
    chosen = with_fraction(Data(train, train, train, (0.5,), (0.5,)), 0.2, 3)
    assert torch.equal(chosen.train.images, few.images)
    assert chosen.test is train


def test_pixels_and_order_are_those_of_a_run():
    own = digits()
    feed = Feed(own.train, own, batch_size=100, seed=3)
    part = Part(own.train.images, own.train.labels)
    batches = [*shuffled(part, 100, 3, 5)]
    data = Data(part, part, part, own.mean, own.std)
    assert len(batches) == feed.steps
    for index, batch in zip(batches, feed.shuffled(5), strict=True):
        assert torch.equal(index, batch.index)
        assert torch.allclose(data.normalised(part.images[index]), batch.images, atol=1e-6)


def test_a_last_batch_of_one_image_is_left_out():
    assert [len(index) for index in shuffled(PART, 7, 0, 0)] == [7]
