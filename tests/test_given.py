"""Paths that people name: what is there is told without opening it."""

import os
import re
import sys
from pathlib import Path

import pytest

import kdstudio
from kdstudio.given import (
    MISSING,
    given_path,
    printable,
    reason,
    why_no_file,
    why_no_folder,
    without_passwords,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes and links of Unix")


@pytest.fixture
def there(tmp_path, monkeypatch):
    """A file, a folder, a pipe, and links to these, to nothing, and to themselves."""
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("folder").mkdir()
    os.mkfifo("pipe")
    for link, target in {
        "to-file": "file",
        "to-folder": "folder",
        "to-pipe": "pipe",
        "lost": "none",
        "loop": "loop",
    }.items():
        Path(link).symlink_to(target)


@pytest.mark.parametrize(
    ("path", "no_file", "no_folder"),
    [
        ("file", "", "it is a file"),
        ("to-file", "", "it is a file"),
        ("folder", "it is a folder", ""),
        ("to-folder", "it is a folder", ""),
        ("pipe", "it is a pipe", "it is a pipe"),
        ("to-pipe", "it is a pipe", "it is a pipe"),
        ("none", MISSING, ""),
        ("lost", MISSING, "a link there leads nowhere"),
        ("loop", "Too many levels of symbolic links", "Too many levels of symbolic links"),
        ("file/x", "Not a directory", "Not a directory"),
        ("x" * 300, "File name too long", "File name too long"),
        ("nul\0", "embedded null byte", "embedded null byte"),
        ("/dev/null", "it is a device", "it is a device"),
    ],
)
def test_what_is_there_is_told(there, path, no_file, no_folder):
    assert why_no_file(Path(path)) == no_file
    assert why_no_folder(Path(path)) == no_folder


def test_a_home_is_found_and_nobodys_is_no_error(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert given_path("~/x") == Path("/home/somebody/x")
    assert given_path("~nobody-is-called-so/x") == Path("~nobody-is-called-so/x")


def test_a_line_is_a_line():
    assert printable("two\nlines\t\udcff é 🦉") == "two\\nlines\\t\\udcff é 🦉"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at 'mysql://me:se.cr:et@host/db'", "at 'mysql://me:***@host/db'"),
        ("http://host:5000/a@b", "http://host:5000/a@b"),
        ("me:secret@host", "me:secret@host"),
    ],
)
def test_passwords_of_urls_are_not_shown(text, shown):
    assert without_passwords(text) == shown


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device", "/some/file"), "No space left on device"),
        (OSError("of a library"), "of a library"),
        (OSError(0, ""), "[Errno 0] "),
        (ValueError("odd"), "odd"),
    ],
)
def test_what_the_system_says_is_without_number_and_path(error, said):
    assert reason(error) == said


def test_what_the_system_says_is_worded_in_one_place():
    package = Path(kdstudio.__file__).parent
    asked = {
        file for file in package.rglob("*.py") if re.search(r"\berror\.strerror\b", file.read_text("utf-8"))
    }
    assert asked == set()
