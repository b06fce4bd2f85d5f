import os
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError

from kdstudio.data import cache
from kdstudio.data.cache import cache_file, content_key, load_cached, save_cached

TENSORS = {"images": torch.arange(6, dtype=torch.uint8).view(2, 3), "readable": torch.tensor([True, False])}


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A data folder of the test's own."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("KDSTUDIO_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("KDSTUDIO_CACHE")
    return tmp_path / "data"


@pytest.fixture
def files(tmp_path):
    """Two files below a folder."""
    for name in ("a", "b"):
        (tmp_path / "root" / name).mkdir(parents=True)
        (tmp_path / "root" / name / "x.png").write_text(f"content of {name}")
    return [tmp_path / "root" / name / "x.png" for name in ("a", "b")]


def test_what_is_saved_is_found_again():
    assert load_cached("key") is None
    save_cached("key", TENSORS)
    found = load_cached("key")
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in TENSORS.items())


def test_it_lies_in_the_data_folder_and_nothing_half_written_beside_it(place):
    save_cached("key", TENSORS)
    assert cache_file("key") == place / "cache" / "key.safetensors"
    assert [path.name for path in (place / "cache").iterdir()] == ["key.safetensors"]


def test_it_lies_in_the_cache_folder_that_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("KDSTUDIO_CACHE", str(tmp_path / "named"))
    save_cached("key", TENSORS)
    assert cache_file("key") == tmp_path / "named" / "decoded" / "key.safetensors"
    assert load_cached("key") is not None


def test_without_a_data_folder_it_lies_in_the_users_cache(place, monkeypatch):
    monkeypatch.setenv("KDSTUDIO_DATA", str(place / "none"))
    assert "kdstudio" in cache_file("key").parts
    assert not cache_file("key").is_relative_to(place)


def test_where_the_data_folder_cannot_be_written_it_lies_in_the_users_cache(place, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: not (Path(path) == place and mode == os.W_OK))
    assert not cache_file("key").is_relative_to(place)


@pytest.mark.parametrize("damage", [b"", b"{", b"\0" * 100])
def test_a_damaged_cache_counts_as_none(damage):
    save_cached("key", TENSORS)
    cache_file("key").write_bytes(damage)
    assert load_cached("key") is None
    save_cached("key", TENSORS)
    assert load_cached("key") is not None


def test_a_cache_cut_short_counts_as_none():
    save_cached("key", TENSORS)
    cache_file("key").write_bytes(cache_file("key").read_bytes()[:-1])
    assert load_cached("key") is None


def test_a_place_that_cannot_be_written_does_no_harm(place):
    (place / "cache").write_text("a file where the folder should be")
    save_cached("key", TENSORS)
    assert load_cached("key") is None


@pytest.mark.parametrize("error", [OSError("disk full"), SafetensorError("I/O error: no space left")])
def test_a_full_disk_does_no_harm_and_leaves_nothing(place, monkeypatch, error):
    def fail(_tensors, path):
        Path(path).write_bytes(b"half")
        raise error

    monkeypatch.setattr("safetensors.torch.save_file", fail)
    save_cached("key", TENSORS)
    assert list((place / "cache").iterdir()) == []


def test_the_key_depends_on_every_byte_place_order_and_option(files):
    root, keys = files[0].parent.parent, []
    keys.append(content_key(files, root, 32, "rgb"))
    keys.append(content_key(files, root, 32, "grey"))
    keys.append(content_key(files, root, 33, "rgb"))
    keys.append(content_key(files[::-1], root, 32, "rgb"))
    keys.append(content_key(files[:1], root, 32, "rgb"))
    files[1].write_text("content of c")
    keys.append(content_key(files, root, 32, "rgb"))
    files[1].write_text("content of b")
    moved = files[1].rename(files[1].with_name("y.png"))
    keys.append(content_key([files[0], moved], root, 32, "rgb"))
    assert len(set(keys)) == len(keys)


def test_the_key_of_the_same_files_stays_wherever_they_are(files, tmp_path, monkeypatch):
    root = files[0].parent.parent
    before = content_key(files, root, 32)
    elsewhere = root.rename(tmp_path / "elsewhere")
    assert content_key([elsewhere / file.relative_to(root) for file in files], elsewhere, 32) == before
    monkeypatch.setattr(cache, "FORMAT", "decoded-0")
    assert content_key([elsewhere / file.relative_to(root) for file in files], elsewhere, 32) != before


def test_files_that_cannot_be_read_do_not_stop_it(files):
    files[1].unlink()
    assert content_key(files, files[0].parent.parent) != content_key(files[:1], files[0].parent.parent)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")
def test_file_names_that_are_no_text_have_a_key(tmp_path):
    names = [tmp_path / os.fsdecode(name) for name in (b"\xff.png", b"\xfe.png")]
    for name in names:
        name.write_bytes(b"same")
    assert content_key(names[:1], tmp_path) != content_key(names[1:], tmp_path)
