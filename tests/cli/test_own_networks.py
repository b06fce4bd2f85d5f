"""Networks of the user's on the command line: one message, one line on stdout, and an end."""

import signal
import subprocess
import sys

import pytest

from kdstudio.cli.commands import run_command_line
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.presets import to_toml
from tests.models.faulty_networks import FAULTY, LEARNS, RAISING_LATE, Faulty, doing, network
from tests.small import small_experiment
from tests.waiting import wait_until

PRINTING = "print('printed'); sys.stdout.write('written\\n')"


@pytest.fixture
def command(tmp_path):
    """Writes a file of the user's, and returns the command that runs it as ``mine``."""

    def write(faulty, name="run"):
        experiment = small_experiment(faulty.write(tmp_path), strategy="supervised")
        (tmp_path / "mine.toml").write_text(to_toml(experiment))
        return [name, str(tmp_path / "mine.toml"), "--allow-code"]

    return write


@pytest.mark.parametrize("name", ["run", "preview"])
@pytest.mark.parametrize("fault", ["exits well in before", "tuple", "interrupts in before"])
def test_what_a_rehearsal_finds_is_one_line_with_file_and_line(command, tmp_path, runs, capfd, name, fault):
    assert run_command_line(command(FAULTY[fault], name)) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert FAULTY[fault].place(tmp_path) in err
    assert not runs.exists() or not [*runs.glob("*/summary.json")]


@pytest.mark.parametrize("fault", ["exits well", "interrupts", "raises what is no Exception"])
def test_what_fails_in_training_is_told_and_kept(command, tmp_path, runs, capfd, fault):
    faulty = RAISING_LATE[fault]
    assert run_command_line([*command(faulty), "--name", "mine", "--quiet"]) == 1
    out, err = capfd.readouterr()
    assert out == f"{runs / 'mine'}\n"
    assert err == f"kdstudio: {faulty.told} {faulty.place(tmp_path)}; mend it there\n"
    assert RunFolder(runs / "mine").summary().status == "failed"


@pytest.mark.parametrize("name", ["run", "preview"])
def test_one_that_ends_the_program_in_a_rehearsal_is_refused(command, tmp_path, capfd, name):
    ending = doing("before", "os._exit(0)", "SystemExit: 0")
    assert run_command_line(command(ending, name)) == 2
    out, err = capfd.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert f"{ending.told} {ending.place(tmp_path)}" in err


def test_one_that_ends_the_program_in_training_fails_its_run(command, tmp_path, runs, capfd):
    ending = doing("late", f"if {LEARNS}: os._exit(0)", "SystemExit: 0")
    assert run_command_line([*command(ending), "--name", "mine", "--quiet"]) == 1
    out, err = capfd.readouterr()
    assert out == f"{runs / 'mine'}\n"
    assert err == f"kdstudio: {ending.told} {ending.place(tmp_path)}; mend it there\n"
    assert RunFolder(runs / "mine").summary().status == "failed"


def test_what_it_prints_goes_to_stderr(command, runs, capfd):
    printing = Faulty(network(top=PRINTING, before=PRINTING), "")
    assert run_command_line([*command(printing), "--name", "mine", "--quiet"]) == 0
    out, err = capfd.readouterr()
    assert out == f"{runs / 'mine'}\n"
    assert {*err.split()} == {"printed", "written"}


def started(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "kdstudio", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_thread_that_it_leaves_behind_keeps_nobody_waiting(command, runs):
    thread = "import threading, time; threading.Thread(target=time.sleep, args=(1000,)).start()"
    with started(*command(Faulty(network(top=thread), "")), "--name", "mine", "-q") as process:
        out, err = process.communicate(timeout=100)
    assert (process.returncode, out, err) == (0, f"{runs / 'mine'}\n", "")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
@pytest.mark.parametrize("when", [LEARNS, "True"])
def test_of_one_that_never_returns_it_is_told_how_to_end_it(command, tmp_path, runs, capfd, when):
    began = tmp_path / "began"
    act = f"if {when}: open({str(began)!r}, 'w').close(); [0 for _ in iter(int, 1)]"
    with started(*command(Faulty(network(late=act), "")), "--name", "mine", "-q") as process:
        wait_until(lambda: began.exists() or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        assert f"'kill -9 {process.pid}' ends at once" in process.stderr.readline()
        if when == LEARNS:
            assert run_command_line(["stop", "mine"]) == 0
            assert "'kdstudio stop mine --now' ends its process" in capfd.readouterr().err
            assert run_command_line(["stop", "mine", "--now", "--yes"]) == 0
        process.kill()
    if when == LEARNS:
        assert RunFolder(runs / "mine").summary().status == "interrupted"
    else:
        assert not [*runs.glob("*/summary.json")]
