import json

from kdstudio.cli.commands import run_command_line
from kdstudio.runs.answer_store import SqliteAnswers
from kdstudio.runs.caches import answers_folder

KEY = "ab" * 16
ABOUT = {"network": "teacher", "architecture": "resnet-14", "output": "logits", "data": "mnist",
         "precision": "float32"}  # fmt: skip


def keep():
    SqliteAnswers(answers_folder(), 10**9).write(KEY, ABOUT, [((0, 0), bytes(3 * 2**20))])


def test_what_is_kept_is_listed_with_its_sizes_folder_and_limit(capsys):
    keep()
    assert run_command_line(["cache"]) == 0
    told = capsys.readouterr().out
    for words in ("abababab", "logits of teacher (resnet-14)", "mnist", "float32", "3.0"):
        assert words in told
    assert "of at most 4 GiB (KDSTUDIO_CACHE_GIB)" in told
    assert "decoded images: 0.0 MiB" in told


def test_json_has_all_of_it(capsys):
    keep()
    assert run_command_line(["cache", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (entry,) = told["entries"]
    assert ABOUT.items() <= entry.items()
    assert (entry["name"], entry["blocks"], entry["kind"]) == (KEY, "1", "answers")
    assert told["folders"]["answers"] == str(answers_folder())
    assert (told["limit"], told["size"]) == (4 * 2**30, entry["size"])


def test_what_is_named_is_cleared(capsys):
    keep()
    assert run_command_line(["cache", "clear", "cd"]) == 2
    assert "nothing has a name that begins with 'cd'; there is abababab" in capsys.readouterr().err
    assert run_command_line(["cache", "clear", "abab"]) == 0
    assert "1 file deleted, 3.0 MiB" in capsys.readouterr().out
    assert list(answers_folder().iterdir()) == []
    assert run_command_line(["cache", "clear"]) == 0
    assert "nothing to delete" in capsys.readouterr().out
