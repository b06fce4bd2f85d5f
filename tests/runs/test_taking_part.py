import subprocess
import time
from datetime import timedelta
from itertools import takewhile

import pytest

from kdstudio.engine.events import EpochDone
from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.log import RunFollower
from kdstudio.runs.presets import to_toml
from kdstudio.runs.session import new_session, resumed_session
from kdstudio.runs.taking_part import from_environment
from tests.several import environments, started
from tests.small import run_in, small_experiment, weights_in

LONGEST = 300.0
"""Seconds that a run may take on a busy machine."""
LOOK = 0.02
TOLERANCE = 1e-4
"""Between weights that other numbers of processes have trained, in float32, over the epochs here."""
LONG = ("networks.student.training.epochs=40", "compute.checkpoint_every=0", "strategy.baseline=false")


def long_experiment():
    return small_experiment("compute.precision=float32", *LONG)


def command(runs, *arguments):
    """Two processes that carry out a command."""
    return started(
        2,
        *("-m", "kdstudio", *arguments, "--runs-dir", str(runs)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run_by_two(runs, experiment, name="run", *more):
    runs.mkdir(parents=True, exist_ok=True)
    file = runs.parent / "experiment.toml"
    file.write_text(to_toml(experiment))
    return command(runs, "run", str(file), "--name", name, *more)


def wait_for_epoch(folder, epoch, processes):
    """Wait until the student has learned for so many epochs; in between ``processes`` may not end."""
    follower, given_up = None, time.monotonic() + LONGEST
    while time.monotonic() < given_up:
        assert [process.poll() for process in processes] == [None] * len(processes)
        if follower is None and folder.events_file.exists():
            follower = RunFollower(folder)
        if follower and any(
            isinstance(event, EpochDone) and event.epoch >= epoch for event in follower.poll()
        ):
            return
        time.sleep(LOOK)
    raise AssertionError(f"no epoch {epoch}")


def ended(processes):
    """Exit codes, and what each has said on stdout and stderr."""
    said = [process.communicate(timeout=LONGEST) for process in processes]
    return [process.returncode for process in processes], said


def differ(one, other):
    """The largest difference of any weight."""
    assert one.keys() == other.keys()
    pairs = ((state[key], other[name][key]) for name, state in one.items() for key in state)
    return max(float((a.double() - b.double()).abs().max()) for a, b in pairs)


def last_weights(folder):
    return {name: state for name, state in weights_in(folder).items() if "best" not in name}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The same run by one process, never interrupted."""
    return run_in(tmp_path_factory.mktemp("alone"), long_experiment())


@pytest.mark.slow
def test_a_killed_process_ends_the_run_with_its_rank_and_one_process_goes_on(runs, alone):
    processes = run_by_two(runs, long_experiment())
    folder = RunFolder(runs / "run")
    wait_for_epoch(folder, 3, processes)
    processes[1].kill()
    codes, said = ended(processes)
    assert codes == [1, -9]
    assert "the process of rank 1 (of 2, on " in said[0][1]
    assert "is gone; 'kdstudio resume run' goes on from the last checkpoint" in said[0][1]
    assert folder.summary().status == "failed"
    assert trained_again(folder) == {1}
    assert folder.summary().status == "finished"
    assert differ(last_weights(alone), last_weights(folder)) < TOLERANCE


def trained_again(folder):
    """Let one process go on with a run, to its end; returns the numbers of the stages that it trains in."""
    return {event.stage for event in resumed_session(folder).events() if isinstance(event, EpochDone)}


@pytest.mark.slow
def test_two_processes_go_on_with_the_run_of_one(runs, alone):
    session = new_session(long_experiment(), runs, "run")
    events = session.events()
    for _event in takewhile(lambda event: not is_late(event), events):
        pass
    events.close()
    assert session.folder.summary().status == "stopped"
    codes, said = ended(command(runs, "resume", "run", "--quiet"))
    assert codes == [0, 0], said
    assert [out for out, _err in said] == [f"{session.folder.path}\n", ""]
    assert session.folder.summary().status == "finished"
    assert differ(last_weights(alone), last_weights(session.folder)) < TOLERANCE


def is_late(event):
    return isinstance(event, EpochDone) and event.stage == 1 and event.epoch == 5


@pytest.mark.slow
def test_what_is_wrong_is_said_once(runs):
    codes, said = ended(command(runs, "run", "no-such-preset"))
    assert codes == [2, 1]
    assert "no-such-preset" in said[0][1]
    assert "kdstudio:" not in said[1][1]
    assert [out for out, _err in said] == ["", ""]


@pytest.mark.slow
def test_what_every_process_refuses_is_said_once(runs):
    small = small_experiment("networks.student.training.batch_size=1", "strategy.baseline=false")
    codes, said = ended(run_by_two(runs, small))
    assert codes == [2, 1]
    assert "kdstudio: 2 processes cannot share a batch of 1 images; start no more than 1" in said[0][1]
    assert "kdstudio:" not in said[1][1]


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"WORLD_SIZE": "two"}, "WORLD_SIZE is 'two'; it must be a whole number from 1 on"),
        ({"WORLD_SIZE": "0"}, "WORLD_SIZE is '0'"),
        ({"WORLD_SIZE": "2"}, "RANK is not set; it must be a whole number from 0 on, as torchrun sets it"),
        ({"WORLD_SIZE": "2", "RANK": "2"}, "RANK is 2, but WORLD_SIZE 2; ranks go from 0 to 1"),
        ({"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "-1"}, "LOCAL_RANK is '-1'"),
        ({"WORLD_SIZE": "2", "RANK": "1"}, "WORLD_SIZE is 2, but MASTER_ADDR is not set; start the run with"),
        ({"WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": "a"}, "but MASTER_PORT is not set"),
    ],
)
def test_an_environment_that_cannot_be_is_refused(environment, told):
    with pytest.raises(KDStudioError) as refused:
        from_environment(environment)
    assert told in str(refused.value)


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_where_the_others_never_come_it_is_told(rank, monkeypatch):
    monkeypatch.setattr("kdstudio.processes.JOIN_WAIT", timedelta(seconds=1))
    environment = environments(2)[rank]
    for name in ("MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.setenv(name, environment[name])
    with pytest.raises(KDStudioError, match=rf"the process of rank {rank} \(of 2\) does not find the others"):
        from_environment(environment)


@pytest.mark.parametrize("environment", [{}, {"WORLD_SIZE": "1", "RANK": "0"}])
def test_one_process_joins_nobody(environment):
    assert from_environment(environment) is None
