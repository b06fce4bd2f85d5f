"""Workers that one process has: as many as there is something for, and no more."""

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.queue import workers
from kdstudio.runs.queue.entry import Entry
from kdstudio.runs.queue.queue import Queue
from kdstudio.runs.queue.workers import Workers
from tests.small import small_experiment


class Fake:
    """A worker that only notes what it is told."""

    made: list["Fake"]

    def __init__(self, runs):
        self.runs, self.heard, self.is_alive = runs, [], True
        self.made.append(self)
        self.pid = 1000 + len(self.made)

    def work(self, *, allow_code):
        self.heard.append(allow_code)

    def keep_on(self):
        self.heard.append("keep on")

    def leave(self):
        self.heard.append("leave")

    def wait(self, _seconds):
        return not self.is_alive

    def kill(self):
        self.heard.append("kill")


@pytest.fixture
def made(monkeypatch):
    Fake.made = []
    monkeypatch.setattr(workers, "WorkerProcess", Fake)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    return Fake.made


@pytest.fixture
def queue(runs):
    queue = Queue(runs)
    queue.want_workers(3)
    for _number in range(2):
        queue.add(small_experiment())
    return queue


def taken(queue, pid) -> Entry:
    """The next one, as the worker of this number has it."""
    found = queue.take()
    return queue.note(found.entry.model_copy(update={"worker": pid})), found.lock


def test_there_are_as_many_as_runs_that_wait_but_no_more_than_may_be(made, queue):
    own = Workers(queue)
    assert not own
    own.start()
    assert [worker.heard for worker in made] == [[]]
    own.work(queue.entries(), allow_code=True)
    assert [worker.heard for worker in made] == [[True], [True]]
    for _number in range(4):
        queue.add(small_experiment())
    own.work(queue.entries())
    assert len(made) == 3


def test_those_that_run_something_are_not_counted_on(made, queue):
    own = Workers(queue)
    own.start()
    entry, lock = taken(queue, made[0].pid)
    assert own.have(entry)
    own.work(queue.entries())
    assert len(made) == 2
    lock.release()


def test_what_others_run_needs_none(made, queue):
    own = Workers(queue)
    others = [taken(queue, 5) for _number in range(2)]
    own.work(queue.entries())
    assert made == []
    assert not any(own.have(entry) for entry, _lock in others)
    for _entry, lock in others:
        lock.release()


def test_one_that_has_ended_is_told_once_and_replaced_and_its_run_is_still_known_as_own(made, queue):
    own = Workers(queue)
    own.work(queue.entries())
    entry, lock = taken(queue, made[0].pid)
    lock.release()
    made[0].is_alive = False
    assert own.take_ended() == [made[0]]
    assert own.take_ended() == []
    assert own.have(entry)
    own.work(queue.entries())
    assert len(made) == 3  # one for what waits, and one for what the other has left
    assert own.are_alive


def test_a_folder_that_vanishes_is_told(made, queue):
    own = Workers(queue)
    own.work(queue.entries())
    queue.runs.rename(queue.runs.with_name("gone"))
    with pytest.raises(KDStudioError, match=r"the runs folder .* has gone, or another is in its place"):
        own.check()


def test_they_keep_on_or_leave_or_are_killed_together(made, queue):
    own = Workers(queue)
    own.work(queue.entries())
    own.leave()
    own.finish(0.0)
    assert [worker.heard[1:] for worker in made] == [["leave", "kill"]] * 2
    own.keep_on()
    assert [worker.heard[-1] for worker in made] == ["keep on"] * 2
    assert not own
