"""Signals end a command with a checkpoint, whichever they are and however often they come."""

import os
import pty
import signal
import subprocess
import sys

import pytest
from rich.console import Console

from kdstudio.cli.commands import run_command_line
from kdstudio.cli.interruption import Interruption, interruption
from kdstudio.engine.stage_run import StageRun
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.presets import to_toml
from tests.small import run_in, same_states, small_experiment, weights_in

EVERY_SIGNAL = pytest.mark.parametrize(
    ("ending", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(small_experiment()))
    return str(path)


def raised_in_the_third_step(monkeypatch, *signals):
    take_step, count = StageRun.take_step, []

    def step(run, *arguments, **options):
        count.append(True)
        if len(count) == 3:
            for number in signals:
                signal.raise_signal(number)
        take_step(run, *arguments, **options)

    monkeypatch.setattr(StageRun, "take_step", step)


@EVERY_SIGNAL
def test_a_signal_stops_a_run_with_a_checkpoint_and_resume_ends_as_if_nothing_had_been(
    runs, file, monkeypatch, capfd, ending, code
):
    whole = run_in(runs, small_experiment(), "whole")
    raised_in_the_third_step(monkeypatch, ending)
    assert run_command_line(["run", file, "--name", "mine", "--quiet"]) == code
    out, err = capfd.readouterr()
    assert out == f"{runs / 'mine'}\n"
    assert err.startswith("kdstudio: stopping")
    assert err.count("\n") == 1
    assert RunFolder(runs / "mine").summary().status == "stopped"
    monkeypatch.undo()
    monkeypatch.setenv("KDSTUDIO_RUNS", str(runs))
    assert run_command_line(["resume", "mine", "--quiet"]) == 0
    assert same_states(weights_in(whole), weights_in(RunFolder(runs / "mine")))


def test_a_second_signal_does_not_undo_the_first_one(runs, file, monkeypatch, capfd):
    raised_in_the_third_step(monkeypatch, signal.SIGTERM, signal.SIGINT, signal.SIGINT)
    assert run_command_line(["run", file, "--name", "mine", "--quiet"]) == 143
    err = capfd.readouterr().err
    assert err.count("stopping as soon as this is done, with a checkpoint") == 3
    assert f"'kill -9 {os.getpid()}' ends at once" in err
    folder = RunFolder(runs / "mine")
    assert folder.summary().status == "stopped"
    assert folder.checkpoint_file.exists()


def test_a_signal_while_a_checkpoint_is_written_lets_it_be_written(runs, file, monkeypatch):
    from kdstudio.runs import recorder

    write = recorder.write_checkpoint

    def interrupted(*arguments):
        signal.raise_signal(signal.SIGINT)
        write(*arguments)
        signal.raise_signal(signal.SIGINT)

    raised_in_the_third_step(monkeypatch, signal.SIGINT)
    monkeypatch.setattr(recorder, "write_checkpoint", interrupted)
    assert run_command_line(["run", file, "--name", "mine", "--quiet"]) == 130
    assert RunFolder(runs / "mine").checkpoint_file.exists()


@EVERY_SIGNAL
def test_a_preparation_is_ended_and_leaves_nothing(runs, file, monkeypatch, capfd, ending, code):
    from kdstudio.data.sources.digits import Digits

    load = Digits.load

    def interrupted(source, progress):
        signal.raise_signal(ending)
        return load(source, progress)

    monkeypatch.setattr(Digits, "load", interrupted)
    assert run_command_line(["run", file, "--quiet"]) == code
    assert capfd.readouterr().err.endswith("kdstudio: interrupted before the run began\n")
    assert list(runs.iterdir()) == []


def test_handlers_are_put_back(runs):
    def handlers():
        return [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]

    before = handlers()
    with interruption():
        assert handlers() != before
    assert handlers() == before


def test_what_nohup_has_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruption() as interrupted:
            signal.raise_signal(signal.SIGHUP)
        assert not interrupted
    finally:
        signal.signal(signal.SIGHUP, before)


def test_bars_tell_of_it_once_there_is_something_to_tell():
    interrupted, terminal = Interruption(), Console(width=200)
    with terminal.capture() as nothing:
        terminal.print(interrupted)
    interrupted.is_shown = True
    interrupted.note(signal.SIGINT)
    with terminal.capture() as told:
        terminal.print(interrupted)
    assert nothing.get().strip() == ""
    assert told.get().startswith("stopping as soon as this is done")


def process(file, **options):
    command = [sys.executable, "-m", "kdstudio", "run", file, "--name", "long"]
    return subprocess.Popen(command, **options)


@pytest.fixture
def long(tmp_path):
    path = tmp_path / "long.toml"
    path.write_text(to_toml(small_experiment("networks.student.training.epochs=3000")))
    return str(path)


@pytest.mark.slow
def test_the_system_ends_a_program_which_is_resumed(runs, long):
    """The signal is sent once the program has told that the teacher is trained."""
    with process(long, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        told = next(line for line in program.stderr if line.startswith("teacher"))
        program.send_signal(signal.SIGTERM)
        out, err = program.communicate()
    folder = RunFolder(runs / "long")
    assert program.returncode == 143, told + err
    assert out == f"{folder.path}\n"
    assert "Traceback" not in err
    assert folder.summary().status == "stopped"
    assert folder.checkpoint_file.exists()


@pytest.mark.slow
def test_a_terminal_that_closes_leaves_a_checkpoint(runs, long):
    """The program draws its bars there, and has nowhere to draw them any more."""
    number, terminal = pty.fork()
    if number == 0:
        os.execv(sys.executable, [sys.executable, "-m", "kdstudio", "run", long, "--name", "long"])
    told = b""
    while b"teacher: " not in told:
        told += os.read(terminal, 4096)
    os.close(terminal)
    _number, status = os.waitpid(number, 0)
    assert os.waitstatus_to_exitcode(status) == 129
    folder = RunFolder(runs / "long")
    assert folder.summary().status == "stopped"
    assert folder.checkpoint_file.exists()
