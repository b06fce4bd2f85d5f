import numpy as np
import pytest
import torch
from torchvision.datasets import SVHN as Torchvision  # noqa: N811

from kdstudio.data.sources.svhn import SVHN
from kdstudio.errors import KDStudioError
from tests.data.sources.publishing import matlab, noise, publish

TRAIN, TEST = np.array([3, 0, 9, 0, 1]), np.array([5, 0])


def silent(_what, _fraction):
    return None


@pytest.fixture
def published(monkeypatch, mirror):
    """Both MATLAB files, of a few images."""
    parts = {"train": (0, TRAIN), "test": (1, TEST)}
    known = {}
    for name, (seed, labels) in parts.items():
        content = matlab(noise(seed, len(labels), 3, 32, 32), labels)
        file = f"{name}_32x32.mat"
        url, sum_of_it = publish(mirror, file, content)
        known[name] = [url, file, sum_of_it]
    monkeypatch.setattr(Torchvision, "split_list", known)


@pytest.mark.usefixtures("published")
def test_house_numbers_are_fetched_and_read(place):
    told = []
    data = SVHN().load(lambda what, fraction: told.append((what, fraction)))
    for part, seed, labels in ((data.train, 0, TRAIN), (data.test, 1, TEST)):
        assert np.array_equal(part.images, noise(seed, len(labels), 3, 32, 32))
        assert part.labels.tolist() == labels.tolist()
        assert (part.images.dtype, part.labels.dtype) == (torch.uint8, torch.int64)
    assert data.class_names == tuple("0123456789")
    expected = noise(0, len(TRAIN), 3, 32, 32) / 255
    assert data.std == pytest.approx(expected.std((0, 2, 3)))
    assert ("downloading test_32x32.mat", 1.0) in told
    assert sorted(path.name for path in place.iterdir()) == ["test_32x32.mat", "train_32x32.mat"]


@pytest.mark.usefixtures("published")
def test_they_are_here_once_they_are_fetched(place):
    place.mkdir()
    assert not SVHN().is_here()
    SVHN().load(silent)
    assert SVHN().is_here()


@pytest.mark.usefixtures("published")
def test_a_damaged_file_is_fetched_anew(place):
    SVHN().load(silent)
    (place / "test_32x32.mat").write_bytes(b"half")
    assert SVHN().load(silent).test.labels.tolist() == TEST.tolist()


def test_without_network_the_missing_files_are_named_with_the_remedy(place):
    with pytest.raises(KDStudioError) as caught:
        SVHN().load(silent)
    message, files = str(caught.value), "train_32x32.mat, test_32x32.mat"
    assert message.startswith(f"SVHN is not complete in {place} and could not be downloaded")
    assert f"put {files} into {place}" in message
    assert f"set KDSTUDIO_DATA to the folder that holds {files}" in message
    assert "\n" not in message
