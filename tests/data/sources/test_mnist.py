import numpy as np
import pytest
import torch
from torchvision.datasets import MNIST as Torchvision  # noqa: N811

from kdstudio.data.sources.mnist import MNIST
from kdstudio.errors import KDStudioError


def silent(_what, _fraction):
    return None


def idx(path):
    """An IDX file as numpy reads it: magic number, sizes, bytes."""
    raw = path.read_bytes()
    dimensions = raw[3]
    shape = np.frombuffer(raw, ">u4", dimensions, offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


@pytest.fixture
def offline(monkeypatch):
    """No test goes online: the mirrors are not there."""
    monkeypatch.setattr(Torchvision, "mirrors", ["file:///nowhere/"])


@pytest.mark.usefixtures("offline")
def test_mnist_equals_the_raw_files(mnist_folder, monkeypatch):
    monkeypatch.setenv("KDSTUDIO_DATA", str(mnist_folder))
    data, raw = MNIST().load(silent), mnist_folder / "MNIST" / "raw"
    for part, name, count in ((data.train, "train", 60000), (data.test, "t10k", 10000)):
        assert part.images.shape == (count, 1, 28, 28)
        assert part.labels.dtype == torch.int64
        assert np.array_equal(part.images[:, 0].numpy(), idx(raw / f"{name}-images-idx3-ubyte"))
        assert np.array_equal(part.labels.numpy(), idx(raw / f"{name}-labels-idx1-ubyte"))
    pixels = data.train.images.numpy() / 255
    assert (pixels.mean(), pixels.std()) == pytest.approx((data.mean[0], data.std[0]), abs=1e-3)


@pytest.mark.usefixtures("offline")
def test_a_folder_without_mnist_is_named_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setenv("KDSTUDIO_DATA", str(tmp_path))
    with pytest.raises(KDStudioError, match="KDSTUDIO_DATA") as caught:
        MNIST().load(silent)
    message = str(caught.value)
    assert str(tmp_path / "MNIST" / "raw") in message
    assert "train-images-idx3-ubyte" in message
    assert "\n" not in message


@pytest.mark.usefixtures("offline")
def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(KDStudioError, match="KDSTUDIO_DATA"):
        MNIST(folder=str(tmp_path / "file" / "below")).load(silent)


@pytest.mark.usefixtures("offline")
def test_damaged_files_are_named_with_the_remedy(tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for packed, _md5 in Torchvision.resources:
        (raw / packed.removesuffix(".gz")).write_bytes(b"\0\0\x08\x03 half")
    with pytest.raises(KDStudioError, match=r"cannot be read .*delete them and copy or download them again"):
        MNIST(folder=str(tmp_path)).load(silent)


def test_missing_files_are_fetched_from_the_next_mirror_when_one_fails(tmp_path, monkeypatch):
    import gzip
    import hashlib

    mirror = tmp_path / "mirror"
    mirror.mkdir()
    resources = []
    for packed, _md5 in Torchvision.resources:
        images = "images" in packed
        header = [0, 0, 8, 3 if images else 1, 0, 0, 0, 2, *([0, 0, 0, 28] * 2 if images else [])]
        content = gzip.compress(bytes(header) + bytes([7] * (2 * 784 if images else 2)))
        (mirror / packed).write_bytes(content)
        resources.append((packed, hashlib.md5(content).hexdigest()))
    monkeypatch.setattr(Torchvision, "mirrors", ["file:///nowhere/", mirror.as_uri() + "/"])
    monkeypatch.setattr(Torchvision, "resources", resources)
    told = []
    data = MNIST(folder=str(tmp_path / "data")).load(lambda what, fraction: told.append((what, fraction)))
    assert data.train.images.shape == (2, 1, 28, 28)
    assert data.test.labels.tolist() == [7, 7]
    assert ("downloading train-images-idx3-ubyte.gz", 1.0) in told
