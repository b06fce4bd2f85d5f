import shlex
from itertools import pairwise

import pytest

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.presets import load_experiment
from kdstudio.runs.report.described import method, networks, origin
from kdstudio.runs.report.reported import read_run
from tests.results import row, run
from tests.small import create_run


@pytest.fixture
def seeds(kept):
    return read_run(RunFolder(kept / "seeds"))


def test_the_formula_the_data_and_the_training_are_told(seeds):
    told = "".join(method(seeds).parts)
    for words in (
        "L = ",
        "softmax",
        "2 seeds",
        "Data digits",
        "training images",
        "10 classes: 0, 1",
        "sgd",
        "256",
    ):
        assert words in told


def test_a_run_that_cannot_be_built_here_says_why_and_keeps_its_settings(reported):
    summary = run(row("student", 0.5), experiment={"strategy": {"name": "nobody-knows", "odd": 3}})
    assert "nobody-knows: nobody knows &lt;how&gt;" in "".join(method(reported(summary)).parts)
    assert "odd = 3" in "".join(origin(reported(summary)).parts)


def test_networks_say_how_they_are_fed(seeds):
    told = "".join(networks(seeds).parts)
    for words in ("student × 2 seeds", "mlp 8", "1 × 8 × 8", "divided by"):
        assert words in told


def test_a_network_whose_weights_are_not_kept_is_told_without_them(reported, tmp_path):
    assert "student" in "".join(networks(reported(run(row("student", 0.5)), tmp_path)).parts)
    assert networks(reported(run(), tmp_path)) is None


def test_the_command_gives_the_same_experiment(runs):
    changes = ("strategy.temperature=3", "networks.student.training.epochs=2")
    experiment = load_experiment("digits-hinton", changes, seeds=3)
    told = "".join(origin(read_run(create_run(runs, experiment))).parts)
    command = told.split("<pre><code>")[1].split("\n")[0]
    words = shlex.split(command)
    assert words[:3] == ["kdstudio", "run", "digits-hinton"]
    given = [value for option, value in pairwise(words) if option == "--set"]
    assert load_experiment("digits-hinton", given, seeds=int(words[words.index("--seeds") + 1])) == experiment


def test_another_experiment_is_run_from_its_file(seeds):
    told = "".join(origin(seeds).parts)
    assert "<code>kdstudio run experiment.toml</code>" in told
    assert "[networks.student.training.optimizer]" in told
    assert "PyTorch" in told


def test_a_former_run_says_that_nothing_was_noted(reported):
    assert "noted nothing of its environment" in "".join(origin(reported(run())).parts)
