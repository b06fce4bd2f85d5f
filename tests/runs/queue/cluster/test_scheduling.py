"""The scheduler's side: entries stay true, whatever becomes of tasks and nodes."""

import os
import time

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.queue.cluster import scheduling
from kdstudio.runs.queue.cluster.scheduling import ClusterWorkers
from kdstudio.runs.queue.queue import ALL, Queue
from kdstudio.runs.queue.shares import OMP
from tests.runs.queue.cluster.fake_ray import FakeRay, RayError
from tests.small import small_experiment

LONGEST = 120.0
LONG = "networks.student.training.epochs=10000"


@pytest.fixture
def queue(runs, monkeypatch):
    monkeypatch.setenv(OMP, "1")
    monkeypatch.setattr("kdstudio.runs.queue.cluster.node.LOOK_SECONDS", 0.05)
    queue = Queue(runs)
    with queue.all_places():
        yield queue


@pytest.fixture
def ray(monkeypatch):
    ray = FakeRay()
    ray.install(monkeypatch)
    yield ray
    ray.threads.shutdown()


@pytest.fixture
def unseen(monkeypatch):
    """Let nodes look for another file than there is."""
    monkeypatch.setattr(scheduling, "MARK", "another")


@pytest.fixture
def workers(queue, ray):
    workers = ClusterWorkers(queue, ray, ALL, None, None)
    yield workers
    workers.leave()
    workers.finish(LONGEST)


def add(queue, *settings):
    return queue.add(small_experiment(*settings, strategy="supervised")).key


def work_until(workers, queue, what):
    end = time.monotonic() + LONGEST
    while not what(queue.entries()):
        assert time.monotonic() < end
        workers.check()
        workers.work(queue.entries(), allow_code=False)
        time.sleep(0.02)


def states(entries):
    return [entry.state for entry in entries]


def runs_on(entries):
    return any(entry.state == "running" and entry.run for entry in entries)


def test_all_that_waits_is_run_in_the_shared_folder(workers, queue):
    add(queue)
    add(queue)
    work_until(workers, queue, lambda entries: states(entries) == ["done", "done"])
    assert all(workers.have(entry) for entry in queue.entries())
    assert [entry.tries for entry in queue.entries()] == [1, 1]
    assert not workers.unseen


def test_where_the_folder_is_not_seen_runs_are_brought_and_go_on(unseen, workers, queue):
    add(queue, LONG)
    work_until(workers, queue, runs_on)
    queue.cancel([queue.entries()[0].key])
    work_until(workers, queue, lambda entries: states(entries) == ["stopped"])
    (entry,) = queue.entries()
    folder = RunFolder(queue.runs / entry.run)
    assert folder.summary().status == "stopped"
    assert folder.checkpoint_file.exists()
    assert workers.unseen == {entry.host}
    queue.retry([entry.key])
    work_until(workers, queue, lambda _entries: folder.is_running())
    workers.leave()
    workers.finish(LONGEST)
    assert states(queue.entries()) == ["interrupted"]
    assert [event.kind for event in folder.events()].count("run-started") == 2


def test_what_is_lost_goes_on_and_why_is_kept(workers, queue, ray, monkeypatch):
    lost = []

    def lose(entry, *told):
        if not lost:
            lost.append(entry)
            raise RayError("the node has died")
        return carry_out(entry, *told)

    carry_out = scheduling.carry_out
    monkeypatch.setattr(workers, "_task", ray.remote()(lose))
    add(queue)
    work_until(workers, queue, lambda entries: states(entries) == ["done"])
    assert [(entry.tries, entry.deaths) for entry in queue.entries()] == [(2, 1)]
    assert "the node has died" in queue.log_file.read_text()


def test_leaving_keeps_the_run_with_a_checkpoint(workers, queue):
    add(queue, LONG)
    work_until(workers, queue, runs_on)
    workers.leave()
    workers.finish(LONGEST)
    (entry,) = queue.entries()
    assert entry.state == "interrupted"
    assert not entry.died
    assert RunFolder(queue.runs / entry.run).checkpoint_file.exists()


@pytest.mark.parametrize(("leaving", "state"), [(True, "waiting"), (False, "cancelled")])
def test_what_still_waits_for_a_node_is_taken_back(workers, queue, ray, leaving, state):
    ray.has_room = False
    key = add(queue)
    work_until(workers, queue, lambda entries: entries[0].doing == "waiting for a node")
    workers.leave() if leaving else queue.cancel([key])
    workers.finish(LONGEST)
    assert states(queue.entries()) == [state]
    assert queue.entries()[0].run == ""


def test_a_node_without_kd_studio_is_told(workers, queue, ray, monkeypatch):
    def load(*_told):
        raise ModuleNotFoundError("No module named 'kdstudio'")

    monkeypatch.setattr(workers, "_task", ray.remote()(load))
    add(queue)
    work_until(workers, queue, lambda entries: states(entries) == ["failed"])
    assert queue.entries()[0].message == (
        "a node could not begin it (No module named 'kdstudio'); install the same KD Studio on all nodes"
    )


def test_a_node_with_another_version_is_told(workers, queue, monkeypatch):
    monkeypatch.setattr("kdstudio.runs.queue.cluster.node.__version__", "0.0.1")
    add(queue)
    work_until(workers, queue, lambda entries: states(entries) == ["failed"])
    assert "has KD Studio 0.0.1, and the scheduler 0.1.0; install the same" in queue.entries()[0].message


def test_a_folder_that_vanishes_is_told_and_nothing_is_made_in_its_place(workers, queue, runs):
    add(queue, LONG)
    work_until(workers, queue, runs_on)
    os.rename(runs, runs.with_name("gone"))
    with pytest.raises(KDStudioError, match=r"the runs folder .* has gone, or another is in its place"):
        work_until(workers, queue, lambda _entries: False)
    workers.leave()
    workers.finish(LONGEST)
    assert not (runs / ".queue").exists()
    os.rename(runs.with_name("gone"), runs)


def test_more_than_any_node_has_is_refused(queue, ray):
    with pytest.raises(
        KDStudioError, match="no node has room for a run with 2 CPUs and 0 GPUs: they have 1 CPU"
    ):
        ClusterWorkers(queue, ray, ALL, 2, None)
