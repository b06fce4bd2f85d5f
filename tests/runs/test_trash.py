import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import run_folders
from kdstudio.runs.trash import TRASH, empty_trash, last_thrown, throw_away
from tests.small import create_run, small_experiment


@pytest.fixture
def folders(runs):
    return [create_run(runs, small_experiment(), name) for name in ("one", "two", "three")]


def names(runs):
    return {folder.name for folder in run_folders(runs)}


def test_what_is_thrown_away_can_be_taken_back(runs, folders):
    events = folders[0].events_file.read_bytes()
    thrown = throw_away(folders[:2])
    assert names(runs) == {"three"}
    thrown.take_back()
    assert names(runs) == {"one", "two", "three"}
    assert folders[0].events_file.read_bytes() == events
    assert not any((runs / TRASH).iterdir())


def test_what_else_lies_in_the_trash_is_left_alone(runs, folders):
    thrown = throw_away(folders[:1])
    (runs / TRASH / "notes").mkdir()
    (runs / TRASH / "7").write_text("")
    assert last_thrown(runs) == thrown
    empty_trash(runs, older_than=0)
    assert {path.name for path in (runs / TRASH).iterdir()} == {"notes", "7"}


def test_nothing_is_moved_while_one_of_them_runs(runs, folders):
    with folders[1].hold(), pytest.raises(KDStudioError, match="'two' is running"):
        throw_away(folders)
    assert names(runs) == {"one", "two", "three"}


def test_what_cannot_be_moved_leaves_all_where_they_were(runs, folders):
    folders[2].delete()
    with pytest.raises(KDStudioError, match="'three' cannot be deleted"):
        throw_away(folders)
    assert names(runs) == {"one", "two"}


def test_a_run_is_not_put_over_another_of_its_name(runs, folders):
    thrown = throw_away(folders[:2])
    create_run(runs, small_experiment(), "one")
    with pytest.raises(KDStudioError, match="'one' is still in"):
        thrown.take_back()
    assert names(runs) == {"one", "two", "three"}
    assert (thrown.place / "one").is_dir()


def test_the_trash_keeps_what_is_young(runs, folders):
    thrown = throw_away(folders[:1])
    empty_trash(runs)
    assert thrown.place.exists()
    empty_trash(runs, older_than=0)
    assert not thrown.place.exists()
    empty_trash(runs / "nowhere")
