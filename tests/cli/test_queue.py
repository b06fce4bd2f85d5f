"""``kdstudio queue``: the same queue as the window's."""

import json
import signal

import pytest

from kdstudio.cli.commands import run_command_line
from kdstudio.runs.queue import process
from kdstudio.runs.queue.queue import Queue, most_workers
from tests.forked import CAN_FORK
from tests.small import small_experiment
from tests.workers import fail_at_once, forked_worker

QUICK = (
    "--set", "compute.threads=1", "--set", "networks.teacher.training.epochs=1",
    "--set", "networks.student.training.epochs=1",
)  # fmt: skip


@pytest.fixture
def queue(runs):
    return Queue(runs)


@pytest.fixture
def three(queue):
    experiments = [small_experiment(f"name=run{number}", strategy="supervised") for number in range(3)]
    return [queue.add(experiment).key for experiment in experiments]


def line(queue):
    return [entry.name for entry in queue.entries() if entry.state == "waiting"]


def states(queue):
    return [entry.state for entry in queue.entries()]


def test_what_is_added_is_listed_and_run(queue, runs, capfd):
    assert run_command_line(["queue", "list"]) == 0
    assert "nothing waits" in capfd.readouterr().out
    assert run_command_line(["queue", "add", "digits-hinton", *QUICK, "--seeds", "1", "--name", "mine"]) == 0
    assert capfd.readouterr().out.strip() == queue.entries()[0].key
    assert run_command_line(["queue", "list"]) == 0
    assert "waiting" in capfd.readouterr().out
    assert run_command_line(["queue", "run", "--quiet"]) == 0
    assert capfd.readouterr().out == f"{runs / 'mine'}\n"
    assert states(queue) == ["done"]
    assert run_command_line(["queue", "list", "--json"]) == 0
    (told,) = json.loads(capfd.readouterr().out)
    assert (told["state"], told["run"]) == ("done", "mine")


def test_moving_cancelling_retrying_duplicating_removing(queue, three, capfd):
    assert run_command_line(["queue", "move", three[2], "--", "-2"]) == 0
    assert line(queue) == ["run2", "run0", "run1"]
    assert run_command_line(["queue", "cancel", three[0], three[1]]) == 0
    assert line(queue) == ["run2"]
    assert run_command_line(["queue", "retry", three[1]]) == 0
    assert line(queue) == ["run2", "run1"]
    assert run_command_line(["queue", "duplicate", three[1]]) == 0
    assert run_command_line(["queue", "remove", *three]) == 0
    assert line(queue) == ["run1"]
    assert run_command_line(["queue", "cancel", "x"]) == 2
    assert "no entry 'x'" in capfd.readouterr().err


def test_a_paused_queue_runs_nothing(queue, three, capfd):
    assert run_command_line(["queue", "pause"]) == 0
    assert run_command_line(["queue", "run"]) == 0
    assert "kdstudio: the queue is paused; 'kdstudio queue unpause'" in capfd.readouterr().err
    assert states(queue) == ["waiting"] * 3
    run_command_line(["queue", "list"])
    assert "the queue is paused" in capfd.readouterr().out
    assert run_command_line(["queue", "unpause"]) == 0
    assert not queue.is_held


def test_an_empty_queue_says_how_something_is_put_in_line(queue, capfd):
    assert run_command_line(["queue", "run"]) == 0
    assert "kdstudio: nothing waits in" in capfd.readouterr().err


def test_what_cannot_be_done_is_told_and_the_rest_is_done(queue, three, capfd):
    queue.cancel(three[:1])
    assert run_command_line(["queue", "cancel", *three[:2]]) == 0
    assert f"note: {three[0]} is cancelled, so it is not cancelled" in capfd.readouterr().err
    assert run_command_line(["queue", "retry", *three[1:]]) == 0
    assert f"note: {three[2]} is waiting, so it is not put in line again" in capfd.readouterr().err
    assert states(queue) == ["cancelled", "waiting", "waiting"]
    assert run_command_line(["queue", "move", three[0], "1"]) == 0
    taken = queue.take()
    assert run_command_line(["queue", "remove", three[1]]) == 0
    told = capfd.readouterr().err
    taken.lock.release()
    assert f"note: {three[0]} is cancelled, so it is not moved" in told
    assert f"note: {three[1]} is running: preparing, so it is not removed" in told


def test_what_was_left_can_be_cancelled_and_is_not_gone_on_with(queue, three):
    taken = queue.take()
    queue.note(taken.entry, "interrupted")
    taken.lock.release()
    assert run_command_line(["queue", "cancel", *three]) == 0
    assert run_command_line(["queue", "run"]) == 0
    assert states(queue) == ["cancelled"] * 3


def test_what_fails_is_told_and_the_others_run(queue, tmp_path, capfd):
    queue.add(small_experiment(f"data.source={{name='folder', path='{tmp_path}/nowhere'}}"))
    queue.add(small_experiment(strategy="supervised"))
    queue.set_aside()
    assert run_command_line(["queue", "run"]) == 1
    assert states(queue) == ["failed", "done"]
    assert "nowhere" in capfd.readouterr().err


def test_code_needs_a_word_of_whoever_runs_it(queue, tmp_path, capfd):
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n"
        "def build(image, classes):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(image.height * image.width, classes))\n"
    )
    model = f"networks.student.model={{name='python', path='{tmp_path}/mine.py:build'}}"
    key = queue.add(small_experiment(model, strategy="supervised"), allow_code=True).key
    assert run_command_line(["queue", "run"]) == 1
    assert "--allow-code" in capfd.readouterr().err
    queue.retry([key])
    assert run_command_line(["queue", "run", "--allow-code"]) == 0
    assert states(queue) == ["done"]


@pytest.mark.parametrize(
    ("ending", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_keeps_the_run_for_another_day(queue, three, monkeypatch, ending, code):
    monkeypatch.setattr("kdstudio.cli.queue.Display.show", lambda *_news: signal.raise_signal(ending))
    assert run_command_line(["queue", "run"]) == code
    assert states(queue) == ["interrupted", "waiting", "waiting"]


def test_a_second_worker_is_told_who_has_the_queue(queue, three, capfd):
    with queue.take_place().lock:
        taken = queue.take()
        assert run_command_line(["queue", "run"]) == 2
        taken.lock.release()
    told = capfd.readouterr().err
    assert "works this queue off already" in told
    assert f"process {taken.entry.worker} on {taken.entry.host} runs 'run0'" in told


def test_files_of_others_are_told(queue, three, runs, capfd):
    (runs / ".queue" / "note.json").write_text("{")
    assert run_command_line(["queue", "list"]) == 0
    assert "note.json is no entry" in capfd.readouterr().err


def test_seeds_and_settings_can_be_entries_of_their_own(queue, capfd):
    crossed = ("--seeds", "2", "--sweep", "strategy.temperature=1,4")
    assert run_command_line(["queue", "add", "digits-hinton", *crossed, "--spread"]) == 2
    assert "teacher_for_each_seed" in capfd.readouterr().err
    assert queue.entries() == []
    own = ("--set", "teacher_for_each_seed=true", "--name", "mine")
    assert run_command_line(["queue", "add", "digits-hinton", *crossed, *own, "--spread"]) == 0
    entries = queue.entries()
    assert capfd.readouterr().out.split() == [entry.key for entry in entries]
    assert [entry.folder_name for entry in entries] == ["mine-1", "mine-2", "mine-3", "mine-4"]
    found = [
        (each.seed, each.seeds, each.strategy.temperature) for each in map(type(entries[0]).read, entries)
    ]
    assert found == [(0, 1, 1.0), (0, 1, 4.0), (1, 1, 1.0), (1, 1, 4.0)]


@pytest.fixture
def two_workers(monkeypatch):
    """Two may work at once, forked."""
    if not CAN_FORK or most_workers() < 2:
        pytest.skip("needs workers that are there at once, and two cores")
    monkeypatch.setattr(process, "launch", forked_worker)


def test_two_workers_run_all_that_waits(queue, three, runs, two_workers, tmp_path, capfd, monkeypatch):
    """And a window that is opened meanwhile, be it before they have loaded anything, leaves it to them."""
    monkeypatch.setattr("kdstudio.cli.queue_workers.Bars.show", lambda *_: Queue(runs).set_aside())
    queue.want_workers(2)
    queue.add(small_experiment(f"data.source={{name='folder', path='{tmp_path}/nowhere'}}"))
    assert run_command_line(["queue", "run"]) == 1
    assert states(queue) == ["done"] * 3 + ["failed"]
    assert [entry.tries for entry in queue.entries()] == [1] * 4
    assert not queue.has_worker
    told = capfd.readouterr()
    assert sorted(told.out.split()) == sorted(str(runs / entry.run) for entry in queue.entries()[:3])
    assert "nowhere" in told.err


@pytest.mark.parametrize("allowed", [True, False])
def test_workers_run_code_by_the_same_word(queue, two_workers, tmp_path, allowed, capfd):
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n"
        "def build(image, classes):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(image.height * image.width, classes))\n"
    )
    model = f"networks.student.model={{name='python', path='{tmp_path}/mine.py:build'}}"
    queue.add(small_experiment(model, strategy="supervised"), allow_code=not allowed)
    queue.want_workers(2)
    assert run_command_line(["queue", "run", *(["--allow-code"] if allowed else [])]) == int(not allowed)
    assert states(queue) == ["done" if allowed else "failed"]


def test_a_worker_that_cannot_begin_is_told_once(queue, three, two_workers, monkeypatch, capfd):
    monkeypatch.setattr(process, "launch", lambda runs: forked_worker(runs, fail_at_once))
    queue.want_workers(2)
    assert run_command_line(["queue", "run"]) == 2
    assert states(queue) == ["waiting"] * 3
    told = capfd.readouterr().err
    assert told.count("ended before it could begin") == 1
    assert str(queue.log_file) in told


def test_a_signal_keeps_the_runs_of_all_workers(queue, two_workers, monkeypatch):
    for _number in range(3):
        queue.add(small_experiment("networks.teacher.training.epochs=10000"))
    queue.want_workers(2)

    def end(_bars, running):
        if len(running) == 2 and all(entry.run for entry in running):
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("kdstudio.cli.queue_workers.Bars.show", end)
    assert run_command_line(["queue", "run"]) == 143
    assert states(queue) == ["interrupted", "interrupted", "waiting"]


def test_more_workers_than_cores_are_refused(queue, capfd):
    assert run_command_line(["queue", "run", "--workers", "100000"]) == 2
    assert "--workers" in capfd.readouterr().err
    assert queue.workers == 1
