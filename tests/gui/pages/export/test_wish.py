"""The same on the command line: read back by the command itself."""

import pytest

from kdstudio.cli.export import chosen_formats, export
from kdstudio.gui.pages.export.wish import Wish
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.formats.onnx import Onnx
from kdstudio.runs.formats.safetensors import Safetensors

USUAL = ("teacher", "student")


@pytest.fixture
def wish(tmp_path):
    return Wish(RunFolder(tmp_path / "my run"), USUAL, USUAL, (Safetensors(),), tmp_path / "out", False, 1)


def changed(wish, **fields):
    return Wish(**{**vars(wish), **fields})


def test_what_is_usual_needs_no_words(wish, tmp_path):
    assert wish.command() == f"kdstudio export 'my run' --format safetensors --out {tmp_path}/out"


def test_everything_else_is_told(wish, tmp_path):
    told = changed(
        wish, networks=("student", "labels alone"), formats=(Safetensors(), Onnx(preprocessing=True)),
        folder=tmp_path / "of me", best=True, threads=2,
    )  # fmt: skip
    assert told.command() == (
        "kdstudio export 'my run' --network student --network 'labels alone' --format safetensors,onnx "
        f"--set onnx.preprocessing=true --out '{tmp_path}/of me' --best --threads 2"
    )


def test_the_command_reads_what_the_page_says(wish):
    from shlex import split

    told = changed(wish, networks=("teacher",), formats=(Onnx(preprocessing=True),), best=True, threads=2)
    read = export.make_context("export", split(told.command())[2:]).params
    assert read["networks"] == ("teacher",)
    assert (read["best"], read["threads"], read["out"]) == (True, 2, told.folder)
    assert chosen_formats(read["names"].split(","), read["settings"]) == [Onnx(preprocessing=True)]


def test_files_that_are_there_are_named(wish):
    assert wish.taken() == []
    wish.folder.mkdir()
    (wish.folder / "my-run-student.json").touch()
    (wish.folder / "my-run-other.json").touch()
    assert wish.taken() == ["my-run-student.json"]
