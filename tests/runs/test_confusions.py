import json

import pytest

from kdstudio.runs.confusions import read_confusion
from kdstudio.runs.folder import RunFolder
from tests.small import run_in, small_experiment


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


def put(folder, text):
    folder.confusion_file("student").parent.mkdir(exist_ok=True)
    folder.confusion_file("student").write_text(text)


def test_nothing_is_known_before_anything_is_counted(folder):
    assert read_confusion(folder, "student") is None


def test_counts_are_read_with_the_part_that_was_counted(folder):
    put(folder, json.dumps({"part": "validation", "confusion": [[3, 1], [0, 4]]}))
    assert read_confusion(folder, "student") == ("validation", ((3, 1), (0, 4)))


@pytest.mark.parametrize("text", ["", '{"part": "test", "conf'])
def test_a_file_that_is_half_written_is_nothing_yet(folder, text):
    put(folder, text)
    assert read_confusion(folder, "student") is None


def test_a_runs_last_counts_are_those_of_the_test_images(runs):
    folder = run_in(runs, small_experiment(strategy="supervised"))
    part, confusion = read_confusion(folder, "student")
    scores = folder.summary().networks["student"].test
    assert part == "test"
    assert sum(map(sum, confusion)) == scores.count
    assert sum(row[number] for number, row in enumerate(confusion)) == scores.count - scores.errors


def test_former_runs_have_them_in_their_summary(folder):
    networks = {"student": {"last_epoch": {"test": {"confusion": [[1, 0], [1, 2]]}}}}
    folder.summary_file.write_text(json.dumps({"networks": networks}))
    assert read_confusion(folder, "student") == ("test", ((1, 0), (1, 2)))
    assert read_confusion(folder, "teacher") is None
