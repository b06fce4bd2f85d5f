"""The node's side: whether it sees the folder, and what it tells and asks."""

import pytest

from kdstudio.machine import host
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.queue.cluster.bringing import Bundle
from kdstudio.runs.queue.cluster.node import MARK, Correspondence, sees
from kdstudio.runs.queue.queue import Queue
from kdstudio.runs.queue.working import Work
from tests.small import small_experiment


@pytest.fixture
def queue(runs):
    return Queue(runs)


def test_a_folder_is_seen_by_its_mark_and_its_lock(queue):
    folder = queue.folder.path
    with queue.all_places() as lock:
        assert not sees(folder, "mark", lock)
        (folder / MARK).write_text("mark")
        assert sees(folder, "mark", lock)
        assert not sees(folder, "of another", lock)
    assert not sees(folder, "mark", lock)


def carried_out(queue, tmp_path, wanted, *, brings=True):
    """Run an entry as a node does; ``wanted`` answers all that has been told so far."""
    queue.add(small_experiment(strategy="supervised"))
    taken = queue.take()
    heard = []

    def tell(news):
        heard.extend(news)
        return wanted(heard)

    own = Correspondence(tmp_path / "node", tell, brings=brings)
    with taken.lock:
        entry = Work(own, own.wants_leaving, runs=own.after_event).run(taken.entry)
    return entry, heard


def test_it_tells_of_its_run_and_brings_it(queue, tmp_path):
    entry, heard = carried_out(queue, tmp_path, lambda _heard: "go on")
    assert (entry.state, entry.host) == ("done", host())
    states = [news.state for news in heard if not isinstance(news, Bundle)]
    assert set(states) == {"running"}  # its end is what it returns: told twice, it would undo a retry between
    bundles = [news for news in heard if isinstance(news, Bundle)]
    assert {bundle.run for bundle in bundles} == {entry.run}
    assert "summary.json" in bundles[-1].files
    assert not (queue.runs / entry.run).exists()


def test_in_a_shared_folder_nothing_is_brought(queue, tmp_path):
    entry, heard = carried_out(queue, tmp_path, lambda _heard: "go on", brings=False)
    assert entry.state == "done"
    assert not [news for news in heard if isinstance(news, Bundle)]


@pytest.mark.parametrize(("wanted", "state"), [("stop", "stopped"), ("leave", "interrupted")])
def test_what_is_wanted_of_it_is_done(queue, tmp_path, monkeypatch, wanted, state):
    monkeypatch.setattr("kdstudio.runs.queue.cluster.node.LOOK_SECONDS", 0)
    has_run = lambda heard: any(isinstance(news, Bundle) for news in heard)  # noqa: E731
    entry, _heard = carried_out(queue, tmp_path, lambda heard: wanted if has_run(heard) else "go on")
    assert entry.state == state
    assert RunFolder(tmp_path / "node" / entry.run).checkpoint_file.exists()


def test_a_pause_reaches_the_folder_of_its_own(queue, tmp_path, monkeypatch):
    monkeypatch.setattr("kdstudio.runs.queue.cluster.node.LOOK_SECONDS", 0)

    def wanted(heard):
        folders = [RunFolder(tmp_path / "node" / news.run) for news in heard if isinstance(news, Bundle)]
        if not folders or any(event.kind == "run-paused" for event in folders[0].events()):
            return "go on"
        return "pause"

    entry, _heard = carried_out(queue, tmp_path, wanted)
    assert entry.state == "done"
    kinds = [event.kind for event in RunFolder(tmp_path / "node" / entry.run).events()]
    assert kinds.count("run-paused") == kinds.count("run-resumed") == 1
