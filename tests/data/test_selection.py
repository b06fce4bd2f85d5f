import numpy as np
import pytest
import torch

from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.data.selection import (
    class_numbers,
    of_classes,
    only_classes,
    stratified_share,
    subset,
    with_label_noise,
)
from kdstudio.data.streaming import StreamedImages
from kdstudio.errors import KDStudioError

NAMES = ("cat", "dog", "big dog", "7")
COUNTS = (100, 51, 13, 1)


def labels_of(counts=COUNTS, seed=0):
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    return labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))]


def part_of(labels):
    """Images that tell their number by their one pixel."""
    return LabelledImages(torch.arange(len(labels), dtype=torch.uint8).view(-1, 1, 1, 1), labels)


def data_of(labels, test_labels):
    return ImageData(part_of(labels), part_of(test_labels), NAMES, (0.1,), (0.2,), ("a note",))


class Decoded:
    """Image number n is one pixel of the value n."""

    def __call__(self, index):
        return torch.full((1, 1, 1), index, dtype=torch.uint8)


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [((), []), ((2, 0), [2, 0]), (("dog", 3, "cat"), [1, 3, 0]), (("7",), [3]), (("big dog",), [2])],
)
def test_classes_are_given_by_number_or_name(wanted, numbers):
    assert class_numbers(wanted, NAMES) == numbers


@pytest.mark.parametrize("wanted", ["bird", 4, -1, "Cat", "0", ""])
def test_an_unknown_class_is_named_with_those_that_exist(wanted):
    with pytest.raises(KDStudioError) as caught:
        class_numbers(("dog", wanted), NAMES)
    assert str(caught.value) == f"no class {wanted!r}; there are cat, dog, big dog, 7"


@pytest.mark.parametrize("wanted", [("dog", "dog"), (1, "dog"), ("dog", 0, 1)])
def test_a_class_given_twice_is_named(wanted):
    with pytest.raises(KDStudioError, match=rf"class {wanted[-1]!r} is given twice; name each class once"):
        class_numbers(wanted, NAMES)


def test_only_some_classes_are_numbered_anew_in_the_order_given_in_both_parts():
    data = data_of(labels_of(), labels_of((3, 4, 5, 6), seed=1))
    chosen = only_classes(data, ("7", "cat", 1))
    assert chosen.class_names == ("7", "cat", "dog")
    assert (chosen.mean, chosen.std, chosen.notes) == ((0.1,), (0.2,), ("a note",))
    for before, after in ((data.train, chosen.train), (data.test, chosen.test)):
        expected = [
            (number, {3: 0, 0: 1, 1: 2}[label])
            for number, label in enumerate(before.labels.tolist())
            if label in {3, 0, 1}
        ]
        found = zip(after.images.flatten().tolist(), after.labels.tolist(), strict=True)
        assert list(found) == expected
        assert after.labels.dtype == torch.int64


def test_the_data_from_which_classes_are_taken_stays_as_it_is():
    data = data_of(labels_of(), labels_of())
    only_classes(data, (2, 1))
    assert torch.equal(data.train.labels, labels_of())
    assert len(data.train.images) == sum(COUNTS)


def test_one_class_alone_is_refused_with_the_remedy():
    with pytest.raises(KDStudioError, match=r"only class 'dog' .* name at least two in data.classes"):
        only_classes(data_of(labels_of(), labels_of()), ("dog",))


def test_streamed_images_are_taken_without_being_decoded():
    labels = labels_of((4, 3, 2, 1))
    refuse = StreamedImages(lambda _index: pytest.fail("decoded"), torch.arange(10), (1, 1, 1))
    chosen = subset(LabelledImages(refuse, labels), torch.tensor([9, 2, 5]))
    assert chosen.images.shape == (3, 1, 1, 1)
    assert torch.equal(chosen.labels, labels[[9, 2, 5]])
    twice = subset(subset(LabelledImages(StreamedImages(Decoded(), torch.arange(10), (1, 1, 1)), labels),
                        torch.tensor([9, 2, 5])), torch.tensor([2, 0]))  # fmt: skip
    assert twice.images[torch.tensor([1, 0])].flatten().tolist() == [9, 5]
    assert torch.equal(twice.labels, labels[[5, 9]])


@pytest.mark.parametrize("numbers", [[], [1], [3, 0], [0, 1, 2, 3]])
def test_samples_of_some_classes_or_of_all_others_are_found(numbers):
    labels = labels_of()
    for keep in (True, False):
        expected = [i for i, label in enumerate(labels.tolist()) if (label in numbers) == keep]
        assert of_classes(labels, numbers, keep=keep).tolist() == expected


@pytest.mark.parametrize("share", [0.01, 0.1, 0.33, 0.7, 1.0])
def test_every_class_gives_its_share_but_at_least_one(share):
    labels = labels_of()
    index = stratified_share(labels, share, 0, "some purpose")
    given = np.bincount(labels[index], minlength=4).tolist()
    assert given == [max(1, int(np.rint(share * count))) for count in COUNTS]
    assert index.tolist() == sorted(set(index.tolist()))


def test_the_share_is_a_function_of_seed_and_purpose():
    labels = labels_of()
    before = torch.get_rng_state()
    one, same, seed, purpose = (
        stratified_share(labels, 0.3, *drawn).tolist() for drawn in ((1, "a"), (1, "a"), (2, "a"), (1, "b"))
    )
    assert one == same
    assert one not in (seed, purpose)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_larger_share_contains_the_smaller_one():
    labels = labels_of()
    smaller, larger = (set(stratified_share(labels, share, 0, "a").tolist()) for share in (0.2, 0.6))
    assert smaller < larger


@pytest.mark.parametrize("share", [0.04, 0.25, 0.6, 1.0])
def test_exactly_the_share_of_every_class_gets_a_wrong_label(share):
    labels = labels_of((100, 50, 25, 200))
    noisy = with_label_noise(labels, share, 4, seed=0)
    wrong = np.bincount(labels[noisy != labels], minlength=4)
    assert wrong.tolist() == [round(share * count) for count in (100, 50, 25, 200)]
    assert set(noisy.tolist()) <= {0, 1, 2, 3}
    assert torch.equal(labels, labels_of((100, 50, 25, 200)))


def test_wrong_labels_are_drawn_evenly_from_all_other_classes():
    labels = labels_of((3000, 3000, 3000, 3000))
    noisy = with_label_noise(labels, 1.0, 4, seed=0)
    became = np.histogram2d(labels, noisy, bins=4)[0]
    assert np.diag(became).tolist() == [0] * 4
    others = became[~np.eye(4, dtype=bool)]
    assert np.abs(others - 1000).max() < 5 * np.sqrt(3000 * 1 / 3 * 2 / 3)


def test_label_noise_is_a_function_of_the_seed():
    one, same, other = (with_label_noise(labels_of(), 0.3, 4, seed) for seed in (5, 5, 6))
    assert torch.equal(one, same)
    assert not torch.equal(one != labels_of(), other != labels_of())


def test_without_noise_the_labels_stay():
    assert torch.equal(with_label_noise(labels_of(), 0.0, 4, seed=0), labels_of())
