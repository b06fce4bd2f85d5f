import os
import stat
from pathlib import Path

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs import files
from kdstudio.runs.files import check_place, make_folder, remove_unfinished, write_atomically, write_file


def test_content_is_written_as_bytes_or_text(tmp_path):
    write_atomically(tmp_path / "a", b"\0\xff")
    write_atomically(tmp_path / "b", "déjà\n")
    assert (tmp_path / "a").read_bytes() == b"\0\xff"
    assert (tmp_path / "b").read_bytes() == "déjà\n".encode()
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


def test_old_content_is_replaced(tmp_path):
    for content in ("a longer first content", "second"):
        write_atomically(tmp_path / "a", content)
    assert (tmp_path / "a").read_text() == "second"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("failing", ["replace", "fsync", "chmod"])
def test_a_failure_leaves_the_old_content_and_no_temporary_file(tmp_path, monkeypatch, failing):
    write_atomically(tmp_path / "a", "old")

    def fail(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, failing, fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_content_is_on_disk_under_another_name_before_it_takes_its_own(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(files.os, "fsync", lambda handle: (order.append("fsync"), fsync(handle)))
    monkeypatch.setattr(
        files.os, "replace", lambda old, new: (order.append(Path(old).read_text()), replace(old, new))
    )
    write_atomically(tmp_path / "a", "content")
    assert order == ["fsync", "content"]


class Killed(BaseException):
    pass


def test_what_a_killed_writer_has_left_is_removed_and_nothing_else(tmp_path, monkeypatch):
    (tmp_path / "within").mkdir()
    others = [tmp_path / ".lock", tmp_path / "file.unfinished", tmp_path / "within" / ".hidden"]
    for file in others:
        file.touch()

    def die(*_arguments, **_options):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "replace", die)
        patch.setattr(files.Path, "unlink", die)
        with pytest.raises(Killed):
            write_atomically(tmp_path / "within" / "file", "whole, but without its name")
    assert len([*(tmp_path / "within").iterdir()]) == 2
    remove_unfinished(tmp_path)
    assert sorted(file for file in tmp_path.rglob("*") if file.is_file()) == sorted(others)


def test_a_folder_is_made_with_those_above_it(tmp_path):
    assert make_folder(tmp_path / "a" / "b", "runs folder").is_dir()
    assert make_folder(tmp_path / "a" / "b", "runs folder") == tmp_path / "a" / "b"


def test_a_folder_that_cannot_be_made_is_named_with_its_purpose(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(KDStudioError, match=f"the runs folder {path} cannot be written .*choose another"):
            make_folder(path, "runs folder")


def test_a_folder_without_permission_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(files.os, "access", lambda _path, _mode: False)
    with pytest.raises(KDStudioError, match=r"cannot be written \(no permission\)"):
        make_folder(tmp_path, "runs folder")


def test_a_users_file_is_replaced_only_where_that_is_wished(tmp_path):
    path = tmp_path / "mine.csv"
    write_file(path, "old", replace=False)
    with pytest.raises(KDStudioError, match=r"mine\.csv' is there already; replace it \(--replace\)"):
        write_file(path, "new", replace=False)
    assert path.read_text() == "old"
    write_file(path, b"new", replace=True)
    assert path.read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_only_a_file_is_replaced(tmp_path):
    pipe, link, new = (tmp_path / name for name in ("pipe", "link", "new"))
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(KDStudioError, match="cannot be written: it is a pipe; choose another name"):
            write_file(path, "text", replace=True)
    assert pipe.is_fifo()
    assert link.is_symlink()
    check_place(new, replace=False)
    assert not new.exists()


def test_a_folder_whose_name_takes_two_lines_is_refused(tmp_path):
    with pytest.raises(KDStudioError, match="has a name that cannot be printed"):
        make_folder(tmp_path / "a\nb", "runs folder")


def test_a_users_file_that_cannot_be_written_is_named_and_leaves_nothing(tmp_path):
    with pytest.raises(KDStudioError, match=r"none/x\.csv' cannot be written: there is no folder '.*none'"):
        write_file(tmp_path / "none" / "x.csv", "text", replace=True)
    with pytest.raises(KDStudioError, match="cannot be written"):
        write_file(tmp_path, "text", replace=True)
    assert not list(tmp_path.iterdir())
