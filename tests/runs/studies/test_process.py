"""A search in a process of its own: it ends with what is wanted, or once somebody wishes it."""

from time import monotonic, sleep

import pytest

from kdstudio.runs.studies.history import read_history
from kdstudio.runs.studies.process import last_words, launch
from kdstudio.runs.studies.storage import own_storage
from kdstudio.runs.studies.study import begin_study, open_study
from tests.small import small_experiment

LONGEST = 240


def begin(runs, *settings):
    experiment = small_experiment(*settings, strategy="supervised")
    over = ("networks.student.training.optimizer.learning_rate=0.01..0.1",)
    return begin_study("s", own_storage(runs, "s"), experiment, over, "accuracy", runs)


def trains(run):
    """Tell whether it does; about half of the time its process writes to the study then."""
    log = run / "events.jsonl"
    return log.exists() and b"step-done" in log.read_bytes()


@pytest.mark.slow
def test_two_processes_share_a_study(runs):
    study = begin(runs)
    workers = [launch(runs, "s", study.storage, 5) for _ in range(2)]
    try:
        assert [worker.wait(LONGEST) for worker in workers] == [0, 0], last_words(runs, "s")
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    history = read_history(open_study("s", study.storage))
    assert [trial.state for trial in history.trials] == ["finished"] * 5
    assert len({trial.run for trial in history.trials}) == 5
    assert len({tuple(trial.chosen.values()) for trial in history.trials}) == 5


@pytest.mark.slow
def test_a_killed_process_is_noticed_and_its_setting_comes_again(runs):
    study = begin(runs, "networks.student.training.epochs=5000")
    worker = launch(runs, "s", study.storage, 1)
    try:
        until = monotonic() + LONGEST
        while not trains(runs / "s-000") and monotonic() < until and worker.poll() is None:
            sleep(0.05)
    finally:
        worker.kill()
        worker.wait()
    (lost,) = read_history(open_study("s", study.storage)).trials
    assert lost.state == "interrupted"
    worker = launch(runs, "s", study.storage, 1)
    try:
        while not trains(runs / "s-001") and monotonic() < until and worker.poll() is None:
            sleep(0.05)
        open_study("s", study.storage).wish_stop(stop=True)
        assert worker.wait(LONGEST) == 0, last_words(runs, "s")
    finally:
        worker.kill()
        worker.wait()
    trials = read_history(open_study("s", study.storage)).trials
    assert [trial.state for trial in trials[:2]] == ["interrupted", "interrupted"]
    assert trials[1].chosen == lost.chosen
    assert [trial.state for trial in trials[2:]] == ["waiting"]
