"""Fields that a search varies: what can be written, and what is refused."""

import optuna
import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.studies.varied import Choice, Range, read_varied, with_values
from tests.small import small_experiment


def read(*texts, settings=()):
    return read_varied(texts, small_experiment(*settings), "small")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("strategy.alpha=0.1..0.9", Range("strategy.alpha", 0.1, 0.9)),
        (" strategy.alpha = .1 .. 1 ", Range("strategy.alpha", 0.1, 1.0)),
        ("strategy.temperature=1..20:log", Range("strategy.temperature", 1, 20, is_log=True)),
        ("strategy.temperature=1e-1..2e1 : log", Range("strategy.temperature", 0.1, 20, is_log=True)),
        (
            "networks.student.training.batch_size=16..64",
            Range("networks.student.training.batch_size", 16, 64, is_whole=True),
        ),
        ("strategy.temperature=1,4,20", Choice("strategy.temperature", (1, 4, 20))),
        ("strategy.baseline=true,false", Choice("strategy.baseline", (True, False))),
        ("networks.student.model.widths=[8],[8, 4]", Choice("networks.student.model.widths", ([8], [8, 4]))),
    ],
)
def test_what_can_be_varied(text, expected):
    assert read(text) == (expected,)


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ((), "nothing is varied"),
        (("strategy.alpha",), "write path=values"),
        (("strategy.alpha=",), "write path=values"),
        (("=1..2",), "write path=values"),
        (("strategy.alpha=0.9..0.1",), "0.9 is not below 0.1"),
        (("strategy.alpha=0.5..0.5",), "0.5 is not below 0.5"),
        (("strategy.alpha=a..b",), "'a' is no number"),
        (("strategy.alpha=0..inf",), "'inf' is no number"),
        (("strategy.alpha=0..1:lin",), "no scale 'lin'"),
        (("strategy.temperature=0..4:log",), "begins above 0, not at 0"),
        (("strategy.alpha=0.5..1.5",), "strategy.alpha: must be less than or equal to 1, not 1.5"),
        (("strategy.alfa=0..1",), "did you mean 'alpha'?"),
        (("compute.device=cpu,cuda",), "'compute.device' cannot be swept"),
        (("networks.student.training.batch_size=1.5..8",), "batch_size: must be a valid integer"),
        (("strategy.temperature=1,1.0",), "tried twice"),
        (("strategy.alpha=0..1", "strategy.alpha=0.1..0.2"), "--over strategy.alpha is given twice"),
    ],
)
def test_what_cannot_is_said_in_one_message(texts, told):
    with pytest.raises(KDStudioError) as error:
        read(*texts)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_an_experiment_that_sweeps_is_refused():
    with pytest.raises(KDStudioError, match=r"sweeps strategy\.temperature"):
        read("strategy.alpha=0..1", settings=['sweep={"strategy.temperature"=[1, 4]}'])


def test_values_that_do_not_go_together_are_found_before_anything_runs():
    with pytest.raises(KDStudioError, match="widths"):
        read("networks.student.model.name=mlp,lenet", "networks.student.model.widths=[8],[16]")


def test_many_fields_are_checked_one_by_one():
    fields = [
        f"networks.{role}.training.{name}"
        for role in ("teacher", "student")
        for name in ("epochs", "batch_size")
    ]
    wide = [f"{path}={','.join(map(str, range(1, 9)))}" for path in fields]  # 4,096 settings
    assert len(read(*wide)) == 4
    with pytest.raises(KDStudioError, match=r"strategy\.alpha"):
        read(*wide, "strategy.alpha=0..2")


def test_what_is_chosen_is_put_into_the_experiment():
    experiment = small_experiment()
    fields = read("strategy.alpha=0.1..0.9", "networks.student.model.widths=[8],[8, 4]")
    found = with_values(
        experiment, fields, {"strategy.alpha": 0.3, "networks.student.model.widths": "8-4"}, "t"
    )
    assert found.strategy.alpha == 0.3
    assert found.networks["student"].model.widths == (8, 4)
    assert found.networks["teacher"] == experiment.networks["teacher"]


def test_optuna_is_told_the_kind_of_each_field():
    fields = read(
        "strategy.alpha=0.1..0.9",
        "strategy.temperature=1..20:log",
        "networks.student.training.batch_size=16..64:log",
        "strategy.baseline=true,false",
    )
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0)).ask()
    values = [field.suggest(trial) for field in fields]
    assert trial.distributions == {
        "strategy.alpha": optuna.distributions.FloatDistribution(0.1, 0.9),
        "strategy.temperature": optuna.distributions.FloatDistribution(1, 20, log=True),
        "networks.student.training.batch_size": optuna.distributions.IntDistribution(16, 64, log=True),
        "strategy.baseline": optuna.distributions.CategoricalDistribution(("on", "off")),
    }
    assert isinstance(values[2], int)
    assert fields[3].value("off") is False
