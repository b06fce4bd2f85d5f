"""The entry point: what loads, what is set before torch, and the exit code."""

import os
import signal
import subprocess
import sys

import pytest

from kdstudio import __main__ as program
from kdstudio import __version__


def test_the_exit_code_is_the_commands(monkeypatch, capfd):
    monkeypatch.setattr(sys, "argv", ["kdstudio", "show", "nothing"])
    with pytest.raises(SystemExit) as caught:
        program.main()
    assert caught.value.code == 2
    assert capfd.readouterr().err.startswith("kdstudio: no run 'nothing'")


@pytest.mark.parametrize("loaded", ["kdstudio.fault_log", "kdstudio.cli.commands"])
def test_an_interruption_while_modules_are_loaded_is_told_in_a_line(loaded, monkeypatch, capfd):
    class Interrupting:
        def find_spec(self, name, *_):
            if name == loaded:
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(sys, "argv", ["kdstudio", "list", "runs"])
    monkeypatch.delitem(sys.modules, loaded, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(SystemExit) as caught:
            program.main()
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught.value.code == 130
    assert capfd.readouterr().err == "kdstudio: interrupted\n"


def test_without_arguments_the_window_opens(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["kdstudio"])
    monkeypatch.setattr("kdstudio.gui.app.open_window", lambda: 7)
    monkeypatch.setattr("kdstudio.gui.app.leave", sys.exit)
    with pytest.raises(SystemExit) as caught:
        program.main()
    assert caught.value.code == 7


@pytest.mark.parametrize(("option", "told"), [("--version", __version__), ("--help", "Commands:")])
def test_options_alone_are_for_the_command_line(option, told, monkeypatch, capfd):
    monkeypatch.setattr(sys, "argv", ["kdstudio", option])
    with pytest.raises(SystemExit) as caught:
        program.main()
    assert caught.value.code == 0
    assert told in capfd.readouterr().out


def policy(**environment):
    code = "import os, sys, kdstudio; print(os.environ['OMP_WAIT_POLICY'], 'torch' in sys.modules)"
    kept = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=kept | environment, check=True
    )
    return told.stdout.split()


def test_waiting_threads_do_not_spin_however_the_package_is_used():
    assert policy() == ["passive", "False"]
    assert policy(OMP_WAIT_POLICY="active") == ["active", "False"]
