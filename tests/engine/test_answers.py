import numpy as np
import torch

from kdstudio.data.augmentation import Augmentation
from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.data.feed import Feed
from kdstudio.engine.answers import Answers, Table, bytes_of, key_of
from tests.small import CPU, perceptron

TABLE = Table("key", (3,), torch.float32, {"network": "teacher"}, is_stored=True)
BLOCK_BYTES = 2 * 3 * 4


class MemoryStore:
    """Keeps blocks in a dict."""

    def __init__(self):
        self.blocks, self.about, self.reads = {}, {}, []

    def read(self, key, places):
        self.reads.append(list(places))
        return {place: self.blocks[key, place] for place in places if (key, place) in self.blocks}

    def write(self, key, about, blocks):
        self.about[key] = dict(about)
        self.blocks |= {(key, place): block for place, block in blocks}

    def complaints(self):
        return ["something is wrong"]


def block(number):
    return torch.arange(6, dtype=torch.float32).view(2, 3) + number


def answers(room=10 * BLOCK_BYTES, store=None):
    made = Answers(store)
    made.give_room(room)
    return made


def test_what_is_kept_is_found_again_and_nothing_else():
    known = answers()
    rows = block(0)
    known.keep(TABLE, {(4, 0): rows, (5, 1): block(1)})
    rows.zero_()
    found = known.find(TABLE, [(4, 0), (5, 1), (4, 1)], CPU)
    assert found.keys() == {(4, 0), (5, 1)}
    assert torch.equal(found[4, 0], block(0))
    other = Table("another key", (3,), torch.float32, {})
    assert known.find(other, [(4, 0)], CPU) == {}


def test_what_was_used_longest_ago_makes_room():
    known = answers(room=2 * BLOCK_BYTES)
    known.keep(TABLE, {(0, 0): block(0), (0, 1): block(1)})
    known.find(TABLE, [(0, 0)], CPU)
    known.keep(TABLE, {(0, 2): block(2)})
    assert known.find(TABLE, [(0, 0), (0, 1), (0, 2)], CPU).keys() == {(0, 0), (0, 2)}
    known.give_room(BLOCK_BYTES)
    assert known.find(TABLE, [(0, 0), (0, 1), (0, 2)], CPU).keys() == {(0, 2)}
    known.give_room(0)
    assert known.find(TABLE, [(0, 2)], CPU) == {}


def test_the_store_has_what_the_memory_has_no_room_for_bit_for_bit():
    store = MemoryStore()
    answers(0, store).keep(TABLE, {(0, 0): block(0), (7, 1): block(1)})
    assert store.about == {"key": {"network": "teacher"}}
    assert store.blocks["key", (7, 1)] == block(1).numpy().astype("<f4").tobytes()
    later = answers(store=store)
    assert torch.equal(later.find(TABLE, [(7, 1)], CPU)[7, 1], block(1))
    store.reads.clear()
    later.find(TABLE, [(7, 1)], CPU)
    assert store.reads == []  # now it is in memory
    assert later.complaints() == ["something is wrong"]


def test_what_is_not_worth_it_is_not_stored():
    store, small = MemoryStore(), Table("key", (3,), torch.float32, {})
    known = answers(store=store)
    known.keep(small, {(0, 0): block(0)})
    known.find(small, [(1, 0)], CPU)
    assert (store.blocks, store.reads, answers().complaints()) == ({}, [], [])


def test_bytes_of_bfloat16_and_of_transposed_tensors():
    values = torch.tensor([[1.0, -2.0], [0.5, 3.0]])
    expected = np.array([[1.0, 0.5], [-2.0, 3.0]], dtype="<f4")
    assert bytes_of(values.T) == expected.tobytes()
    upper = (expected.view("<u4") >> 16).astype("<u2")  # these numbers need no rounding
    assert bytes_of(values.T.bfloat16()) == upper.tobytes()
    assert bytes_of(torch.tensor(3)) == (3).to_bytes(8, "little")
    table = Table("key", (2,), torch.bfloat16, {})
    assert torch.equal(table.tensor(bytes_of(values.bfloat16())), values.bfloat16())
    assert table.row_bytes == 4


def feed(seed=0, batch_size=5, jitter=1, pixel=0, std=0.2, views_per_image=0):
    images = torch.full((20, 1, 8, 8), pixel, dtype=torch.uint8)
    part = LabelledImages(images, torch.arange(20) % 10)
    data = ImageData(part, part, tuple("0123456789"), (0.5,), (std,))
    augmentation = Augmentation(jitter=jitter)
    options = {"batch_size": batch_size, "seed": seed, "views_per_image": views_per_image}
    return Feed(part, data, augmentation=augmentation, **options)


def test_the_key_depends_on_all_that_the_answers_depend_on_and_on_nothing_else(monkeypatch):
    module, probe = perceptron("teacher").module, torch.zeros(20, 10)
    key = key_of(module, feed(), "float32", probe)
    assert len(key) == 32
    same = [
        key_of(perceptron("called otherwise").module, feed(), "float32", probe.clone()),
        key_of(module, feed(seed=3, batch_size=7, views_per_image=2), "float32", probe),
    ]
    assert {key, *same} == {key}
    others = [
        key_of(perceptron("teacher", seed=1).module, feed(), "float32", probe),
        key_of(perceptron("teacher", width=4).module, feed(), "float32", probe),
        key_of(module, feed(pixel=1), "float32", probe),
        key_of(module, feed(jitter=2), "float32", probe),
        key_of(module, feed(std=0.3), "float32", probe),
        key_of(module, feed(), "bfloat16", probe),
        key_of(module, feed(), "float32", probe + 1),
        key_of(module, feed(), "float32", probe.bfloat16()),
    ]
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    others.append(key_of(module, feed(), "float32", probe))
    monkeypatch.undo()
    monkeypatch.setattr(torch, "__version__", "0.1")
    others.append(key_of(module, feed(), "float32", probe))
    monkeypatch.undo()
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "slow")
    others.append(key_of(module, feed(), "float32", probe))
    assert len({key, *others}) == 1 + len(others)
