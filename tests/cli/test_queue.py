"""``kdstudio queue``: the same queue as the window's."""

import json
from contextlib import nullcontext

import pytest

from kdstudio.cli.commands import run_command_line
from kdstudio.runs.queue.queue import Queue
from tests.small import small_experiment

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
    assert states(queue) == ["waiting"] * 3
    run_command_line(["queue", "list"])
    assert "the queue is paused" in capfd.readouterr().out
    assert run_command_line(["queue", "unpause"]) == 0
    assert not queue.is_held


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


def test_ctrl_c_keeps_the_run_for_another_day(queue, three, monkeypatch, capfd):
    pressed = []
    monkeypatch.setattr("kdstudio.cli.queue.interruption", lambda: nullcontext(pressed))
    monkeypatch.setattr("kdstudio.cli.queue.Display.show", lambda *_news: pressed.append(True))
    assert run_command_line(["queue", "run"]) == 130
    assert states(queue) == ["interrupted", "waiting", "waiting"]


def test_a_second_worker_is_told_who_has_the_queue(queue, three, capfd):
    with queue.worker_lock():
        taken = queue.take()
        assert run_command_line(["queue", "run"]) == 2
        taken.lock.release()
    told = capfd.readouterr().err
    assert "works this queue off already" in told
    assert f"process {taken.entry.worker} runs 'run0'" in told


def test_files_of_others_are_told(queue, three, runs, capfd):
    (runs / ".queue" / "note.json").write_text("{")
    assert run_command_line(["queue", "list"]) == 0
    assert "note.json is no entry" in capfd.readouterr().err
