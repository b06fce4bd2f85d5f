import os
import shutil
import sqlite3
import zlib
from contextlib import closing

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.answer_store import SqliteAnswers, read_about

KEY, OTHER = "a" * 32, "b" * 32
ABOUT = {"network": "teacher", "output": "logits"}
BLOCKS = {(0, 0): b"first", (3, 1): b"second"}
LIMIT = 10**6


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "answers"


def filled(folder, key=KEY, blocks=BLOCKS, limit=LIMIT):
    store = SqliteAnswers(folder, limit)
    store.write(key, ABOUT, blocks.items())
    assert store.complaints() == []
    return folder / f"{key}.sqlite"


def test_another_run_finds_what_was_written(folder):
    filled(folder)
    store = SqliteAnswers(folder, LIMIT)
    assert store.read(KEY, [(0, 0), (1, 0), (3, 1)]) == BLOCKS
    assert store.read(OTHER, [(0, 0)]) == {}
    assert store.complaints() == []


def test_the_file_is_plain_sqlite_with_checksums(folder):
    with closing(sqlite3.connect(filled(folder))) as table:
        about = dict(table.execute("SELECT name, value FROM about"))
        rows = table.execute("SELECT view, block, bytes FROM blocks ORDER BY view").fetchall()
    assert {"key": KEY, **ABOUT}.items() <= about.items()
    assert rows == [
        (*place, zlib.crc32(content).to_bytes(4, "big") + content) for place, content in BLOCKS.items()
    ]


def test_a_file_tells_people_what_it_holds(folder):
    about = read_about(filled(folder))
    assert (about["network"], about["blocks"], about["key"]) == ("teacher", "2", KEY)
    with pytest.raises(KDStudioError, match="no table of answers"):
        read_about(folder / "none.sqlite")


def test_what_a_killed_process_has_left_half_written_is_undone_by_whoever_reads(folder, tmp_path):
    file, left = filled(folder), tmp_path / "left"
    with closing(sqlite3.connect(file, isolation_level=None)) as table:
        table.execute("PRAGMA cache_size = 1")  # pages are written before the end of the transaction
        table.execute("BEGIN IMMEDIATE")
        table.executemany("INSERT INTO blocks VALUES (7, ?, ?)", ((n, bytes(9000)) for n in range(50)))
        shutil.copytree(folder, left)
    assert (left / f"{KEY}.sqlite-journal").stat().st_size
    other = shutil.copytree(left, tmp_path / "other")
    store = SqliteAnswers(left, LIMIT)
    assert store.read(KEY, [*BLOCKS, (7, 0)]) == BLOCKS
    assert store.complaints() == []
    assert read_about(other / f"{KEY}.sqlite")["blocks"] == "2"


def test_what_is_written_again_stays_as_it_was(folder):
    filled(folder)
    filled(folder, blocks={(0, 0): b"other", (9, 9): b"new"})
    store = SqliteAnswers(folder, LIMIT)
    assert store.read(KEY, [(0, 0), (9, 9)]) == {(0, 0): b"first", (9, 9): b"new"}


def test_two_at_once_write_one_table(folder):
    """The other one is in the middle of its transaction, and has done when this one has waited."""
    one, other = SqliteAnswers(folder, LIMIT), SqliteAnswers(folder, LIMIT)

    def blocks():
        assert one.read(KEY, [(0, 0)]) == {}  # nothing is there before the end of the transaction
        yield (0, 0), b"first"

    other.write(KEY, ABOUT, blocks())
    assert one.read(KEY, [(0, 0)]) == {(0, 0): b"first"}
    one.write(KEY, ABOUT, [((0, 0), b"first"), ((1, 0), b"more")])
    assert other.read(KEY, [(1, 0)]) == {(1, 0): b"more"}
    assert one.complaints() == other.complaints() == []


def cut_short(file):
    file.write_bytes(file.read_bytes()[:-4096])


def garbage(file):
    file.write_bytes(b"garbage" * 1000)


def of_another(file):
    os.replace(filled(file.parent, OTHER), file)


def one_bit(file):
    content = file.read_bytes()
    assert content.count(b"first") == 1
    file.write_bytes(content.replace(b"first", b"fjrst"))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut_short, "malformed"),
        (garbage, "not a database"),
        (of_another, "another network"),
        (one_bit, "damaged"),
    ],
)
def test_a_damaged_table_is_complained_of_once_and_left_alone(folder, damage, reason):
    file = filled(folder, blocks=BLOCKS | {(9, 9): b"long" * 2000})
    damage(file)
    before = file.read_bytes()
    store = SqliteAnswers(folder, LIMIT)
    assert store.read(KEY, [*BLOCKS, (9, 9)]) == {}
    assert store.read(KEY, list(BLOCKS)) == {}
    store.write(KEY, ABOUT, BLOCKS.items())
    (told,) = store.complaints()
    assert str(file) in told
    assert reason in told
    assert f"kdstudio cache clear {KEY[:8]}" in told
    assert store.complaints() == []
    assert file.read_bytes() == before
    store.write("c" * 32, ABOUT, BLOCKS.items())
    assert store.read("c" * 32, list(BLOCKS)) == BLOCKS


def test_a_full_disk_is_complained_of_once_and_nothing_half_written_stays(folder, monkeypatch):
    filled(folder)
    opened = sqlite3.connect

    def small(*arguments, **options):
        table = opened(*arguments, **options)
        table.execute("PRAGMA max_page_count = 4")
        return table

    monkeypatch.setattr(sqlite3, "connect", small)
    store = SqliteAnswers(folder, LIMIT)
    store.write(KEY, ABOUT, [((5, 5), b"x"), ((6, 6), b"y" * 100_000)])
    store.write(OTHER, ABOUT, BLOCKS.items())
    (told,) = store.complaints()
    assert "full" in told
    assert store.read(KEY, [*BLOCKS, (5, 5)]) == BLOCKS
    assert not (folder / f"{OTHER}.sqlite").exists()


def test_a_folder_that_cannot_be_made_is_complained_of_once(tmp_path):
    (tmp_path / "answers").write_text("a file where the folder should be")
    store = SqliteAnswers(tmp_path / "answers", LIMIT)
    assert store.read(KEY, [(0, 0)]) == {}
    for key in (KEY, OTHER):
        store.write(key, ABOUT, BLOCKS.items())
    (told,) = store.complaints()
    assert str(tmp_path / "answers") in told
    assert "KDSTUDIO_CACHE" in told


def test_a_folder_that_can_only_be_read_is_read(folder, monkeypatch):
    filled(folder)

    def refuse(_file):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "utime", refuse)
    store = SqliteAnswers(folder, LIMIT)
    assert store.read(KEY, list(BLOCKS)) == BLOCKS
    assert store.complaints() == []


def aged(file, seconds):
    os.utime(file, (file.stat().st_mtime - seconds,) * 2)


def test_the_table_used_longest_ago_makes_room(folder):
    content = {(0, 0): b"x" * 50_000}
    keys = [letter * 32 for letter in "cdef"]
    files = [filled(folder, key, content) for key in keys]
    for file, seconds in zip(files, (40, 30, 20, 10), strict=True):
        aged(file, seconds)
    size = files[0].stat().st_size
    store = SqliteAnswers(folder, 4 * size + 60_000)
    assert store.read(keys[0], [(0, 0)]) == content  # used, and so the latest
    aged(files[0], 100)  # also where the clock is wrong
    store.write(KEY, ABOUT, [((0, 0), b"y" * 50_000), ((1, 0), b"z" * 50_000)])
    assert [file.exists() for file in files] == [True, False, True, True]
    assert store.read(KEY, [(1, 0)]) == {(1, 0): b"z" * 50_000}


def test_what_does_not_fit_is_not_written_and_no_error(folder):
    store = SqliteAnswers(folder, 100_000)
    store.write(KEY, ABOUT, [((number, 0), b"x" * 35_000) for number in range(5)])
    kept = store.read(KEY, [(number, 0) for number in range(5)])
    assert list(kept) == [(0, 0), (1, 0)]
    store.write(OTHER, ABOUT, [((0, 0), b"x" * 90_000)])
    assert store.read(OTHER, [(0, 0)]) == {}
    assert store.read(KEY, [(1, 0)]) == {(1, 0): b"x" * 35_000}
    assert store.complaints() == []
