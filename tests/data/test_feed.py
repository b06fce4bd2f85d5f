from itertools import pairwise

import numpy as np
import pytest
import torch

from kdstudio.data.augmentation import Augmentation
from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.data.feed import Feed

MEAN, STD = (0.2, 0.6), (0.5, 0.3)


def made(feed, index, view):
    """The batch of samples ``index`` in views ``view``."""
    return feed._batch(feed.part.images[index], index, view)


def part_of(count):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (count, 2, 5, 4), dtype=torch.uint8, generator=generator)
    return LabelledImages(images, torch.arange(count) % 3)


def feed_of(count=23, batch_size=5, seed=7, jitter=1, **options):
    part = part_of(count)
    data = ImageData(part, part, ("a", "b", "c"), MEAN, STD)
    augmentation = Augmentation(jitter=jitter)
    return Feed(part, data, batch_size=batch_size, seed=seed, augmentation=augmentation, **options)


def same(one, other):
    return all(
        torch.equal(getattr(one, key), getattr(other, key)) for key in ("images", "labels", "index", "view")
    )


def all_same(some, others):
    some, others = list(some), list(others)
    return len(some) == len(others) and all(map(same, some, others))


def test_images_are_normalised_channel_by_channel():
    feed = feed_of(jitter=0)
    batch = made(feed, torch.tensor([4, 2]), torch.tensor([0, 0]))
    pixels = feed.part.images[[4, 2]].numpy() / 255.0
    expected = (pixels - np.reshape(MEAN, (1, 2, 1, 1))) / np.reshape(STD, (1, 2, 1, 1))
    assert batch.images.numpy() == pytest.approx(expected, abs=1e-6)
    assert batch.labels.tolist() == [4 % 3, 2 % 3]
    assert (len(batch), len(feed)) == (2, 23)


def test_zeros_that_move_in_are_black_pixels():
    feed = feed_of()
    batch = made(feed, torch.tensor([0]), torch.tensor([0]))
    assert batch.images[0, 0, -1].numpy() == pytest.approx(-MEAN[0] / STD[0])


def test_an_epoch_shows_every_sample_once_with_its_own_label():
    for epoch in range(3):
        batches = list(feed_of().shuffled(epoch))
        index = torch.cat([batch.index for batch in batches])
        labels = torch.cat([batch.labels for batch in batches])
        assert sorted(index.tolist()) == list(range(23))
        assert torch.equal(labels, index % 3)
        assert [len(batch) for batch in batches] == [5, 5, 5, 5, 3]


def test_batches_are_a_function_of_seed_and_epoch():
    assert all_same(feed_of().shuffled(4), feed_of().shuffled(4))
    used = feed_of()
    list(used.shuffled(0))
    torch.rand(3)
    assert all_same(used.shuffled(4), feed_of().shuffled(4))


@pytest.mark.parametrize(
    "other", [lambda: feed_of(600).shuffled(5), lambda: feed_of(600, seed=8).shuffled(4)]
)
def test_another_epoch_or_seed_gives_another_order_and_other_views(other):
    one, another = list(feed_of(600).shuffled(4)), list(other())
    assert not torch.equal(*(torch.cat([b.index for b in batches]) for batches in (one, another)))
    views = [{int(i): int(v) for b in batches for i, v in zip(b.index, b.view, strict=True)}
             for batches in (one, another)]  # fmt: skip
    assert views[0] != views[1]


def test_a_samples_view_does_not_depend_on_the_batch_size():
    views = [
        {
            int(i): int(v)
            for b in feed_of(batch_size=size).shuffled(2)
            for i, v in zip(b.index, b.view, strict=True)
        }
        for size in (4, 9)
    ]
    assert views[0] == views[1]


def test_all_views_are_shown_over_the_epochs():
    """One block has missed some view after 80 epochs by a chance of less than 9·(8/9)^80 = 0.0007."""
    feed = feed_of()
    shown = {int(view) for epoch in range(80) for batch in feed.shuffled(epoch) for view in batch.view}
    assert shown == set(range(9))


def views_shown(feed, epoch):
    """The view of each sample in ``epoch``, by its index."""
    found = {int(i): int(v) for b in feed.shuffled(epoch) for i, v in zip(b.index, b.view, strict=True)}
    return [found[index] for index in range(len(feed))]


def test_images_of_a_block_share_their_view_in_an_epoch():
    feed = feed_of(300, batch_size=7, jitter=4)
    blocks = [batch.index.tolist() for batch in feed.in_blocks({0: 0, 1: 0, 2: 0})]
    assert [len(block) for block in blocks] == [128, 128, 44]
    assert sorted(index for block in blocks for index in block) == list(range(300))
    for epoch in range(5):
        views = views_shown(feed, epoch)
        drawn = [{views[index] for index in block} for block in blocks]
        assert [len(views) for views in drawn] == [1, 1, 1]
        assert [views.pop() for views in drawn] == feed.views_in(epoch).tolist()


def test_blocks_are_the_same_for_every_seed_and_mix_a_folder_sorted_by_class():
    one, other = (next(feed_of(1280, seed=seed).in_blocks({3: 0})) for seed in (1, 2))
    assert torch.equal(one.index, other.index)
    assert not torch.equal(one.index, one.index.sort().values)
    tenths = torch.bincount(one.index // 128, minlength=10)
    assert tenths.min() > 0


def test_views_are_drawn_evenly_block_by_block_and_epoch_by_epoch():
    """Chi squared of 9 equal chances, 8 degrees of freedom: above 26.1 with a chance of one in a thousand."""
    feed, epochs = feed_of(128 * 6), 300
    drawn = torch.stack([feed.views_in(epoch) for epoch in range(epochs)])
    assert not torch.equal(drawn[:, 0], drawn[:, 1])
    for counts in (torch.bincount(drawn[:, block], minlength=9) for block in range(6)):
        expected = epochs / 9
        assert float(((counts - expected) ** 2 / expected).sum()) < 26.1
    pairs = torch.bincount(drawn[:, 0] * 9 + drawn[:, 1], minlength=81)
    assert float(((pairs - epochs / 81) ** 2 / (epochs / 81)).sum()) < 124.8  # 80 degrees of freedom


def test_an_images_view_changes_over_the_epochs():
    """Of 200 epochs a ninth, about 22, show what the epoch before has shown."""
    feed = feed_of(20)
    views = [views_shown(feed, epoch)[0] for epoch in range(200)]
    assert 8 < sum(one == other for one, other in pairwise(views)) < 40


@pytest.mark.parametrize("start", range(6))
def test_starting_later_equals_skipping(start):
    assert all_same(feed_of().shuffled(1, start=start), list(feed_of().shuffled(1))[start:])


@pytest.mark.parametrize(
    ("count", "batch_size", "sizes"),
    [(21, 5, [5] * 4), (22, 5, [5] * 4 + [2]), (20, 5, [5] * 4), (3, 64, [3]), (1, 64, [1]), (4, 1, [1] * 4)],
)
def test_a_last_batch_of_one_sample_is_dropped(count, batch_size, sizes):
    feed = feed_of(count, batch_size)
    assert [len(batch) for batch in feed.shuffled(0)] == sizes
    assert feed.steps == len(sizes)


def test_in_order_shows_every_sample_once_ascending_and_plain():
    feed = feed_of(count=21)
    batches = list(feed.in_order())
    assert torch.cat([batch.index for batch in batches]).tolist() == list(range(21))
    unchanged = made(feed_of(count=21, jitter=0), torch.arange(21), torch.zeros(21, dtype=torch.long))
    assert torch.equal(torch.cat([batch.images for batch in batches]), unchanged.images)


def test_a_block_is_shown_in_the_view_that_is_asked_for():
    feed = feed_of(300)
    one, other = feed.in_blocks({2: 8, 0: 3})
    for batch, view, places in ((one, 8, range(256, 300)), (other, 3, range(128))):
        assert feed.places[batch.index].tolist() == list(places)
        assert same(batch, made(feed, batch.index, torch.full_like(batch.index, view)))
    assert feed.views == 9


def shown(feed, epochs):
    """Every image shown, by sample and view."""
    found = {}
    for epoch in range(epochs):
        for batch in feed.shuffled(epoch):
            for place in range(len(batch)):
                slot = (int(batch.index[place]), int(batch.view[place]))
                found.setdefault(slot, []).append(batch.images[place])
    return found


def test_blocks_keep_to_the_views_that_are_drawn_once():
    """Two of 81 views: drawn twice alike by one chance in 81."""
    feed, every = feed_of(200, jitter=4, views_per_image=2), feed_of(200, jitter=4)
    found = shown(feed, 20)
    assert (feed.views, every.views, len(found)) == (2, 81, 200 * 2)
    for (sample, view), images in found.items():
        assert all(torch.equal(image, images[0]) for image in images)
        alone = made(every, torch.tensor([sample]), torch.tensor([view]))
        assert torch.equal(images[0], alone.images[0])
    again = shown(feed_of(200, jitter=4, views_per_image=2), 20)
    assert found.keys() == again.keys()
    assert shown(feed_of(200, jitter=4, views_per_image=2, seed=8), 20).keys() != found.keys()


@pytest.mark.parametrize("wanted", [9, 10, 0])
def test_as_many_views_as_there_are_change_nothing(wanted):
    assert all_same(feed_of(views_per_image=wanted).shuffled(0), feed_of().shuffled(0))


def test_looking_shows_the_same_samples_in_the_views_of_any_epoch():
    feed = feed_of(count=300)
    plain, first, second = (feed.looked_at(100, 50, epoch) for epoch in (None, 0, 1))
    assert plain.index.tolist() == first.index.tolist() == second.index.tolist()
    assert len(set(plain.index.tolist())) == 50
    for batch, epoch in ((first, 0), (second, 1)):
        trained = {int(i): int(v) for b in feed.shuffled(epoch) for i, v in zip(b.index, b.view, strict=True)}
        assert [trained[index] for index in batch.index.tolist()] == batch.view.tolist()
    assert torch.equal(feed.pixels(plain.images), feed.part.images[plain.index])
    assert len(feed.looked_at(290, 50, 0)) == 10
