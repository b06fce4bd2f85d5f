import os
import signal

import numpy as np
import pytest
import torch
from PIL import Image

from kdstudio.data.augmentation import Augmentation
from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.data.decoding import ImageFiles
from kdstudio.data.feed import Feed
from kdstudio.data.streaming import Batches, StreamedImages

COUNT, SIZE = 22, 6
NAMES = ("a", "b", "c")


def made(feed, index, view):
    """The batch of samples ``index`` in views ``view``."""
    return feed._batch(feed.part.images[index], index, view)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Small images of noise."""
    folder, noise = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    for number in range(COUNT):
        pixels = noise.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    return sorted(folder.iterdir())


def feeds(files):
    """The same images resident and streamed, each in a feed of its own; some subset, not in order."""
    decode, labels = ImageFiles(files, SIZE, grey=False), torch.arange(COUNT) % 3
    chosen = torch.arange(COUNT - 1, 0, -1)
    resident = torch.stack([decode(number) for number in range(COUNT)])[chosen]
    streamed = StreamedImages(decode, torch.arange(COUNT), (3, SIZE, SIZE)).subset(chosen)
    augmentation = Augmentation(jitter=2, flip=True, fill="reflect")
    for images in (resident, streamed):
        part = LabelledImages(images, labels[chosen])
        data = ImageData(part, part, NAMES, (0.2, 0.4, 0.5), (0.3, 0.2, 0.1))
        yield Feed(part, data, batch_size=5, seed=3, augmentation=augmentation)


def assert_same(some, others):
    some, others = list(some), list(others)
    assert len(some) == len(others)
    for one, other in zip(some, others, strict=True):
        for key in ("images", "labels", "index", "view"):
            assert torch.equal(getattr(one, key), getattr(other, key)), key


@pytest.mark.slow
def test_what_decodes_goes_on_at_ctrl_c(files):
    """Every process of a terminal gets the signal; the run needs its images to take the step to its end."""
    resident, streamed = feeds(files)
    batches = streamed.shuffled(0)
    first = [next(batches)]
    workers = streamed.part.images._loader._iterator._workers
    first += [next(batches) for _ in workers[1:]]  # all have begun
    for process in workers:
        os.kill(process.pid, signal.SIGINT)
    assert_same(resident.shuffled(0), [*first, *batches])
    assert_same(resident.shuffled(1), streamed.shuffled(1))


@pytest.mark.slow
def test_a_streamed_feed_gives_the_same_batches_as_a_resident_one(files):
    resident, streamed = feeds(files)
    for epoch in range(2):
        assert_same(resident.shuffled(epoch), streamed.shuffled(epoch))
    assert_same(resident.shuffled(1, start=2), streamed.shuffled(1, start=2))
    assert_same(resident.in_order(), streamed.in_order())
    assert_same(resident.in_blocks({0: 7}), streamed.in_blocks({0: 7}))
    left = streamed.shuffled(2)
    next(left)
    left.close()  # a stopped run leaves decoded batches behind
    assert_same(resident.shuffled(3), streamed.shuffled(3))


def test_a_few_images_are_decoded_at_once_without_workers(files):
    resident, streamed = feeds(files)
    index, view = torch.tensor([4, 0, 20]), torch.tensor([0, 3, 49])
    assert_same([made(resident, index, view)], [made(streamed, index, view)])
    assert len(streamed) == len(streamed.part.images) == COUNT - 1
    assert streamed.part.images.shape == resident.part.images.shape


def test_the_same_files_are_told_from_others_and_from_another_order(files):
    decode, all_of_them = ImageFiles(files, SIZE, grey=False), torch.arange(COUNT)
    images = StreamedImages(decode, all_of_them, (3, SIZE, SIZE))
    assert images.identity() == StreamedImages(decode, all_of_them.clone(), (3, SIZE, SIZE)).identity()
    others = [
        images.subset(all_of_them[1:]),
        images.subset(all_of_them.flip(0)),
        StreamedImages(ImageFiles(files, SIZE, grey=True), all_of_them, (1, SIZE, SIZE)),
        StreamedImages(ImageFiles(files[::-1], SIZE, grey=False), all_of_them, (3, SIZE, SIZE)),
    ]
    assert len({images.identity(), *(other.identity() for other in others)}) == 5


def test_the_batches_to_come_are_counted():
    batches = Batches()
    assert (len(batches), list(batches)) == (0, [])
    batches.batches = [[3, 1], [2]]
    assert (len(batches), list(batches)) == (2, [[3, 1], [2]])
