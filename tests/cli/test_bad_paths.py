"""Every command with everything that a path or name can be: one line that says why, and no waiting."""

import os
import signal
import socket
import sys

import pytest

from kdstudio.cli.commands import run_command_line
from kdstudio.runs.presets import to_toml
from tests.small import run_in, small_experiment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes, links and names of Unix")
LONGEST = 20
"""Seconds after which a command hangs."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    run_in(folder, small_experiment("networks.student.training.leave_out=[3]"), "run")
    return folder


@pytest.fixture
def place(tmp_path, runs, kept, monkeypatch):
    """A folder with all that is bad, an experiment, and a run called ``run``."""
    runs.mkdir()
    (runs / "run").symlink_to(kept / "run")
    (tmp_path / "small.toml").write_text(to_toml(small_experiment()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def in_time():
    """Fail a command that waits."""

    def fail(*_arguments):
        pytest.fail("it hangs")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(LONGEST)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def make(kind, place, suffix):
    """Put something bad there, and return what it is called on the command line."""
    path = place / f"bad{suffix}"
    match kind:
        case "missing":
            return str(place / "none" / f"none{suffix}")
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as listening:
                listening.bind(path.name)
        case "loop":
            path.symlink_to(path)
        case "within a loop":
            (place / "loop").symlink_to(place / "loop")
            return str(place / "loop" / f"x{suffix}")
        case "within a file":
            path.touch()
            return str(path / f"x{suffix}")
        case "device":
            return "/dev/zero"
        case "empty":
            path.touch()
        case "binary":
            path.write_bytes(bytes(range(256)) * 40)
        case "not text":
            return f"\udcff{suffix}"
        case "long":
            return f"{'x' * 5000}{suffix}"
        case "nobody's":
            return f"~nobody-is-called-so/x{suffix}"
        case "two lines":
            return f"two\nlines{suffix}"
        case "emoji":
            return f"🦉{suffix}"
    return str(path)


ANY = ["missing", "folder", "pipe", "socket", "loop", "within a loop", "within a file", "device", "empty",
       "binary", "not text", "long", "nobody's", "two lines", "emoji"]  # fmt: skip
WRITTEN = [
    "missing",
    "folder",
    "pipe",
    "socket",
    "loop",
    "within a loop",
    "within a file",
    "not text",
    "long",
]
"""No device: where it is not refused, and the tests are run by root, it would be gone."""
SOME = ["missing", "pipe", "loop", "long", "nobody's", "two lines"]
NO_FOLDER = ["pipe", "socket", "loop", "within a loop", "within a file", "device", "empty", "binary",
             "not text", "long"]  # fmt: skip
NO_PLACE = ["pipe", "loop", "within a file"]
SPOKEN = ["missing", "not text", "long", "two lines"]
"""Of what is no path."""
QUIET = ["run", "small.toml", "--quiet", "--set"]


def weights(path):
    return [*QUIET, f"networks.teacher.weights={{origin='file', path={quoted(path)}}}"]


def quoted(path):
    return "'''" + path + "'''"


def of_run(command, *more):
    return lambda path: [command, path, *more]


READ = {
    "run": (of_run("run"), ".toml", ANY),
    "preview": (of_run("preview"), ".toml", SOME),
    "queue add": (lambda path: ["queue", "add", path], ".toml", SOME),
    "code": (of_run("code", "--out", "-"), ".toml", SOME),
    "safetensors": (weights, ".safetensors", ANY),
    "state dict": (weights, ".pt", ANY),
    "weights of a run": (
        lambda path: [*QUIET, f"networks.teacher.weights={{origin='run', run={quoted(path)}}}"], "", ANY,
    ),
    "images": (lambda path: [*QUIET, f"data.source={{name='folder', path={quoted(path)}}}"], "", ANY),
    "one's own network": (
        lambda p: [*QUIET[:2], "--allow-code", "-q", "--set",
                   f"networks.student.model={{name='python', path={quoted(p + ':build')}}}"],
        ".py", ANY,
    ),
    "picture": (lambda path: ["explain", "run", "--image", path], ".png", ANY),
    "class": (lambda path: ["explain", "run", "--class", path], "", SPOKEN),
    "device": (lambda path: [*QUIET[:3], "--device", path], "", SPOKEN),
    "setting": (lambda path: [*QUIET, path], "", SPOKEN),
    "network": (lambda path: ["temperature", "run", "--network", path], "", SPOKEN),
    "format": (lambda path: ["export", "run", "--out", "x", "--format", path], "", ["missing", "long"]),
    "claims": (lambda path: ["lecture", "--claims", path], "", SPOKEN),
    "key": (lambda path: ["queue", "cancel", path], "", SPOKEN),
    "cache": (lambda path: ["cache", "clear", path], "", SPOKEN),
    "delete --undo": (lambda path: ["delete", "--undo", "--runs-dir", path], "", ANY),
    **{
        command: (of_run(command), "", SOME)
        for command in ("resume", "watch", "pause", "unpause", "stop", "show", "temperature", "bias", "exits",
                        "explain", "label")
    },
    "delete": (of_run("delete", "--yes"), "", SOME),
    "export": (of_run("export", "--out", "x"), "", SOME),
    "report": (of_run("report", "--out", "x"), "", SOME),
    "name": (lambda path: [*QUIET[:3], "--name", path], "", SPOKEN),
    "name in the queue": (lambda path: ["queue", "add", "small.toml", "--name", path], "", SPOKEN),
    "runs folder": (lambda path: [*QUIET[:3], "--runs-dir", path], "", NO_FOLDER),
    **{
        f"runs folder of {' '.join(command)}": (
            lambda path, command=command: [*command, "--runs-dir", path], "", NO_PLACE
        )
        for command in (["list", "runs"], ["queue", "add", "small.toml"], ["queue", "list"], ["queue", "run"],
                        ["queue", "pause"], ["queue", "unpause"], ["lecture", "--list"])
    },
    "script to write": (lambda path: ["code", "run", "--replace", "--out", path], ".py",
                        [kind for kind in WRITTEN if kind != "folder"]),
    "report to write": (
        lambda path: ["report", "run", "--no-disagreements", "--replace", "--out", path], "", WRITTEN,
    ),
    "folder to export to": (lambda path: ["export", "run", "--out", path], "", NO_FOLDER),
    "report of the lecture": (lambda path: ["lecture", "--claims", "1", "--report", path], "", WRITTEN),
}  # fmt: skip
"""What is given, how, with which ending, and what of all that is bad there."""
CASES = [(what, kind) for what, (*_, kinds) in READ.items() for kind in kinds]


@pytest.mark.parametrize(("what", "kind"), CASES)
def test_it_is_refused_in_one_line(what, kind, place, runs, capfd, in_time):
    arguments, suffix, _ = READ[what]
    before = sorted(runs.iterdir())
    code = run_command_line(arguments(make(kind, place, suffix)))
    out, err = capfd.readouterr()
    assert (code, out) == (2, ""), err
    assert err.startswith("kdstudio: ")
    assert err.count("\n") == 1
    assert sorted(path for path in runs.iterdir() if path.name != ".queue") == before
