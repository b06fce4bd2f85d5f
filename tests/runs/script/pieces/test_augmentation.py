"""Changes of whole batches, against the same by hand."""

import numpy as np
import torch

from kdstudio.runs.script.pieces.augmentation import cutmix, flipped, mixup, shifted, with_hole

IMAGES = torch.arange(1, 1 + 200 * 2 * 5 * 6).reshape(200, 2, 5, 6)


def crops(image, by, mode):
    padded = np.pad(image.numpy(), ((0, 0), (by, by), (by, by)), mode=mode)
    height, width = image.shape[1:]
    return [padded[:, r : r + height, c : c + width] for r in range(2 * by + 1) for c in range(2 * by + 1)]


def test_a_shift_is_one_of_the_crops_of_the_padded_image_and_all_of_them_occur():
    torch.manual_seed(0)
    for fill, mode in (("zeros", "constant"), ("reflect", "reflect")):
        which = set()
        for image, moved in zip(IMAGES, shifted(IMAGES, by=1, fill=fill).numpy(), strict=True):
            (found,) = [n for n, crop in enumerate(crops(image, 1, mode)) if np.array_equal(crop, moved)]
            which.add(found)
        assert which == set(range(9))


def test_half_of_the_images_are_mirrored():
    torch.manual_seed(0)
    made = flipped(IMAGES)
    mirrored = [torch.equal(one, image.flip(2)) for one, image in zip(made, IMAGES, strict=True)]
    assert 70 < sum(mirrored) < 130
    assert all(m or torch.equal(one, image) for m, one, image in zip(mirrored, made, IMAGES, strict=True))


def test_a_hole_is_a_square_in_all_channels_or_the_part_of_it_inside():
    torch.manual_seed(0)
    hidden = with_hole(IMAGES, 2) == 0
    assert torch.equal(hidden[:, 0], hidden[:, 1])
    assert set(hidden[:, 0].flatten(1).sum(1).tolist()) == {1, 2, 4}


def test_mixup_blends_images_and_labels_alike():
    torch.manual_seed(0)
    images, labels = torch.eye(6)[:, None, None], torch.arange(6)
    mixed, shares = mixup(images, labels, classes=6, beta=1.0)
    assert torch.allclose(mixed[:, 0, 0], shares)
    assert torch.allclose(shares.sum(1), torch.ones(6))
    assert 0 < shares.diag()[0] < 1


def test_cutmix_pastes_a_box_and_counts_its_pixels():
    torch.manual_seed(1)
    images = torch.arange(6.0)[:, None, None, None].expand(-1, 1, 8, 8)
    mixed, shares = cutmix(images, torch.arange(6), classes=6, beta=1.0)
    counted = torch.stack([(mixed == c).flatten(1).float().mean(1) for c in range(6)], 1)
    assert torch.allclose(counted, shares)
    assert (counted > 0).sum(1).max() == 2
