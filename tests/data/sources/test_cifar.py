import os

import numpy as np
import pytest
import torch
from torchvision.datasets import CIFAR10, CIFAR100

from kdstudio.data.sources.cifar import Cifar10, Cifar100
from kdstudio.errors import KDStudioError
from tests.data.sources.publishing import md5, noise, packed, pickled, publish

KINDS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FINE = tuple(f"kind {number}" for number in range(100))


def silent(_what, _fraction):
    return None


def part(seed, labels, key):
    """A file of CIFAR: rows of red, then green, then blue pixels."""
    return pickled({"data": noise(seed, len(labels), 3072), key: labels, "batch_label": "some"})


def issue(monkeypatch, mirror, reader, folder, train, test, meta):
    """Publish one archive and let torchvision know of it."""
    files = train | test | meta
    url, sum_of_all = publish(mirror, reader.filename, packed({f"{folder}/{n}": c for n, c in files.items()}))
    monkeypatch.setattr(reader, "url", url)
    monkeypatch.setattr(reader, "tgz_md5", sum_of_all)
    monkeypatch.setattr(reader, "train_list", [[name, md5(content)] for name, content in train.items()])
    monkeypatch.setattr(reader, "test_list", [[name, md5(content)] for name, content in test.items()])
    ((_name, content),) = meta.items()
    monkeypatch.setattr(reader, "meta", reader.meta | {"md5": md5(content)})


@pytest.fixture
def cifar10(monkeypatch, mirror):
    """CIFAR-10 of five batches with two images each."""
    train = {f"data_batch_{n}": part(n, [n, 9 - n], "labels") for n in range(1, 6)}
    test = {"test_batch": part(6, [0, 9, 3], "labels")}
    meta = {"batches.meta": pickled({"label_names": list(KINDS), "num_vis": 3072})}
    issue(monkeypatch, mirror, CIFAR10, "cifar-10-batches-py", train, test, meta)


@pytest.fixture
def cifar100(monkeypatch, mirror):
    """CIFAR-100 of four images."""
    train, test = {"train": part(0, [99, 0, 5], "fine_labels")}, {"test": part(1, [7], "fine_labels")}
    meta = {"meta": pickled({"fine_label_names": list(FINE), "coarse_label_names": ["animals"] * 20})}
    issue(monkeypatch, mirror, CIFAR100, "cifar-100-python", train, test, meta)


@pytest.mark.usefixtures("cifar10")
def test_cifar10_is_fetched_unpacked_and_read(place, capfd):
    told = []
    data = Cifar10().load(lambda what, fraction: told.append((what, fraction)))
    expected = np.concatenate([noise(n, 2, 3072) for n in range(1, 6)]).reshape(10, 3, 32, 32)
    assert np.array_equal(data.train.images, expected)
    assert data.train.images.is_contiguous()
    assert data.train.labels.tolist() == [1, 8, 2, 7, 3, 6, 4, 5, 5, 4]
    assert np.array_equal(data.test.images, noise(6, 3, 3072).reshape(3, 3, 32, 32))
    assert data.test.labels.tolist() == [0, 9, 3]
    assert data.train.labels.dtype == data.test.labels.dtype == torch.int64
    assert data.class_names == KINDS
    assert data.mean == pytest.approx((expected / 255).mean((0, 2, 3)))
    assert told == [("reading CIFAR-10", 0.0), ("downloading cifar-10-python.tar.gz", 1.0)]
    assert (place / "cifar-10-batches-py" / "data_batch_1").is_file()
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("cifar100")
def test_cifar100_is_fetched_unpacked_and_read_with_its_fine_classes(place):
    data = Cifar100().load(silent)
    assert np.array_equal(data.train.images, noise(0, 3, 3072).reshape(3, 3, 32, 32))
    assert (data.train.labels.tolist(), data.test.labels.tolist()) == ([99, 0, 5], [7])
    assert data.class_names == FINE


@pytest.mark.usefixtures("cifar10")
def test_what_is_there_is_not_fetched_again(place, mirror):
    Cifar10().load(silent)
    (mirror / "cifar-10-python.tar.gz").unlink()
    (place / "cifar-10-python.tar.gz").unlink()
    told = []
    assert len(Cifar10().load(lambda what, _fraction: told.append(what)).train) == 10
    assert told == ["reading CIFAR-10"]


@pytest.mark.usefixtures("cifar10")
def test_an_archive_put_there_by_hand_is_unpacked(place, mirror):
    place.mkdir()
    (mirror / "cifar-10-python.tar.gz").rename(place / "cifar-10-python.tar.gz")
    assert len(Cifar10().load(silent).test) == 3


@pytest.mark.usefixtures("cifar10")
def test_a_changed_file_is_not_unpickled_but_unpacked_anew(place, tmp_path):
    Cifar10().load(silent)

    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    (place / "cifar-10-batches-py" / "data_batch_3").write_bytes(pickled(Bomb()))
    assert len(Cifar10().load(silent).train) == 10
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("kind", [Cifar10, Cifar100])
def test_without_network_the_missing_files_are_named_with_the_remedy(kind, place):
    with pytest.raises(KDStudioError) as caught:
        kind().load(silent)
    message = str(caught.value)
    assert message.startswith(f"{kind.title} is not complete in {place / kind.place}")
    assert f"put {kind.place.removesuffix('-batches-py').removesuffix('-python')}-python.tar.gz" in message
    assert f"into {place}, or set KDSTUDIO_DATA to the folder that holds {kind.place}" in message
    assert "\n" not in message
