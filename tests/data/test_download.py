import hashlib

import pytest

from kdstudio.data import download
from kdstudio.data.download import fetch

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def published(tmp_path):
    """URL and md5 of a published file."""
    path = tmp_path / "published"
    path.write_bytes(CONTENT)
    return path.as_uri(), hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "new" / "folder" / "file"


def test_a_published_file_is_fetched(published, target):
    fetch(published[:1], target, published[1], lambda _what, _fraction: None)
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["file"]


def test_progress_is_told_by_the_byte(published, target, monkeypatch):
    monkeypatch.setattr(download, "CHUNK", 100)
    told = []
    fetch([published[0]], target, published[1], lambda what, fraction: told.append((what, fraction)))
    size = len(CONTENT)
    assert {what for what, _fraction in told} == {"downloading file"}
    expected = [min(done, size) / size for done in range(100, size + 100, 100)]
    assert [fraction for _what, fraction in told] == pytest.approx(expected)


def test_a_file_that_is_not_the_published_one_leaves_nothing(published, target):
    with pytest.raises(OSError, match="not the published file"):
        fetch([published[0]], target, "0" * 32, lambda _what, _fraction: None)
    assert list(target.parent.iterdir()) == []


def test_a_failed_download_leaves_the_old_file(published, target):
    target.parent.mkdir(parents=True)
    target.write_bytes(b"old")
    with pytest.raises(OSError, match="not the published file"):
        fetch([published[0]], target, "0" * 32, lambda _what, _fraction: None)
    with pytest.raises(OSError, match="No such file"):
        fetch([published[0] + ".missing"], target, published[1], lambda _what, _fraction: None)
    assert target.read_bytes() == b"old"
    assert [path.name for path in target.parent.iterdir()] == ["file"]


def test_what_is_there_already_is_not_fetched_again(published, target):
    target.parent.mkdir(parents=True)
    target.write_bytes(CONTENT)
    fetch(["file:///nowhere"], target, published[1], lambda _what, _fraction: None)
    assert target.read_bytes() == CONTENT


def test_the_next_address_is_tried_when_one_fails(published, target):
    fetch(["file:///nowhere", published[0]], target, published[1], lambda _what, _fraction: None)
    assert target.read_bytes() == CONTENT
