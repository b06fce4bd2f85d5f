"""Guesses that outlive the window, and files of them that are damaged."""

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.kept_guesses import guess_file, keep_guesses, read_guesses


def test_guesses_are_read_back(tmp_path):
    runs = tmp_path / "runs"
    assert read_guesses(runs) == {}
    keep_guesses(runs, {1: "lower", 5: 72.5})
    assert read_guesses(runs) == {1: "lower", 5: 72.5}
    keep_guesses(runs, {1: "higher"})
    assert read_guesses(runs) == {1: "higher"}
    assert [file.name for file in runs.iterdir()] == [guess_file(runs).name]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"guesses": {"one": 2}}', b'{"guesses": {"1": "more"}}',
                b'{"guesses": {"1": NaN}}', b"\xff\xfe"],
)  # fmt: skip
def test_a_damaged_file_is_named(tmp_path, content):
    guess_file(tmp_path).write_bytes(content)
    with pytest.raises(KDStudioError, match="damaged, so that former guesses are unknown") as refused:
        read_guesses(tmp_path)
    assert str(guess_file(tmp_path)) in str(refused.value)
    keep_guesses(tmp_path, {2: 1.0})
    assert read_guesses(tmp_path) == {2: 1.0}


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(KDStudioError, match="runs folder"):
        keep_guesses(tmp_path / "runs", {1: "lower"})
