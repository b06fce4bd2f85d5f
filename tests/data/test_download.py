import gzip
import hashlib

import pytest

from kdstudio.data import download
from kdstudio.data.download import fetch_gzip

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def published(tmp_path):
    """URL and md5 of a published file."""
    packed = gzip.compress(CONTENT)
    path = tmp_path / "published.gz"
    path.write_bytes(packed)
    return path.as_uri(), hashlib.md5(packed).hexdigest()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "new" / "folder" / "file"


def test_a_published_file_is_fetched_and_unpacked(published, target):
    fetch_gzip(*published[:1], target, published[1], lambda _what, _fraction: None)
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["file"]


def test_progress_is_told_by_the_byte(published, target, monkeypatch):
    monkeypatch.setattr(download, "CHUNK", 100)
    told = []
    fetch_gzip(published[0], target, published[1], lambda what, fraction: told.append((what, fraction)))
    size = len(gzip.compress(CONTENT))
    assert {what for what, _fraction in told} == {"downloading file"}
    expected = [min(done, size) / size for done in range(100, size + 100, 100)]
    assert [fraction for _what, fraction in told] == pytest.approx(expected)


def test_a_file_that_is_not_the_published_one_leaves_nothing(published, target):
    with pytest.raises(OSError, match="not the published file"):
        fetch_gzip(published[0], target, "0" * 32, lambda _what, _fraction: None)
    assert list(target.parent.iterdir()) == []


def test_a_failed_download_leaves_the_old_file(published, target):
    target.parent.mkdir(parents=True)
    target.write_bytes(b"old")
    with pytest.raises(OSError, match="not the published file"):
        fetch_gzip(published[0], target, "0" * 32, lambda _what, _fraction: None)
    with pytest.raises(OSError, match="No such file"):
        fetch_gzip(published[0] + ".missing", target, published[1], lambda _what, _fraction: None)
    assert target.read_bytes() == b"old"
    assert [path.name for path in target.parent.iterdir()] == ["file"]
