import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.labels import NOTHING, Labels, labels_file, read_labels, split_tags, write_labels
from tests.small import create_run, small_experiment


@pytest.fixture
def folder(runs):
    return create_run(runs, small_experiment(), "first")


def test_what_is_said_of_a_run_is_read_back(folder):
    assert read_labels(folder) == NOTHING
    labels = Labels(title="Größer <1>", tags=("paper", "for Anna"), note="two\nlines")
    write_labels(folder, labels)
    assert read_labels(folder) == labels
    assert folder.summary().name == "first"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"tags": 3}'])
def test_a_damaged_file_is_named_with_its_remedy(folder, content):
    labels_file(folder).write_text(content)
    with pytest.raises(KDStudioError, match=r"labels.json' is damaged.*delete it"):
        read_labels(folder)


def test_a_folder_that_is_gone_is_told(folder):
    folder.delete()
    with pytest.raises(KDStudioError, match="cannot be written"):
        write_labels(folder, NOTHING)


def test_tags_are_added_and_taken_away_each_once():
    labels = Labels(tags=("a", "b"))
    assert labels.tagged(["c", "a"], ["b"]).tags == ("a", "c")
    assert labels.tags == ("a", "b")


def test_tags_are_read_between_commas():
    assert split_tags(" paper,, for   Anna ,paper") == ("paper", "for Anna")
    assert split_tags("") == ()
