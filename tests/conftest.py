"""Fixtures of all tests: one thread, and runs that stay in a temporary folder."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    """Folder of the runs, empty; nothing that a test does reaches the user's own."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("KDSTUDIO_RUNS", str(folder))
    return folder


@pytest.fixture
def mnist_folder():
    """Folder that holds MNIST/raw; skips where there is none."""
    named = os.environ.get("KDSTUDIO_DATA")
    if not named or not Path(named, "MNIST", "raw", "train-images-idx3-ubyte").exists():
        pytest.skip("KDSTUDIO_DATA names no folder with MNIST/raw")
    return Path(named)
