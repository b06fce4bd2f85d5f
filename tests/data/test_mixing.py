import numpy as np
import pytest
import torch

from kdstudio.data.augmentation import Augmentation, Mixing
from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.data.feed import Feed
from kdstudio.data.mixing import mix
from kdstudio.engine.events import EpochDone
from kdstudio.engine.losses.response import cross_entropy
from tests.small import small_experiment, train

COUNT, HEIGHT, WIDTH = 6, 7, 5
MIXINGS = [Mixing(kind="mixup"), Mixing(kind="cutmix")]


def batch():
    """Images whose pixels are all different, each of a class of its own."""
    numbers = torch.arange(COUNT * 2 * HEIGHT * WIDTH, dtype=torch.float32)
    return numbers.view(COUNT, 2, HEIGHT, WIDTH) / 100, torch.tensor([3, 0, 5, 1, 4, 2])


def mixed(mixing, seed=0, epoch=0, step=0):
    return mix(*batch(), COUNT, mixing, seed, epoch, step)


def pairs(shares, labels):
    """For each sample: its partner's number and its own share λ, both read from the labels alone."""
    of_class = {int(label): number for number, label in enumerate(labels)}
    for number, row in enumerate(shares.tolist()):
        others = [k for k, share in enumerate(row) if share and k != int(labels[number])]
        assert len(others) <= 1
        yield of_class[others[0]] if others else number, row[int(labels[number])]


@pytest.mark.parametrize("step", range(8))
def test_mixup_blends_images_in_the_proportion_of_their_labels(step):
    images, labels = batch()
    found, shares = mixed(Mixing(kind="mixup"), step=step)
    for number, (partner, share) in enumerate(pairs(shares, labels)):
        expected = share * images[number].numpy() + (1 - share) * images[partner].numpy()
        assert found[number].numpy() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("step", range(20))
def test_cutmix_takes_a_box_from_another_image_and_labels_tell_its_area(step):
    images, labels = batch()
    found, shares = mixed(Mixing(kind="cutmix"), step=step)
    boxes = set()
    for number, (partner, share) in enumerate(pairs(shares, labels)):
        own, others = found[number] == images[number], found[number] == images[partner]
        assert bool((own | others).all())
        if partner == number:
            continue
        assert not bool((own & others).any())
        assert bool((others == others[0]).all()), "the channels are cut alike"
        rows, columns = np.nonzero(others[0].numpy())
        if len(rows):
            box = (int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1)
            assert len(rows) == (box[1] - box[0]) * (box[3] - box[2]), "it is a box without holes"
            boxes.add(box)
        assert 1 - share == pytest.approx(len(rows) / (HEIGHT * WIDTH), abs=1e-6)
    assert len(boxes) <= 1, "one box for the batch"


def test_cutmix_cuts_boxes_of_many_sizes_at_many_places():
    images, _labels = batch()
    masks = {
        tuple((mixed(MIXINGS[1], step=step)[0] != images).any(0).any(0).flatten().tolist())
        for step in range(40)
    }
    assert len(masks) > 15
    assert len({sum(mask) for mask in masks}) > 8


@pytest.mark.parametrize("mixing", MIXINGS, ids=lambda mixing: mixing.kind)
def test_labels_are_shares_that_sum_to_one_and_whole_ones_stay_whole(mixing):
    for step in range(10):
        images, shares = mixed(mixing, step=step)
        assert images.dtype == shares.dtype == torch.float32
        assert shares.shape == (COUNT, COUNT)
        assert shares.sum(1).numpy() == pytest.approx(np.ones(COUNT), abs=1e-6)
        assert 0 <= float(shares.min()) <= float(shares.max()) <= 1 + 1e-6


@pytest.mark.parametrize("mixing", MIXINGS, ids=lambda mixing: mixing.kind)
def test_mixing_is_a_function_of_seed_epoch_and_step(mixing):
    before, original = torch.get_rng_state(), batch()[0]
    one = mixed(mixing, 3, 2, 1)
    np.random.default_rng().random()
    torch.manual_seed(9)
    same = mixed(mixing, 3, 2, 1)
    torch.set_rng_state(before)
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    for other in ((4, 2, 1), (3, 3, 1), (3, 2, 2)):
        assert not torch.equal(one[1], mixed(mixing, *other)[1])
    assert torch.equal(original, batch()[0])


def test_every_step_epoch_and_seed_has_its_own_pairs_and_proportion():
    drawn = [
        list(pairs(mixed(MIXINGS[0], *at)[1], batch()[1]))
        for at in ((3, 2, 1), (4, 2, 1), (3, 3, 1), (3, 2, 2))
    ]
    partners = {tuple(partner for partner, _share in found) for found in drawn}
    assert len(partners) == len({min(share for _partner, share in found) for found in drawn}) == 4


def test_the_proportion_follows_the_beta_distribution():
    shares = []
    for step in range(300):
        _images, labels = batch()
        found = pairs(mixed(Mixing(kind="mixup", beta=0.4), step=step)[1], labels)
        shares.append(next(share for number, (partner, share) in enumerate(found) if partner != number))
    drawn = np.random.default_rng(0).beta(0.4, 0.4, 100_000)
    assert np.mean(shares) == pytest.approx(0.5, abs=0.06)
    assert np.quantile(shares, [0.2, 0.8]) == pytest.approx(np.quantile(drawn, [0.2, 0.8]), abs=0.1)


def test_a_feed_mixes_the_batches_that_it_shuffles_and_no_others():
    images, labels = batch()
    part = LabelledImages((images * 100 % 256).to(torch.uint8), labels)
    data = ImageData(part, part, tuple("abcdef"), (0.5, 0.5), (0.2, 0.2))
    plain, mixing = (
        Feed(part, data, batch_size=4, augmentation=Augmentation(jitter=1), mixing=kind)
        for kind in (Mixing(), MIXINGS[0])
    )
    assert (plain.is_mixed, mixing.is_mixed) == (False, True)
    for step, (one, other) in enumerate(zip(plain.shuffled(5), mixing.shuffled(5), strict=True)):
        expected = mix(one.images, one.labels, 6, MIXINGS[0], 0, 5, step)
        assert torch.equal(other.images, expected[0])
        assert torch.equal(other.labels, expected[1])
        assert torch.equal(one.index, other.index)
        assert torch.equal(one.view, other.view)
    later = list(mixing.shuffled(5, start=1))
    assert torch.equal(later[0].labels, list(mixing.shuffled(5))[1].labels)
    assert next(iter(mixing.in_order())).labels.shape == (4,)


def test_cross_entropy_of_shares_is_the_mean_of_both_labels_losses():
    logits = torch.randn(COUNT, COUNT, generator=torch.Generator().manual_seed(0))
    _images, labels = batch()
    _mixed, shares = mixed(MIXINGS[0])
    logs = np.log(np.exp(logits.numpy()) / np.exp(logits.numpy()).sum(1, keepdims=True))
    by_pair = [
        -share * logs[number, labels[number]] - (1 - share) * logs[number, labels[partner]]
        for number, (partner, share) in enumerate(pairs(shares, labels))
    ]
    assert float(cross_entropy(logits, shares)) == pytest.approx(np.mean(by_pair), abs=1e-5)


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
@pytest.mark.parametrize("strategy", ["supervised", "hinton"])
def test_a_stage_with_mixed_labels_trains(kind, strategy):
    learning = ("epochs=8", "batch_size=64", f"mixing.kind={kind}")
    settings = [f"networks.student.training.{setting}" for setting in learning]
    settings += ["networks.student.model.widths=[32]", "networks.student.model.dropout=0"]
    events, _states = train(small_experiment(*settings, strategy=strategy))
    epochs = [event for event in events if isinstance(event, EpochDone) and "student" in event.validation]
    assert len(epochs) == 8
    assert epochs[-1].validation["student"].accuracy > 0.5
    assert all(np.isfinite(loss) for epoch in epochs for loss in epoch.losses.values())
