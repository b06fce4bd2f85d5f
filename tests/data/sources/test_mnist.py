import numpy as np
import pytest
import torch
from torchvision import datasets
from torchvision.datasets import MNIST as Torchvision  # noqa: N811

from kdstudio.data.sources.mnist import EMNIST, KMNIST, MNIST, FashionMNIST
from kdstudio.errors import KDStudioError
from tests.data.sources.publishing import idx as idx_file
from tests.data.sources.publishing import noise, publish, zipped


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


CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
           "Ankle boot")  # fmt: skip
SYLLABLES = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")


@pytest.mark.parametrize(
    ("kind", "reader", "names"),
    [
        (MNIST, Torchvision, tuple("0123456789")),
        (FashionMNIST, datasets.FashionMNIST, CLOTHES),
        (KMNIST, datasets.KMNIST, SYLLABLES),
    ],
)
def test_four_idx_files_are_fetched_unpacked_and_read(kind, reader, names, place, mirror, monkeypatch, capfd):
    files = [noise(0, 5, 28, 28), np.uint8([0, 9, 3, 3, 1]), noise(1, 2, 28, 28), np.uint8([4, 0])]
    resources = []
    for (file, _md5), values in zip(reader.resources, files, strict=True):
        resources.append((file, publish(mirror, file, idx_file(values))[1]))
    monkeypatch.setattr(reader, "mirrors", [mirror.as_uri() + "/"])
    monkeypatch.setattr(reader, "resources", resources)
    data = kind().load(silent)
    for part, images, labels in ((data.train, *files[:2]), (data.test, *files[2:])):
        assert np.array_equal(part.images, images[:, None])
        assert part.labels.tolist() == labels.tolist()
        assert (part.images.dtype, part.labels.dtype) == (torch.uint8, torch.int64)
    assert data.class_names == names
    assert (place / kind.place / "t10k-labels-idx1-ubyte").is_file()
    assert capfd.readouterr() == ("", "")


SPLITS = {
    "balanced": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt",
    "bymerge": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt",
    "byclass": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "letters": "abcdefghijklmnopqrstuvwxyz",
    "digits": "0123456789",
    "mnist": "0123456789",
}


@pytest.fixture
def emnist(mirror, monkeypatch):
    """All six splits in one archive, images transposed; the letters are counted from 1."""
    files = {}
    for seed, (split, names) in enumerate(SPLITS.items()):
        first = 1 if split == "letters" else 0
        for part, labels in (("train", [len(names) - 1, 0, 2]), ("test", [0, len(names) - 1])):
            images = noise(seed, len(labels), 28, 28).transpose(0, 2, 1)
            stem = f"gzip/emnist-{split}-{part}"
            files[f"{stem}-images-idx3-ubyte.gz"] = idx_file(np.ascontiguousarray(images))
            files[f"{stem}-labels-idx1-ubyte.gz"] = idx_file(np.uint8(labels) + np.uint8(first))
    url, md5 = publish(mirror, "gzip.zip", zipped(files))
    monkeypatch.setattr(datasets.EMNIST, "url", url)
    monkeypatch.setattr(datasets.EMNIST, "md5", md5)


@pytest.mark.usefixtures("emnist")
@pytest.mark.parametrize("split", SPLITS)
def test_every_split_of_emnist_is_read_upright_and_counted_from_zero(split, place, capfd):
    data, seed, names = EMNIST(split=split).load(silent), list(SPLITS).index(split), SPLITS[split]
    assert np.array_equal(data.train.images, noise(seed, 3, 28, 28)[:, None])
    assert np.array_equal(data.test.images, noise(seed, 2, 28, 28)[:, None])
    assert data.train.images.is_contiguous()
    assert data.train.labels.tolist() == [len(names) - 1, 0, 2]
    assert data.test.labels.tolist() == [0, len(names) - 1]
    assert (data.train.images.dtype, data.train.labels.dtype) == (torch.uint8, torch.int64)
    assert data.class_names == tuple(names)
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("emnist")
def test_another_split_is_read_from_what_the_first_has_unpacked(place, mirror):
    EMNIST(split="letters").load(silent)
    (mirror / "gzip.zip").unlink()
    (place / "EMNIST" / "raw" / "gzip.zip").unlink()
    assert EMNIST(split="digits").load(silent).class_names == tuple("0123456789")


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        (FashionMNIST, "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz"),
        (KMNIST, "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz"),
        (EMNIST, "gzip.zip"),
    ],
)
def test_without_network_the_missing_files_are_named_with_the_remedy(kind, files, place):
    with pytest.raises(KDStudioError) as caught:
        kind().load(silent)
    message = str(caught.value)
    assert message.startswith(f"{kind.title} is not complete in {place / kind.place} and could not be")
    assert f"put {files}" in message
    assert f"into {place / kind.place}, or set KDSTUDIO_DATA to the folder that holds {kind.place}" in message
    assert "\n" not in message


def test_an_empty_folder_left_by_a_failed_download_is_not_the_data(tmp_path, monkeypatch):
    monkeypatch.setenv("KDSTUDIO_DATA", str(tmp_path))
    assert not MNIST().is_here()
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    assert not MNIST().is_here()
    (tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte").touch()
    assert MNIST().is_here()
