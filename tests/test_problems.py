import pytest
from pydantic import ValidationError

from kdstudio.engine.experiment import Experiment
from kdstudio.engine.strategy import strategies
from kdstudio.problems import problems
from kdstudio.runs.presets import override, read_raw


def told(*settings):
    """The problems of the default preset with ``settings``, as lines."""
    raw = override(read_raw("digits-hinton"), settings)
    with pytest.raises(ValidationError) as caught:
        Experiment.model_validate(raw)
    return [str(problem) for problem in problems(caught.value, raw, Experiment)]


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("strategy.temperature=-1", "strategy.temperature: must be greater than 0, not -1"),
        ("strategy.alpha=2", "strategy.alpha: must be less than or equal to 1, not 2"),
        ("strategy.alpha=much", "strategy.alpha: must be a valid number, not 'much'"),
        ("strategy.temprature=4", "strategy.temprature: no such field; did you mean 'temperature'?"),
        ("strategy.divergence=js", "strategy.divergence: must be kl or ce, not 'js'"),
        ("strategy.baseline=perhaps", "strategy.baseline: must be a valid boolean, not 'perhaps'"),
        ("strategy.name=hinten", f"strategy: no 'hinten'; there are {', '.join(strategies)}"),
        ("networks.student.training.epochs=0", "networks.student.training.epochs: must be greater than or equal to 1, not 0"),
        ("networks.student.training.epochs=1.5", "networks.student.training.epochs: must be a valid integer, got a number with a fractional part, not 1.5"),
        ("networks.student.training.epoch=3", "networks.student.training.epoch: no such field; did you mean 'epochs'?"),
        ("networks.student.training.optimizer.learningrate=3", "networks.student.training.optimizer.learningrate: no such field; did you mean 'learning_rate'?"),
        ("networks.student.model.width=[3]", "networks.student.model.width: no such field; did you mean 'widths'?"),
        ("networks.student.model.widths=[3, 0]", "networks.student.model.widths.1: must be greater than or equal to 1, not 0"),
        ("networks.student.weights.origin=moon", "networks.student.weights: no 'moon'; there are training, file, run"),
        ("networks.student.weights.origin=file", "networks.student.weights.path: is required"),
        ("networks.student=3", "networks.student: must be a valid dictionary or instance of NetworkSpec, not 3"),
        ("data.validation=1", "data.validation: must be less than 1, not 1"),
        ("data.source={}", "data.source: say which one: name = …"),
        ("sed=1", "sed: no such field; did you mean 'seed'?"),
        ("seed=nan", "seed: must be a finite number, not nan"),
        ("about.titel=x", "about.titel: no such field; did you mean 'title'?"),
    ],
)  # fmt: skip
def test_a_problem_is_one_line_with_the_path_that_was_typed(setting, line):
    assert told(setting) == [line]


def test_every_problem_is_told():
    lines = told("strategy.alpha=-1", "seed=-1", "compute.threads=-1")
    assert [line.partition(":")[0] for line in lines] == ["seed", "strategy.alpha", "compute.threads"]


def test_a_field_unlike_any_other_is_answered_with_those_there_are():
    (line,) = told("strategy.qqqq=1")
    assert line == f"strategy.qqqq: no such field; there are {', '.join(strategies['hinton'].model_fields)}"
