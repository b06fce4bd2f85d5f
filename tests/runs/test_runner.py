"""Who holds a run's lock is found, and nobody else is ended."""

import os
import subprocess
import sys
from contextlib import suppress

import psutil
import pytest

from kdstudio.cli.commands import run_command_line
from kdstudio.errors import KDStudioError
from kdstudio.runs.runner import Runner, find_runner
from tests.small import create_run, small_experiment

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells who reads alone"
)
HOLD = """if True:
    import filelock, os, signal, sys
    with filelock.FileLock(sys.argv[1]):
        if os.fork():  # what is forked holds it too
            print("held", flush=True)
        signal.pause()
"""
ASK = """if True:
    import signal, sys
    with open(sys.argv[1], "rb"):
        print("open", flush=True)
        signal.pause()
"""


@pytest.fixture
def run(runs):
    return create_run(runs, small_experiment(), "run")


@pytest.fixture
def begun(run):
    """Begins a program with the run's lock, and waits until it says a word; killed at the end."""
    processes = []

    def begin(program):
        command = [sys.executable, "-c", program, run.lock_file]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout.readline()
        return process

    yield begin
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            for forked in psutil.Process(process.pid).children():
                forked.kill()
        process.kill()
        process.communicate()


def test_it_is_the_process_that_holds_the_lock_and_not_one_that_reads_it(run, begun):
    begun(ASK)
    holding = begun(HOLD)
    runner = find_runner(run)
    assert runner.process.pid == holding.pid
    assert f"process {holding.pid} ({sys.executable} -c if True:" in str(runner)


def test_it_is_ended_with_what_it_has_forked_and_the_run_is_interrupted(run, begun):
    begun(ASK)
    holding = begun(HOLD)
    (forked,) = psutil.Process(holding.pid).children()
    find_runner(run).end()
    assert not forked.is_running() or forked.status() == psutil.STATUS_ZOMBIE
    assert not run.is_running()
    assert run.read().status == "interrupted"


def test_one_that_has_let_go_meanwhile_is_left_alone(run, begun):
    reading = begun(ASK)
    with pytest.raises(KDStudioError, match="no longer runs 'run', so it was left alone"):
        Runner(run, psutil.Process(reading.pid)).end()
    assert reading.poll() is None


def test_where_nobody_runs_it_there_is_nobody_to_end(run, begun):
    begun(ASK)
    with pytest.raises(KDStudioError, match="run 'run' is not running, so it cannot be ended"):
        find_runner(run)


def test_oneself_is_never_meant(run):
    with run.hold(), pytest.raises(KDStudioError, match="no process of yours on this machine runs 'run'"):
        find_runner(run)


@pytest.mark.parametrize(("answer", "code"), [("n\n", 130), ("y\n", 0)])
def test_it_is_named_before_it_is_ended(run, begun, monkeypatch, capfd, answer, code):
    holding = begun(HOLD)
    read, write = os.pipe()
    os.write(write, answer.encode())
    os.close(write)
    with os.fdopen(read) as typed:
        monkeypatch.setattr(sys, "stdin", typed)
        assert run_command_line(["stop", "run", "--now"]) == code
    out, err = capfd.readouterr()
    assert f"End process {holding.pid} (" in err
    assert run.is_running() == (code != 0)
    if code == 0:
        assert out == f"ended process {holding.pid}; 'kdstudio resume run' goes on with the run\n"
