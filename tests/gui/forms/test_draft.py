"""The draft: values, problems, the command that gives the same experiment."""

import shlex

import pytest

from kdstudio.engine.strategy import strategies
from kdstudio.errors import KDStudioError
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.fields import default_values
from kdstudio.runs.presets import load_experiment, save_experiment


@pytest.fixture
def draft(qapp):
    return Draft("digits-hinton")


def experiment_of(command: str):
    words = shlex.split(command)
    assert words[:2] == ["kdstudio", "run"]
    given = {"--set": [], "--seeds": [], "--sweep": []}
    for option, value in zip(words[3::2], words[4::2], strict=True):
        given[option].append(value)
    seeds = int(given["--seeds"][0]) if given["--seeds"] else None
    return load_experiment(words[2], given["--set"], seeds, given["--sweep"])


def test_a_preset_is_ready_to_run(draft):
    assert draft.experiment == load_experiment("digits-hinton")
    assert draft.command() == "kdstudio run digits-hinton"


def test_a_value_out_of_range_is_a_problem_at_its_path_and_mending_it_removes_it(draft):
    draft.set(("strategy", "alpha"), 2)
    assert draft.experiment is None
    assert [problem.path for problem in draft.problems] == [("strategy", "alpha")]
    draft.set(("strategy", "alpha"), 0.5)
    assert draft.problems == []
    assert draft.experiment.strategy.alpha == 0.5


def test_the_command_gives_the_same_experiment(draft):
    draft.set(("strategy", "temperature"), 8.0)
    draft.set(("networks", "student", "model", "widths"), [20, 30])
    draft.choose(
        ("networks", "teacher", "model"), {"name": "lenet", "channels": 4, "hidden": 32, "dropout": 0.0}
    )
    draft.choose(
        ("networks", "student", "training", "optimizer"),
        {"name": "adamw", "learning_rate": 0.002, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.0},
    )
    assert experiment_of(draft.command()) == draft.experiment


def test_another_strategy_keeps_the_networks_that_it_needs_and_gets_the_others_back(draft):
    teacher = draft.raw["networks"]["teacher"]
    draft.choose(("strategy",), {"name": "supervised"})
    assert set(draft.raw["networks"]) == {"student"}
    assert draft.experiment.strategy.name == "supervised"
    draft.choose(("strategy",), {"name": "hinton"})
    assert draft.raw["networks"]["teacher"] == teacher
    assert draft.experiment is not None


def test_a_bad_file_leaves_the_draft_as_it_was(draft, tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ")
    before = draft.raw
    with pytest.raises(KDStudioError, match="not valid TOML"):
        draft.load(str(broken))
    assert draft.raw is before


def test_more_architectures_of_a_sweep_are_more_networks(draft):
    draft.choose(("strategy",), default_values(strategies["temperature-sweep"]))
    assert list(draft.raw["networks"]) == ["teacher", "student"]
    draft.set(("strategy", "students"), 3)
    assert list(draft.raw["networks"]) == ["teacher", "student", "student-2", "student-3"]
    assert draft.experiment is not None
    draft.set(("networks", "student-3", "model", "widths"), [5])
    draft.set(("strategy", "students"), 1)
    draft.set(("strategy", "students"), 3)
    assert draft.value(("networks", "student-3", "model", "widths")) == [5]


def test_a_strategy_with_mistakes_keeps_the_networks(draft):
    draft.choose(("strategy",), default_values(strategies["temperature-sweep"]))
    draft.set(("strategy", "students"), "two")
    assert list(draft.raw["networks"]) == ["teacher", "student"]
    assert draft.experiment is None


@pytest.mark.parametrize("name", list(strategies))
def test_the_command_of_every_strategy_runs_what_the_form_shows(draft, name):
    draft.choose(("strategy",), default_values(strategies[name]))
    assert experiment_of(draft.command()) == draft.experiment


def test_a_number_that_is_taken_out_again_is_told_by_the_command(draft, tmp_path):
    draft.choose(("strategy",), default_values(strategies["match"]))
    draft.set(("strategy", "label_weight"), 0.5)
    save_experiment(draft.experiment, tmp_path / "mine.toml")
    draft.load(str(tmp_path / "mine.toml"))
    for nothing in ("", None):
        draft.set(("strategy", "label_weight"), nothing)
        assert draft.command().endswith(" --set strategy.label_weight=")
        assert experiment_of(draft.command()) == draft.experiment
        assert draft.experiment.strategy.label_weight is None


SWEEPS = [
    ({"strategy.temperature": [1, 4, 20]}, " --sweep strategy.temperature=1,4,20"),
    ({"strategy.divergence": ["kl", "ce"]}, " --sweep strategy.divergence=kl,ce"),
    ({"strategy.baseline": [True, False]}, " --sweep strategy.baseline=true,false"),
    (
        {"networks.student.model.widths": [[300, 300], [800]]},
        " --sweep 'networks.student.model.widths=[300, 300],[800]'",
    ),
    (
        {"networks.student.training.optimizer": [{"name": "adamw"}, {"name": "sgd", "momentum": 0.5}]},
        """ --sweep 'networks.student.training.optimizer={"name" = "adamw"},"""
        """{"name" = "sgd", "momentum" = 0.5}'""",
    ),
    (
        {"networks.student.training.leave_out": [["1", "7"], [1, 7, 8]], "strategy.alpha": [0, 0.5]},
        """ --sweep 'networks.student.training.leave_out=["1", "7"],[1, 7, 8]'"""
        " --sweep strategy.alpha=0,0.5",
    ),
]


@pytest.mark.parametrize(("sweep", "told"), SWEEPS)
def test_seeds_and_sweeps_have_options_of_their_own(draft, sweep, told):
    draft.set(("seeds",), 3)
    draft.set(("teacher_for_each_seed",), True)
    draft.set(("sweep",), sweep)
    settings = "kdstudio run digits-hinton --set teacher_for_each_seed=true --seeds 3"
    assert draft.command() == settings + told
    assert draft.experiment is not None
    assert experiment_of(draft.command()) == draft.experiment


def test_a_sweep_that_is_taken_out_or_changed_is_told_by_the_command(draft, tmp_path):
    draft.set(("sweep",), {"strategy.temperature": [1, 4], "strategy.alpha": [0, 1]})
    draft.set(("seeds",), 2)
    save_experiment(draft.experiment, tmp_path / "mine.toml")
    draft.load(str(tmp_path / "mine.toml"))
    assert draft.command() == f"kdstudio run {tmp_path / 'mine.toml'}"
    draft.set(("sweep",), {"strategy.alpha": [0, 1]})
    assert draft.command().endswith(" --sweep strategy.alpha=0,1")
    assert experiment_of(draft.command()) == draft.experiment
    draft.set(("sweep",), {})
    draft.set(("seeds",), 1)
    assert draft.command().endswith(" --seeds 1 --set 'sweep={}'")
    assert experiment_of(draft.command()) == draft.experiment
    assert draft.experiment.sweep == {}


def test_the_data_have_a_seed_of_their_own_if_wanted(draft):
    draft.set(("data", "seed"), 7)
    assert draft.command().endswith(" --set data.seed=7")
    assert experiment_of(draft.command()) == draft.experiment
