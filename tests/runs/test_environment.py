import platform

import torch

import kdstudio
from kdstudio.runs import environment as module
from kdstudio.runs.environment import environment
from tests.small import create_run, small_experiment


def test_versions_are_those_of_what_is_loaded():
    found = environment()
    assert found["PyTorch"].partition("+")[0] == torch.__version__.partition("+")[0]
    assert (found["KD Studio"], found["Python"]) == (kdstudio.__version__, platform.python_version())
    assert found["Processor"].endswith("cores")


def test_a_package_that_is_not_there_is_left_out(monkeypatch):
    monkeypatch.setattr(module, "PACKAGES", {"Nothing": "no-such-package"})
    assert "Nothing" not in environment()


def test_a_run_notes_what_it_was_begun_with(runs):
    assert create_run(runs, small_experiment()).summary().environment == environment()
