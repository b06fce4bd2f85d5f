"""Shares of a batch, as each of several processes counts them; what they send is in tests/engine."""

import pytest
import torch

from kdstudio.data.declaration import ImageData
from kdstudio.data.feed import Feed
from kdstudio.errors import KDStudioError
from kdstudio.processes import ALONE, Processes
from tests.small import digits


def of(count):
    return [Processes(rank, count, hosts=("here",) * count) for rank in range(count)]


@pytest.mark.parametrize("length", [2, 3, 7, 256])
@pytest.mark.parametrize("count", [2, 3, 8])
def test_shares_are_all_rows_once_and_in_order(count, length):
    shares = [processes.share(length) for processes in of(count)]
    rows = [row for share in shares for row in range(share.start, share.start + share.size)]
    assert rows == [*range(length)]
    assert all(share.sizes == shares[0].sizes for share in shares)
    assert max(shares[0].sizes) - min(shares[0].sizes) <= 1
    assert all(share.shown_size == len(range(length)[share.shown]) > 0 for share in shares)
    things = [str(number) for number in range(length)]
    assert [thing for own in shares[0].divided(things) for thing in own] == things


def test_a_process_alone_has_everything_and_asks_nobody():
    value = torch.rand(3, 2)
    assert ALONE.joined(value, [3]) is value
    assert ALONE.total(value) is value
    assert ALONE.agreed("this") == "this"
    assert ALONE.largest_number(3) == 3
    assert ALONE.on_this_machine == 1
    ALONE.add_up([value])
    ALONE.same([value])
    ALONE.leave("for good")


def feed(batch_size: int) -> Feed:
    data: ImageData = digits()
    return Feed(data.test, data, batch_size=batch_size)


def test_batches_in_shares_are_those_of_one_process():
    parts = [feed(100).shuffled(3, start=2, among=processes) for processes in of(3)]
    for whole, *shares in zip(feed(100).shuffled(3, start=2), *parts, strict=True):
        for batch in shares:
            assert torch.equal(batch.labels, whole.labels)
            assert torch.equal(batch.index, whole.index)
            assert torch.equal(batch.view, whole.view)
        images = torch.cat([batch.images[: batch.share.size] for batch in shares])
        assert torch.equal(images, whole.images)


def test_more_processes_than_images_in_a_batch_are_refused():
    feed(3).check_shares(of(3)[0])
    with pytest.raises(
        KDStudioError, match="4 processes cannot share a batch of 3 images; start no more than 3"
    ):
        feed(3).check_shares(of(4)[0])
