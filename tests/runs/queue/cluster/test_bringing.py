"""Runs that are brought from a node as they go on."""

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.log import RunFollower
from kdstudio.runs.queue.cluster.bringing import Brought, Gathering, unpack
from kdstudio.runs.session import new_session, resumed_session
from tests.full_disk import FullDisk
from tests.kills.harness import differences, kept
from tests.small import run_in, small_experiment


@pytest.fixture
def session(tmp_path):
    """A run on the node, which keeps a checkpoint at each step."""
    return new_session(small_experiment("compute.checkpoint_every=0"), tmp_path / "node", "mine")


def gathered(session):
    """Yield what is new after each event."""
    gathering = Gathering()
    yield gathering.changed(session.folder)
    for _event in session.events():
        yield gathering.changed(session.folder)
    yield gathering.changed(session.folder)


def test_it_is_followed_and_at_its_end_the_same(session, runs):
    brought, follower, followed = Brought(runs), None, 0
    for bundle in gathered(session):
        folder = brought.take(bundle)
        follower = follower or RunFollower(folder)
        followed += len(follower.poll())
        assert folder.is_running()
    brought.close()
    assert not folder.is_running()
    assert folder == RunFolder(runs / "mine")
    assert differences(kept(folder), kept(session.folder)) == []
    assert followed == len([*folder.events()])


@pytest.mark.parametrize("last", [2, 5, 9])
def test_after_any_bundle_it_can_go_on(session, runs, tmp_path, last):
    brought = Brought(runs)
    for number, bundle in enumerate(gathered(session)):
        if number <= last:
            folder = brought.take(bundle)
    brought.close()
    last_event = [*resumed_session(folder).events()][-1]
    assert last_event.kind == "run-done", last_event
    whole = run_in(tmp_path / "alone", small_experiment("compute.checkpoint_every=0"), "mine")
    assert differences(kept(folder), kept(whole)) == []


def test_it_is_sent_and_goes_on_under_its_name(session, runs, tmp_path):
    for _bundle in gathered(session):
        pass
    parcel = Gathering().changed(session.folder)
    sent = unpack(parcel, tmp_path / "other")
    assert sent.name == "mine"
    assert differences(kept(sent), kept(session.folder)) == []
    known = Brought(session.folder.path.parent, "mine")
    assert known.folder == session.folder
    assert session.folder.is_running()
    known.close()


def test_where_its_name_is_taken_it_gets_a_number(session, runs):
    (runs / "mine").mkdir(parents=True)
    session.events().close()
    brought = Brought(runs)
    assert brought.take(Gathering().changed(session.folder)).name == "mine-2"
    brought.close()
    session._lock.release()


def test_where_nothing_can_be_written_there_is_no_half_of_it(session, runs, monkeypatch):
    bundle = Gathering().changed(session.folder)
    brought = Brought(runs)
    with monkeypatch.context() as patch:
        FullDisk(1).mount(patch.setattr)
        with pytest.raises(KDStudioError, match="cannot be written"):
            brought.take(bundle)
    assert [*runs.iterdir()] == []
    session._lock.release()


def test_locks_wishes_and_halves_are_not_brought(session):
    session.folder.control_file.write_text("pause")
    (session.folder.path / ".summary.json.x.unfinished").touch()
    files = Gathering().changed(session.folder).files
    assert [*files] == ["events.jsonl", "experiment.toml", "summary.json"]
    session._lock.release()
