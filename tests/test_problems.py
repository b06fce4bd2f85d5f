import pydantic
import pytest
from pydantic import ValidationError

from kdstudio.engine.experiment import Experiment
from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.engine.strategy import strategies
from kdstudio.problems import problems
from kdstudio.runs.presets import override, read_raw


def told(*settings):
    """The problems of the default preset with ``settings``, as lines."""
    raw = override(read_raw("digits-hinton"), settings)
    with pytest.raises(ValidationError) as caught:
        Experiment.model_validate(raw)
    return [str(problem) for problem in problems(caught.value, raw, Experiment)]


TRAINING, STUDENT = "networks.student.training", "networks.student"
WORDS = [
    ("strategy.temperature", "-1", "must be greater than 0, not -1"),
    ("strategy.alpha", "2", "must be less than or equal to 1, not 2"),
    ("strategy.alpha", "much", "must be a valid number, not 'much'"),
    ("strategy.temprature", "4", "no such field; did you mean 'temperature'?"),
    ("strategy.divergence", "js", "must be kl or ce, not 'js'"),
    ("strategy.baseline", "perhaps", "must be a valid boolean, not 'perhaps'"),
    (f"{TRAINING}.epochs", "0", "must be greater than or equal to 1, not 0"),
    (f"{TRAINING}.epochs", "many", "must be a valid integer, not 'many'"),
    (f"{TRAINING}.epoch", "3", "no such field; did you mean 'epochs'?"),
    (f"{TRAINING}.optimizer.learningrate", "3", "no such field; did you mean 'learning_rate'?"),
    (f"{STUDENT}.model.width", "[3]", "no such field; did you mean 'widths'?"),
    (f"{STUDENT}", "3", "must be a valid dictionary or instance of NetworkSpec, not 3"),
    ("data.validation", "1", "must be less than 1, not 1"),
    ("data.source", "{}", "say which one: name = …"),
    ("sed", "1", "no such field; did you mean 'seed'?"),
    ("seed", "nan", "must be a finite number, not nan"),
    ("about.titel", "x", "no such field; did you mean 'title'?"),
]


@pytest.mark.parametrize(("path", "value", "words"), WORDS)
def test_a_problem_is_one_line_with_the_path_that_was_typed(path, value, words):
    assert told(f"{path}={value}") == [f"{path}: {words}"]


def test_a_choice_that_does_not_exist_is_answered_with_those_that_do():
    assert told("strategy.name=hinten") == [f"strategy: no 'hinten'; there are {', '.join(strategies)}"]
    weights = f"{STUDENT}.weights"
    assert told(f"{weights}.origin=moon") == [f"{weights}: no 'moon'; there are training, file, run"]


def test_paths_do_not_name_the_choice_that_was_made():
    assert told(f"{STUDENT}.weights.origin=file") == [f"{STUDENT}.weights.path: is required"]
    widths = f"{STUDENT}.model.widths"
    assert told(f"{widths}=[3, 0]") == [f"{widths}.1: must be greater than or equal to 1, not 0"]


def test_every_problem_is_told():
    lines = told("strategy.alpha=-1", "seed=-1", "compute.threads=-1")
    assert [line.partition(":")[0] for line in lines] == ["seed", "strategy.alpha", "compute.threads"]


def test_a_field_unlike_any_other_is_answered_with_those_there_are():
    (line,) = told("strategy.qqqq=1")
    assert line == f"strategy.qqqq: no such field; there are {', '.join(strategies['hinton'].model_fields)}"


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("{name='attention', wieght=1}", "look.wieght: no such field; did you mean 'weight'?"),
        ("{name='attention', weight=-1}", "look.weight: must be greater than or equal to 0, not -1"),
        ("{name='attention', teacher_taps=[1]}", "look.teacher_taps.0: must be a valid string, not 1"),
        (
            "{name='attention', weighting={name='linear', finale=1}}",
            "look.weighting.finale: no such field; did you mean 'final'?",
        ),
        (
            "{name='attention', weighting={name='up'}}",
            "look.weighting: no 'up'; there are constant, linear, warm-up",
        ),
        ("{}", "look: say which one: name = …"),
        ("3", "look: say which one: name = …"),
        ("{name='lok'}", f"look: no 'lok'; there are {', '.join(matching_terms)}"),
    ],
)
def test_problems_within_a_table_of_terms_have_the_path_that_was_typed(entry, problem):
    lines = told(f"strategy={{name='match', terms={{look={entry}}}}}")
    assert lines == [f"strategy.terms.{problem}"]


def test_fields_of_an_entry_that_is_called_by_a_former_name_are_known():
    raw = read_raw("digits-self-distillation") | {"strategy": {"name": "own-teacher", "alhpa": 1}}
    with pytest.raises(ValidationError) as caught:
        Experiment.model_validate(raw)
    (problem,) = problems(caught.value, raw, Experiment)
    assert str(problem) == "strategy.alhpa: no such field; did you mean 'alpha'?"


@pytest.mark.parametrize(
    ("package", "words"),
    [
        (
            "kd-x 0.1",
            "strategy 'x' comes from the package 'kd-x 0.1', which is not installed; pip install kd-x",
        ),
        (
            "pydantic 0.1",
            f"which is here as {pydantic.VERSION} but does not offer it; 'kdstudio list' tells why",
        ),
        ("mine", "strategy 'x' comes from the module 'mine'; import that first"),
        (3, "strategy 'x' comes from the module '3'; import that first"),
        ("", "no 'x'; there are "),
    ],
)
def test_a_missing_entry_is_told_with_its_package(package, words):
    raw = override(read_raw("digits-hinton"), ["strategy.name=x"])
    with pytest.raises(ValidationError) as caught:
        Experiment.model_validate(raw)
    (problem,) = problems(caught.value, raw, Experiment, {"strategy.x": package})
    assert words in problem.message
