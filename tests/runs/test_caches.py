import os

import pytest
import torch

from kdstudio.data.cache import save_cached
from kdstudio.errors import KDStudioError
from kdstudio.runs.answer_store import SqliteAnswers
from kdstudio.runs.caches import answers_folder, answers_limit, cached, clear

ABOUT = {"network": "teacher", "architecture": "resnet-14", "output": "logits", "data": "mnist"}


@pytest.fixture
def three(tmp_path):
    """A damaged table, images, a table: the order in which they were used."""
    SqliteAnswers(answers_folder(), 10**6).write("aa" * 16, ABOUT, [((0, 0), b"x" * 9000)])
    save_cached("ac" * 16, {"images": torch.zeros(3)})
    (answers_folder() / f"{'bb' * 16}.sqlite").write_bytes(b"garbage" * 100)
    decoded = tmp_path / "cache" / "decoded"
    tables = [answers_folder() / f"{name * 16}.sqlite" for name in ("aa", "bb")]
    files = [tables[0], decoded / f"{'ac' * 16}.safetensors", tables[1]]
    for seconds, file in enumerate(files):
        os.utime(file, (1000 - seconds, 1000 - seconds))
    return files


def test_nothing_is_kept_at_first():
    assert cached() == []
    assert clear() == []


def test_everything_is_found_the_latest_used_first(three):
    found = cached()
    assert [each.file for each in found] == three
    assert [each.kind for each in found] == ["answers", "decoded images", "answers"]
    assert [each.size for each in found] == [file.stat().st_size for file in three]
    assert [each.what for each in found] == [
        "logits of teacher (resnet-14)", "images of a folder", "damaged, of no use"
    ]  # fmt: skip
    assert found[0].about["data"] == "mnist"
    assert found[0].used.timestamp() == 1000


def test_all_can_be_cleared(three):
    assert [each.file for each in clear()] == three
    assert cached() == []


def test_those_named_are_cleared_by_the_beginning_of_their_name(three):
    assert [each.file for each in clear(["bb", "aaa"])] == [three[2], three[0]]
    assert [each.file for each in cached()] == [three[1]]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("c", "nothing has a name that begins with 'c'"),
        ("a", "several things have a name that begins with 'a'"),
    ],
)
def test_a_name_must_be_that_of_one_thing(three, name, words):
    with pytest.raises(KDStudioError, match=words) as caught:
        clear([name])
    assert "aaaaaaaa, acacacac, bbbbbbbb" in str(caught.value)
    assert len(cached()) == 3


def test_a_file_that_cannot_be_deleted_is_named(three, monkeypatch):
    def refuse(_file, missing_ok):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    with pytest.raises(KDStudioError, match=f"{'aa' * 16}.sqlite cannot be deleted: Permission denied"):
        clear()


@pytest.mark.parametrize(("wanted", "limit"), [("", 4 * 2**30), ("0.5", 2**29), ("0", 0), ("2", 2**31)])
def test_the_limit_is_told_in_gib(monkeypatch, wanted, limit):
    monkeypatch.setenv("KDSTUDIO_CACHE_GIB", wanted)
    assert answers_limit() == limit


@pytest.mark.parametrize("wanted", ["much", "-1", "inf", "nan"])
def test_a_limit_that_is_no_size_is_refused(monkeypatch, wanted):
    monkeypatch.setenv("KDSTUDIO_CACHE_GIB", wanted)
    with pytest.raises(KDStudioError, match=f"KDSTUDIO_CACHE_GIB is '{wanted}'; give the GiB"):
        answers_limit()
