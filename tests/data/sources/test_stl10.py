import numpy as np
import pytest
import torch
from torchvision.datasets import STL10 as Torchvision  # noqa: N811

from kdstudio.data.sources.stl10 import STL10
from kdstudio.errors import KDStudioError
from tests.data.sources.publishing import md5, noise, packed, publish

KINDS = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")
TRAIN, TEST = [9, 0, 4], [7, 0]


def silent(_what, _fraction):
    return None


def stored(images):
    """Column by column, as MATLAB writes."""
    return np.ascontiguousarray(images.transpose(0, 1, 3, 2)).tobytes()


@pytest.fixture
def published(monkeypatch, mirror):
    """One archive of a few images, also unlabelled ones."""
    files = {
        "train_X.bin": stored(noise(0, 3, 3, 96, 96)),
        "train_y.bin": bytes(label + 1 for label in TRAIN),
        "unlabeled_X.bin": stored(noise(2, 1, 3, 96, 96)),
        "test_X.bin": stored(noise(1, 2, 3, 96, 96)),
        "test_y.bin": bytes(label + 1 for label in TEST),
        "class_names.txt": "\n".join(KINDS).encode(),
        "fold_indices.txt": b"0 1\n",
    }
    content = packed({f"stl10_binary/{name}": content for name, content in files.items()})
    url, sum_of_all = publish(mirror, Torchvision.filename, content)
    monkeypatch.setattr(Torchvision, "url", url)
    monkeypatch.setattr(Torchvision, "tgz_md5", sum_of_all)
    for known in ("train_list", "test_list"):
        names = [name for name, _md5 in getattr(Torchvision, known)]
        monkeypatch.setattr(Torchvision, known, [[name, md5(files[name])] for name in names])


@pytest.mark.usefixtures("published")
def test_photographs_are_fetched_unpacked_and_read_upright(place, capfd):
    data = STL10().load(silent)
    assert np.array_equal(data.train.images, noise(0, 3, 3, 96, 96))
    assert np.array_equal(data.test.images, noise(1, 2, 3, 96, 96))
    assert (data.train.labels.tolist(), data.test.labels.tolist()) == (TRAIN, TEST)
    assert (data.train.images.dtype, data.train.labels.dtype) == (torch.uint8, torch.int64)
    assert data.class_names == KINDS
    assert data.mean == pytest.approx((noise(0, 3, 3, 96, 96) / 255).mean((0, 2, 3)))
    assert (place / "stl10_binary" / "train_X.bin").is_file()
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("published")
def test_a_folder_without_the_names_of_the_classes_is_named_with_the_remedy(place):
    STL10().load(silent)
    (place / "stl10_binary" / "class_names.txt").unlink()
    with pytest.raises(
        KDStudioError, match=r"STL-10 files in .*stl10_binary cannot be read .*delete them and"
    ):
        STL10().load(silent)


def test_without_network_the_missing_archive_is_named_with_the_remedy(place):
    with pytest.raises(KDStudioError) as caught:
        STL10().load(silent)
    message = str(caught.value)
    assert message.startswith(f"STL-10 is not complete in {place / 'stl10_binary'} and could not be")
    assert f"put stl10_binary.tar.gz into {place}, or set KDSTUDIO_DATA" in message
    assert "\n" not in message
