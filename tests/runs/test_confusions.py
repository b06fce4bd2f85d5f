import pytest

from kdstudio.runs.confusions import CountedPart, read_confusion
from kdstudio.runs.session import new_session
from tests.small import create_run, small_experiment


def test_the_latest_counts_of_a_network_are_read(runs):
    session = new_session(small_experiment(strategy="supervised"), runs, "run")
    assert read_confusion(session.folder, "student") is None
    parts = []
    for event in session.events():
        if event.kind in ("epoch-done", "stage-done"):
            found = read_confusion(session.folder, "student")
            assert found.confusion == event.confusions["student"]
            parts.append(found.part)
    assert parts == ["validation", "validation", "test"]
    assert read_confusion(session.folder, "teacher") is None


@pytest.mark.parametrize("content", ["", "{", "nul"])
def test_counts_that_cannot_be_read_are_none(runs, content):
    folder = create_run(runs, small_experiment(), "run")
    folder.confusion_file("student").parent.mkdir()
    folder.confusion_file("student").write_text(content)
    assert read_confusion(folder, "student") is None


def test_counts_are_rows_of_numbers(runs):
    folder = create_run(runs, small_experiment(), "run")
    folder.confusion_file("student").parent.mkdir()
    folder.confusion_file("student").write_text('{"part": "test", "confusion": [[3, 1], [0, 2]]}')
    assert read_confusion(folder, "student") == CountedPart(part="test", confusion=((3, 1), (0, 2)))
