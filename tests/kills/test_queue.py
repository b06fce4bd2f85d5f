"""The queue, its worker and whoever started it, killed: each entry is run to its end, as if left alone."""

import os
import random
import signal
import sys
from functools import partial

import pytest

from kdstudio.cli.commands import run_command_line
from kdstudio.runs.folder import RunFolder, run_folders
from kdstudio.runs.queue import process
from kdstudio.runs.queue.process import WorkerProcess
from kdstudio.runs.queue.queue import Queue, most_workers
from tests.forked import CAN_FORK, Forked
from tests.kills.harness import LONGEST, differences, experiment_of, kept
from tests.kills.victim import Points, settle
from tests.small import run_in
from tests.waiting import wait_until
from tests.workers import forked_worker

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CAN_FORK, reason="each process would take seconds")]
SEEDS = (3, 4, 5)
MOST_KILLS = 12


def experiment(seed):
    return experiment_of("supervised", f"seed={seed}", "seeds=1", "sweep={}", "compute.reuse=false")


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What each entry's run amounts to when nobody is killed."""
    runs = tmp_path_factory.mktemp("expected")
    return [kept(run_in(runs, experiment(seed), f"run{seed}")) for seed in SEEDS]


@pytest.fixture
def queue(runs):
    queue = Queue(runs)
    for seed in SEEDS:
        queue.add(experiment(seed))
    return queue


def dying(runs, point):
    """In the worker: kill it before a change of a file."""
    settle()
    Points(runs, point)


def look(queue):
    """See that all entries are there and true; returns their states."""
    entries = queue.entries()
    assert queue.folder.skipped == {}
    assert [entry.read().seed for entry in entries] == [*SEEDS]
    for entry in entries:
        if entry.state == "done":
            assert RunFolder(queue.runs / entry.run).summary().status == "finished"
    return [entry.state for entry in entries]


def go_on(queue):
    """Let what will not go on by itself wait again, as people would."""
    queue.retry([entry.key for entry in queue.entries() if entry.can_go_on and not entry.is_due])


def check(queue, expected):
    for entry, run in zip(queue.entries(), expected, strict=True):
        assert differences(kept(RunFolder(queue.runs / entry.run)), run) == []


def test_a_worker_killed_again_and_again_before_changes_of_files(queue, runs, expected):
    chance = random.Random(0)
    kills = 0
    while look(queue) != ["done"] * len(SEEDS):
        point = chance.randrange(60) if kills < MOST_KILLS else -1
        worker = forked_worker(runs, partial(dying, runs, point))
        with worker.stdin as orders:
            orders.write(f"{process.KEEP_ON}\n".encode())
            orders.flush()
            kills += worker.wait(LONGEST) == -signal.SIGKILL
        assert set(look(queue)) <= {"done", "interrupted", "waiting"}
        go_on(queue)
    assert kills > MOST_KILLS / 2
    check(queue, expected)
    begun = {entry.run for entry in queue.entries()}
    assert all(run.name in begun or not [*run.events()] for run in run_folders(runs))


def start_a_worker(runs):
    """What a window does."""
    worker = WorkerProcess(runs)
    worker.work()
    signal.pause()


def test_whoever_started_the_worker_is_killed_and_the_run_is_kept_with_a_checkpoint(queue, runs, expected):
    starter = Forked(start_a_worker, runs)
    with starter.stdin:
        wait_until(lambda: run_folders(runs))
        starter.kill()
        starter.wait(LONGEST)
    wait_until(lambda: not queue.has_worker)
    assert set(look(queue)) <= {"done", "interrupted", "waiting"}
    go_on(queue)
    last = forked_worker(runs)
    with last.stdin as orders:
        orders.write(f"{process.KEEP_ON}\n".encode())
        orders.flush()
        assert last.wait(LONGEST) == 0
    check(queue, expected)


@pytest.fixture
def six(runs):
    """The same three, twice, for two workers."""
    if most_workers() < 2:
        pytest.skip("needs two cores")
    queue = Queue(runs)
    queue.want_workers(2)
    for seed in (*SEEDS, *SEEDS):
        queue.add(experiment(seed))
    return queue


def schedule(runs):
    """What ``kdstudio queue run --workers 2`` does."""
    sys.exit(run_command_line(["queue", "run", "--workers", "2", "--quiet", "--runs-dir", str(runs)]))


def going_on(queue):
    """Wait until something goes on; returns that."""
    found = []
    wait_until(lambda: found.extend(e for e in queue.entries() if e.state == "running" and e.run) or found)
    return found


def kill_one(queue, at_work, chance):
    """Kill the worker of one of ``at_work``, or of what goes on now where that one has just ended."""
    while True:
        try:
            return os.kill(chance.choice(at_work).worker, signal.SIGKILL)
        except ProcessLookupError:
            at_work = going_on(queue)


def test_workers_and_their_scheduler_are_killed_and_nothing_is_lost_or_run_twice(six, runs, expected):
    chance = random.Random(0)
    killed = {"scheduler": 0, "worker": 0}
    while {entry.state for entry in six.entries()} != {"done"}:
        scheduler = Forked(schedule, runs)
        with scheduler.stdin:
            for what in ("worker", "scheduler"):
                if killed[what] < 2:
                    at_work = going_on(six)
                    if what == "scheduler":
                        scheduler.kill()
                    else:
                        kill_one(six, at_work, chance)
                    killed[what] += 1
            scheduler.wait(LONGEST)
        wait_until(lambda: not six.has_worker)
        assert six.folder.skipped == {}
        assert {entry.state for entry in six.entries()} <= {"done", "interrupted", "waiting"}
    assert killed == {"scheduler": 2, "worker": 2}
    entries = six.entries()
    assert len({entry.run for entry in entries}) == len(entries) == 2 * len(SEEDS)
    for entry, run in zip(entries, expected + expected, strict=True):
        assert differences(kept(RunFolder(runs / entry.run)), run) == []
    begun = {entry.run for entry in entries}
    assert all(run.name in begun or not [*run.events()] for run in run_folders(runs))


def test_a_worker_that_is_held_still_has_its_run_and_goes_on(queue, runs, expected):
    worker = forked_worker(runs, settle)
    with worker.stdin as orders:
        orders.write(f"{process.KEEP_ON}\n".encode())
        orders.flush()
        wait_until(lambda: run_folders(runs))
        os.kill(worker.pid, signal.SIGSTOP)
        try:
            folder = run_folders(runs)[0]
            assert folder.is_running() or folder.summary().status == "finished"
            assert look(queue)[0] in ("running", "done")
        finally:
            os.kill(worker.pid, signal.SIGCONT)
        assert worker.wait(LONGEST) == 0
    check(queue, expected)
