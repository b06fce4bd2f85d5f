"""Fixtures of all tests: one thread, and runs that stay in a temporary folder."""

import os
import sys
from pathlib import Path

import pytest

from kdstudio.gui.app import SYSTEM_LIBRARIES
from kdstudio.runs import folder as run_folder
from kdstudio.runs.exporting import child
from tests import forked
from tests.forked import CAN_FORK
from tests.leftovers import left, things

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.dont_write_bytecode = False  # else each of the many processes would compile all that it imports
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
try:
    from PySide6 import QtWidgets  # noqa: F401
except ImportError as error:  # a server without Qt's system libraries
    MISSING = f"tests of the window are left out: {error}; apt install {' '.join(SYSTEM_LIBRARIES.values())}"
    collect_ignore = ["gui"]
else:
    MISSING = ""
    pytest_plugins = ["pytestqt.plugin"]


def pytest_report_header():
    """Say what is left out."""
    return MISSING or None


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def nothing_left(request):
    """A test fails that leaves a thread, a process or an open file behind; tests marked ``keeps`` may."""
    before = things()
    yield
    if not request.node.get_closest_marker("keeps"):
        assert left(before) == []


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    """Folder of the runs, empty, and none came with the package; no test reaches the user's own."""
    folder = tmp_path / "runs"
    monkeypatch.setattr(run_folder, "RECORDED", tmp_path / "recorded")
    monkeypatch.setenv("KDSTUDIO_RUNS", str(folder))
    monkeypatch.setenv("KDSTUDIO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KDSTUDIO_LOG", str(tmp_path / "log"))
    return folder


@pytest.fixture(autouse=True)
def fork(monkeypatch):
    """Writers and runtimes of exported files are forked, since importing theirs takes seconds each time."""
    if CAN_FORK:
        monkeypatch.setattr(child, "launch", forked.launch)


@pytest.fixture
def mnist_folder():
    """Folder that holds MNIST/raw; skips where there is none."""
    named = os.environ.get("KDSTUDIO_DATA")
    if not named or not Path(named, "MNIST", "raw", "train-images-idx3-ubyte").exists():
        pytest.skip("KDSTUDIO_DATA names no folder with MNIST/raw")
    return Path(named)
