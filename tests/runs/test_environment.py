import platform

import torch

import kdstudio
from kdstudio.runs import environment as module
from kdstudio.runs.environment import environment, processor
from kdstudio.runs.folder import create_run
from tests.small import small_experiment


def test_versions_are_those_of_what_is_loaded():
    found = environment()
    assert found["PyTorch"].partition("+")[0] == torch.__version__.partition("+")[0]
    assert (found["KD Studio"], found["Python"]) == (kdstudio.__version__, platform.python_version())
    assert found["Processor"].endswith("cores")


def test_a_package_that_is_not_there_is_left_out(monkeypatch):
    monkeypatch.setattr(module, "PACKAGES", {"Nothing": "no-such-package"})
    assert "Nothing" not in environment()


def test_the_processor_has_a_name_where_linux_does_not_tell_it(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "PROCESSORS", tmp_path / "none")
    assert processor() == (platform.processor() or platform.machine())


def test_a_run_notes_what_it_was_begun_with(runs):
    assert create_run(runs, small_experiment()).summary().environment == environment()
