import numpy as np
import torch
from sklearn.datasets import load_digits

from kdstudio.data.sources.digits import Digits
from tests.small import digits


def test_shapes_types_and_classes_are_as_declared():
    data = digits()
    assert data.train.images.shape == (1347, 1, 8, 8)
    assert data.test.images.shape == (450, 1, 8, 8)
    assert data.train.images.dtype == data.test.images.dtype == torch.uint8
    assert data.train.labels.dtype == data.test.labels.dtype == torch.int64
    assert data.class_names == tuple("0123456789")


def test_mean_and_deviation_are_those_of_the_training_part():
    data = digits()
    pixels = data.train.images.numpy() / 255
    assert abs(pixels.mean() - data.mean[0]) < 1e-3
    assert abs(pixels.std() - data.std[0]) < 1e-3


def test_both_parts_together_are_scikit_learns_digits():
    pixels, labels = load_digits(return_X_y=True)
    expected = [
        (bytes(np.rint(p * 255 / 16).astype(np.uint8)), int(y)) for p, y in zip(pixels, labels, strict=True)
    ]
    data = digits()
    found = [
        (bytes(image.flatten().numpy()), int(label))
        for part in (data.train, data.test)
        for image, label in zip(part.images, part.labels, strict=True)
    ]
    assert sorted(found) == sorted(expected)


def test_the_test_set_has_a_quarter_of_every_class():
    data = digits()
    train, test = (np.bincount(part.labels) for part in (data.train, data.test))
    assert np.abs(test - (train + test) * 450 / 1797).max() < 1


def test_loading_says_what_it_does_and_never_changes():
    told = []
    again = Digits().load(lambda what, fraction: told.append((what, fraction)))
    assert told == [("reading digits", 0.0)]
    assert torch.equal(again.test.images, digits().test.images)
