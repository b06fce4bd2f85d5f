"""The log of what goes wrong in KD Studio itself, and what is known of programs that died."""

import faulthandler
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kdstudio import fault_log
from kdstudio.cli.commands import run_command_line
from kdstudio.fault_log import Session, crashes, described, log_file, log_folder, record, remark, tell


def test_the_log_begins_anew_before_it_grows_too_long(monkeypatch):
    monkeypatch.setattr(fault_log, "LOG_BYTES", 1000)
    for number in range(100):
        record(f"fault {number} {'x' * 90}")
    logs = sorted(log_folder().iterdir())
    assert [log.name for log in logs] == ["kdstudio.log", "kdstudio.log.1", "kdstudio.log.2"]
    assert all(log.stat().st_size <= 1000 for log in logs)
    assert "fault 99" in log_file().read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_log_that_cannot_be_written_stands_in_nobodys_way(monkeypatch, tmp_path, capfd):
    log_folder().mkdir()
    log_file().symlink_to("/dev/full")
    record("lost")
    (tmp_path / "file").touch()
    monkeypatch.setattr(fault_log, "log_folder", lambda: tmp_path / "file")
    record("lost")
    Session("command").end()
    assert crashes() == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("~nobody-of-that-name/log", "there is no user 'nobody-of-that-name'"),
        ("{here}/file", "it is a file"),
        ("{here}/file/log", "it is a file|Not a directory"),
        ("{here}/pipe", "it is a pipe"),
        ("{here}/closed/far/log", "'{here}/closed' cannot be written"),
    ],
)
def test_where_the_named_folder_cannot_be_the_log_is_in_the_usual_one(
    monkeypatch, tmp_path, capfd, named, why
):
    if os.geteuid() == 0 and "closed" in named:
        monkeypatch.setattr(os, "access", lambda *_of: False)
    (tmp_path / "file").touch()
    (tmp_path / "closed").mkdir(mode=0o500)
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KDSTUDIO_LOG", named.format(here=tmp_path))
    monkeypatch.setattr(fault_log, "user_log_path", lambda *_of, **_more: tmp_path / "usual")
    record("kept")
    Session("command").end()
    assert "kept" in (tmp_path / "usual" / "kdstudio.log").read_text()
    assert run_command_line(["list", "heads", "--json"]) == 0
    told = capfd.readouterr().err
    assert re.fullmatch(
        f"note: KDSTUDIO_LOG '.*' cannot be the folder of the log: ({why.format(here=tmp_path)}); "
        f"it is {tmp_path}/usual/kdstudio.log\n",
        told,
    )
    assert not (tmp_path / "~nobody-of-that-name").exists()


def test_the_named_folder_may_begin_with_ones_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KDSTUDIO_LOG", "~/deep/log")
    record("kept")
    assert "kept" in (tmp_path / "deep" / "log" / "kdstudio.log").read_text()
    assert remark() == ""


def test_a_fault_is_one_line_on_the_terminal_and_all_of_it_in_the_log(capsys):
    with pytest.raises(ValueError, match="out") as caught:
        raise ValueError("out\nof tune \udcff")
    tell(caught.value, "ValueError: out\nof tune")
    assert "test_fault_log.py" in described(caught.value)
    assert capsys.readouterr().err == f"kdstudio: ValueError: out of tune; the details are in {log_file()}\n"
    assert "Traceback" in log_file().read_text("utf-8")


@pytest.fixture
def session():
    """Faults end up where they did before."""
    before = faulthandler.is_enabled()
    yield Session("command")
    if before:
        faulthandler.enable(sys.__stderr__)


def test_a_program_that_ends_as_it_should_leaves_nothing(session):
    assert len(list(log_folder().iterdir())) == 1
    assert crashes() == [], "it goes on"
    session.end()
    assert list(log_folder().iterdir()) == []


def test_what_a_child_died_of_stays_in_the_log(session):
    (trace,) = log_folder().iterdir()
    trace.write_text("Fatal Python error")
    session.end()
    assert "Fatal Python error" in log_file().read_text()


DYING = "import faulthandler, os; from kdstudio.fault_log import Session; Session({!r}); {}"


def run_to_its_end(program: str, end: str) -> None:
    subprocess.run([sys.executable, "-c", DYING.format(program, end)], check=False, capture_output=True)


def test_what_died_is_told_once():
    run_to_its_end("command", "faulthandler._sigsegv()")
    (crash,) = crashes()
    assert "Segmentation fault" in crash.trace
    assert str(crash) == f"KD Studio ended unexpectedly on {crash.ended:%Y-%m-%d at %H:%M}"
    assert "Segmentation fault" in log_file().read_text()
    assert crashes() == []


def test_a_window_that_was_killed_is_told_and_a_command_is_not():
    run_to_its_end("command", "os.kill(os.getpid(), 9)")
    assert crashes() == []
    run_to_its_end("window", "os.kill(os.getpid(), 9)")
    (crash,) = crashes()
    assert str(crash) == f"KD Studio, begun on {crash.began:%Y-%m-%d at %H:%M}, ended unexpectedly"


def test_another_process_with_the_number_of_a_dead_one_does_not_hide_it():
    log_folder().mkdir()
    trace = log_folder() / f"window {os.getpid()} {10**18}.trace"
    trace.touch()
    os.utime(trace, (10**9, 10**9))  # long before this process began
    assert len(crashes()) == 1


def test_what_is_called_otherwise_is_left_alone():
    log_folder().mkdir()
    others = [log_folder() / name for name in ("x.trace", "a b c.trace", f"window 1 {'9' * 30}.trace")]
    for other in others:
        other.touch()
    assert crashes() == []
    assert all(other.exists() for other in others)
