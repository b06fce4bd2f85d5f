"""The worker's process: it serves, it is killed, it is left alone."""

import os
import signal
import time

import pytest

from kdstudio.runs.folder import RunFolder, run_folders
from kdstudio.runs.queue import process
from kdstudio.runs.queue.process import WorkerProcess
from kdstudio.runs.queue.queue import Queue, most_workers
from tests.forked import CAN_FORK
from tests.small import small_experiment
from tests.waiting import wait_until
from tests.workers import forked_worker

LONGEST = 60.0
LONG = "networks.teacher.training.epochs=10000"

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="needs workers that are there at once")


@pytest.fixture
def queue(runs):
    return Queue(runs)


@pytest.fixture
def worker(runs, monkeypatch):
    """A worker, forked where that can be; what it runs ends with the test."""
    monkeypatch.setattr(process, "launch", forked_worker)
    runs.mkdir()
    worker = WorkerProcess(runs)
    yield worker
    worker.leave()
    if not worker.wait(LONGEST):
        worker.kill()


def states(queue):
    return [entry.state for entry in queue.entries()]


def steps(queue):
    """How many epochs of the first entry's run are done."""
    run = queue.entries()[0].run
    if not run or not (queue.runs / run / "events.jsonl").exists():
        return 0
    return sum(event.kind == "epoch-done" for event in RunFolder(queue.runs / run).events())


def test_it_takes_nothing_before_it_is_told_and_then_one_after_the_other(worker, queue):
    for number in range(2):
        queue.add(small_experiment(f"name=run{number}", strategy="supervised"))
    time.sleep(0.2)
    assert states(queue) == ["waiting", "waiting"]
    worker.work()
    wait_until(lambda: states(queue) == ["done", "done"])
    assert {entry.worker for entry in queue.entries()} == {worker.pid}
    queue.add(small_experiment(strategy="supervised"))
    wait_until(lambda: states(queue) == ["done"] * 3)


def test_whoever_started_it_goes_and_it_keeps_its_run_and_ends(worker, queue):
    queue.add(small_experiment(LONG))
    queue.add(small_experiment())
    worker.work()
    wait_until(lambda: steps(queue))
    worker.leave()
    assert worker.wait(LONGEST)
    assert states(queue) == ["interrupted", "waiting"]
    assert RunFolder(queue.runs / queue.entries()[0].run).checkpoint_file.exists()


def test_killed_in_mid_run_it_leaves_a_run_that_another_worker_finishes(worker, queue, runs):
    queue.add(small_experiment("networks.teacher.training.epochs=40"))
    worker.work()
    wait_until(lambda: steps(queue) > 2)
    os.kill(worker.pid, signal.SIGKILL)
    assert worker.wait(LONGEST)
    assert states(queue) == ["interrupted"]
    other = WorkerProcess(runs)
    other.work()
    wait_until(lambda: states(queue) == ["done"])
    other.leave()
    assert other.wait(LONGEST)
    run = RunFolder(runs / queue.entries()[0].run)
    assert run.summary().status == "finished"
    done = [event for event in run.events() if event.kind == "epoch-done" and event.stage == 0]
    assert [event.epoch for event in done] == list(range(1, 41))


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_the_system_asks_it_to_end_and_it_keeps_its_run(worker, queue, ending):
    queue.add(small_experiment(LONG))
    worker.keep_on()
    wait_until(lambda: steps(queue))
    os.kill(worker.pid, ending)
    assert worker.wait(LONGEST)
    assert states(queue) == ["interrupted"]
    run = RunFolder(queue.runs / queue.entries()[0].run)
    assert run.checkpoint_file.exists()
    assert run.summary().status == "stopped"


def test_the_system_ends_one_that_has_nothing_to_do(worker, queue):
    worker.work()
    wait_until(lambda: queue.has_worker)
    os.kill(worker.pid, signal.SIGINT)  # of a terminal: that is for whoever started it
    os.kill(worker.pid, signal.SIGTERM)
    assert worker.wait(LONGEST)
    assert not queue.has_worker


def test_told_to_keep_on_it_does_all_that_waits_and_ends(worker, queue):
    for _number in range(2):
        queue.add(small_experiment(strategy="supervised"))
    worker.keep_on()
    assert worker.wait(LONGEST)
    assert states(queue) == ["done", "done"]


def test_a_second_one_waits_until_the_first_has_gone(worker, queue, runs):
    worker.work()
    wait_until(lambda: queue.has_worker)
    second = WorkerProcess(runs)
    second.work()
    first = queue.add(small_experiment(strategy="supervised")).key
    wait_until(lambda: queue.entry(first).state == "done")
    assert queue.entry(first).worker == worker.pid
    worker.leave()
    assert worker.wait(LONGEST)
    later = queue.add(small_experiment(strategy="supervised")).key
    wait_until(lambda: queue.entry(later).state == "done")
    assert queue.entry(later).worker == second.pid
    second.leave()
    assert second.wait(LONGEST)
    worker.work()  # nobody is there any more
    worker.keep_on()


@pytest.fixture
def two(queue):
    """The queue of two workers."""
    if most_workers() < 2:
        pytest.skip("needs two cores")
    queue.want_workers(2)
    return queue


def test_two_share_what_waits_and_nothing_is_run_twice(worker, two, runs):
    for number in range(4):
        two.add(small_experiment(f"name=run{number}", "networks.teacher.training.epochs=30"))
    second = WorkerProcess(runs)
    for each in (worker, second):
        each.work()
    wait_until(lambda: states(two).count("running") == 2)
    wait_until(lambda: states(two) == ["done"] * 4)
    entries = two.entries()
    assert {entry.worker for entry in entries} == {worker.pid, second.pid}
    assert [entry.tries for entry in entries] == [1] * 4
    assert sorted(entry.run for entry in entries) == sorted(run.name for run in run_folders(runs))
    second.leave()
    assert second.wait(LONGEST)


def test_where_fewer_are_wanted_the_last_one_ends_after_its_run(worker, two, runs):
    worker.work()
    wait_until(lambda: two.has_worker)
    second = WorkerProcess(runs)
    second.work()
    for _number in range(2):
        two.add(small_experiment("networks.teacher.training.epochs=30"))
    wait_until(lambda: states(two) == ["running"] * 2)
    two.want_workers(1)
    assert second.wait(LONGEST)
    assert second.has_gone
    own = next(entry for entry in two.entries() if entry.worker == second.pid)
    assert own.state == "done"
    wait_until(lambda: states(two) == ["done"] * 2)
    assert worker.is_alive
    second.leave()


def test_the_word_of_whoever_starts_it_on_code_is_the_last(worker, queue, tmp_path):
    (tmp_path / "mine.py").write_text("raise RuntimeError('run')")
    model = f"networks.student.model={{name='python', path='{tmp_path}/mine.py:build'}}"
    queue.add(small_experiment(model, strategy="supervised"), allow_code=True)
    worker.work(allow_code=False)
    wait_until(lambda: states(queue) == ["failed"])
    assert "runs code" in queue.entries()[0].message


def test_a_real_process_loads_the_engine_and_prints_into_its_log(runs, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n"
        "def build(image, classes):\n"
        "    print('hello from a network')\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(image.height * image.width, classes))\n"
    )
    queue = Queue(runs)
    model = f"networks.student.model={{name='python', path='{tmp_path}/mine.py:build'}}"
    queue.add(small_experiment(model, strategy="supervised"), allow_code=True)
    worker = WorkerProcess(runs)
    worker.keep_on()
    assert worker.wait(LONGEST)
    assert states(queue) == ["done"], queue.entries()
    assert "hello from a network" in queue.log_file.read_text()
