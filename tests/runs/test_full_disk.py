"""A disk that is full at any write of a run: one message, a folder that is whole, and no bit lost."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from kdstudio.cli.commands import run_command_line
from kdstudio.engine.stage_run import StageRun
from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.presets import to_toml
from kdstudio.runs.session import new_session, resumed_session
from tests.full_disk import FullDisk
from tests.small import create_run, run_in, same_states, small_experiment, weights_in

EVERY = "compute.checkpoint_every=0"
PLENTY = 10**9


def written_in(runs, monkeypatch, experiment):
    """A run to its end, and how many writes it took."""
    with monkeypatch.context() as patch:
        session = new_session(experiment, runs, "whole")
        disk = FullDisk(PLENTY).mount(patch.setattr)
        list(session.events())
    return session.folder, disk.count


def check_every(runs, monkeypatch, experiment, stride):
    whole, count = written_in(runs, monkeypatch, experiment)
    for number in range(0, count, stride):
        for once in (True, False):
            session = new_session(experiment, runs, f"full-{number}-{once}")
            with monkeypatch.context() as patch:
                FullDisk(number, once=once).mount(patch.setattr)
                *_others, last = session.events()
            check_message(session, last)
            check_readable(session.folder, once=once)
            again = resumed_session(RunFolder(session.folder.path))
            assert [*again.events()][-1].kind == "run-done", number
            check_readable(again.folder, once=once, ended="finished")
            assert again.folder.summary().networks == whole.summary().networks
            assert same_states(weights_in(whole), weights_in(again.folder))


def check_message(session, last):
    assert last == session.failed
    assert last.message == (
        f"the run folder {session.folder.path} cannot be written (No space left on device); "
        "make room there, then resume the run, which goes on from its last checkpoint"
    )


def check_readable(folder, *, once, ended="failed"):
    lines = folder.events_file.read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"\n") and json.loads(line) for line in lines)
    assert not [file for file in folder.path.rglob(".*.??*") if file.name != ".lock"]
    assert folder.summary().status == ended or (not once and folder.summary().status == "interrupted")
    assert not folder.is_running()


def test_full_at_some_writes_it_says_so_and_goes_on_bit_for_bit_when_there_is_room(runs, monkeypatch):
    check_every(runs, monkeypatch, small_experiment(EVERY, strategy="supervised"), stride=4)


@pytest.mark.slow
def test_full_at_any_write_it_says_so_and_goes_on_bit_for_bit_when_there_is_room(runs, monkeypatch):
    check_every(runs, monkeypatch, small_experiment(EVERY), stride=1)


def test_what_fails_at_the_very_end_does_not_begin_anew(runs, monkeypatch):
    """The last write says that the run is finished; until then its checkpoint stays."""
    experiment = small_experiment(strategy="supervised")
    _whole, count = written_in(runs, monkeypatch, experiment)
    session = new_session(experiment, runs, "nearly")
    with monkeypatch.context() as patch:
        FullDisk(count - 1, once=True).mount(patch.setattr)
        list(session.events())
    assert session.failed
    kinds = [event.kind for event in resumed_session(session.folder).events()]
    assert kinds == ["run-started", "run-done"]
    assert not session.folder.checkpoint_file.exists()


@pytest.mark.parametrize("room", range(5))
def test_a_run_that_cannot_even_begin_leaves_no_folder(runs, monkeypatch, room):
    with monkeypatch.context() as patch:
        disk = FullDisk(room).mount(patch.setattr)
        if room < 2:
            with pytest.raises(KDStudioError, match=r"runs folder .* cannot be written \(No"):
                create_run(runs, small_experiment(), "new")
            assert [*runs.iterdir()] == []
        else:
            create_run(runs, small_experiment(), "new")
            assert disk.count == 2


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(small_experiment(EVERY)))
    return str(path)


@pytest.mark.parametrize(
    ("reason", "remedy"), [(errno.ENOSPC, "make room there"), (errno.EROFS, "let it be written to")]
)
@pytest.mark.parametrize("options", [("--quiet",), ()])
def test_the_terminal_is_told_in_one_line_and_by_the_exit_code(
    runs, file, monkeypatch, capfd, reason, remedy, options
):
    with monkeypatch.context() as patch:
        FullDisk(30, reason=reason).mount(patch.setattr)
        assert run_command_line(["run", file, "--name", "mine", *options]) == 1
    out, err = capfd.readouterr()
    assert out == f"{runs / 'mine'}\n"
    assert err.count("cannot be written") == 1
    assert err.endswith(f"; {remedy}, then resume the run, which goes on from its last checkpoint\n")
    assert "Traceback" not in err
    assert not options or err.count("\n") == 1
    assert run_command_line(["resume", "mine", "--quiet"]) == 0
    assert same_states(weights_in(RunFolder(runs / "mine")), weights_in(run_in(runs, small_experiment())))


def in_the_third_step(monkeypatch, act):
    take_step, count = StageRun.take_step, []

    def step(run, *arguments, **options):
        count.append(True)
        if len(count) == 3:
            act()
        take_step(run, *arguments, **options)

    monkeypatch.setattr(StageRun, "take_step", step)


def test_a_folder_that_is_deleted_meanwhile_is_told(runs, file, monkeypatch, capfd):
    in_the_third_step(monkeypatch, lambda: shutil.rmtree(runs / "mine"))
    assert run_command_line(["run", file, "--name", "mine", "--quiet"]) == 1
    out, err = capfd.readouterr()
    assert out == f"{runs / 'mine'}\n"
    assert err.startswith(f"kdstudio: the run folder {runs / 'mine'} cannot be written (No such file")
    assert "it was moved or deleted: put it back, then resume the run" in err
    assert err.count("\n") == 1


def test_a_folder_that_is_put_back_goes_on(runs, file, monkeypatch, capfd):
    in_the_third_step(monkeypatch, lambda: (runs / "mine").rename(runs.parent / "moved"))
    assert run_command_line(["run", file, "--name", "mine", "--quiet"]) == 1
    monkeypatch.undo()
    (runs.parent / "moved").rename(runs / "mine")
    assert run_command_line(["resume", "mine", "--runs-dir", str(runs), "--quiet"]) == 0
    folder = RunFolder(runs / "mine")
    assert same_states(weights_in(folder), weights_in(run_in(runs, small_experiment())))


def frozen(folder, flag):
    """Tell whether nobody, not even root, may change what is in ``folder`` any more (``+i``)."""
    if not shutil.which("chattr"):
        return False
    return subprocess.run(["chattr", flag, folder], capture_output=True).returncode == 0


def test_an_immutable_folder_is_told_and_goes_on_when_it_can_be_written(runs, file, monkeypatch, capfd):
    session = new_session(small_experiment(EVERY), runs, "mine")
    events = session.events()
    next(event for event in events if event.kind == "epoch-done")
    events.close()
    if not frozen(session.folder.path, "+i"):
        pytest.skip("chattr does not do here")
    try:
        assert run_command_line(["resume", "mine", "--quiet"]) != 0
        told = capfd.readouterr().err
    finally:
        frozen(session.folder.path, "-i")
    assert f"the run folder {session.folder.path} cannot be written" in told
    assert told.count("\n") == 1
    assert run_command_line(["resume", "mine", "--quiet"]) == 0
    assert same_states(weights_in(session.folder), weights_in(run_in(runs, small_experiment())))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="needs limits of files")
def test_the_systems_own_limit_in_a_program_of_its_own(runs, tmp_path):
    """The log grows into it, in the middle of a line."""
    import resource

    experiment = small_experiment("networks.student.training.epochs=60")
    (tmp_path / "long.toml").write_text(to_toml(experiment))
    command = [sys.executable, "-m", "kdstudio", "run", str(tmp_path / "long.toml"), "--name", "long", "-q"]
    limit = 40_000
    program = subprocess.run(
        command,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    folder = RunFolder(runs / "long")
    assert program.returncode == 1
    assert program.stdout == f"{folder.path}\n"
    assert "(File too large); allow larger files there, then resume the run" in program.stderr
    assert program.stderr.count("\n") == 1
    list(resumed_session(folder).events())
    assert same_states(weights_in(folder), weights_in(run_in(runs, experiment)))
