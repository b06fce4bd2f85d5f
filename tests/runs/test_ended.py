"""A program that ended unexpectedly is told with the runs that it left."""

from datetime import datetime, timedelta

import pytest

from kdstudio.fault_log import Crash, log_file
from kdstudio.runs.ended import told
from kdstudio.runs.queue.queue import Queue
from tests.small import interrupt_in, run_in, small_experiment


@pytest.mark.parametrize(("hours", "names"), [(-1, "; left was interrupted and can go on"), (1, "")])
def test_runs_are_named_that_were_left_since_it_began(runs, hours, names):
    interrupt_in(runs, "left")
    run_in(runs, small_experiment(strategy="supervised"), "done")
    began = datetime.now() + timedelta(hours=hours)
    assert told(Crash("window", began, began, ""), runs) == (
        f"KD Studio ended unexpectedly on {began:%Y-%m-%d at %H:%M}{names}; its log is {log_file()}"
    )


def test_a_run_that_its_worker_could_still_keep_is_named(runs):
    run = run_in(runs, small_experiment(strategy="supervised"), "kept")
    queue = Queue(runs)
    entry = queue.add(small_experiment())
    queue.note(entry, "interrupted", run=run.name)
    crash = Crash("window", datetime.now() - timedelta(hours=1), None, "")
    assert "; kept was interrupted and can go on" in told(crash, runs)
