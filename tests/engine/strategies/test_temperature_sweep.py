import pytest
import torch

from kdstudio.engine.strategies.temperature_sweep import TemperatureSweep
from tests.small import same_state, small_context, small_experiment, train

MODELS = {
    "dropout": "{name='mlp', widths=[8, 6], input_dropout=0.1, dropout=0.2}",
    "batch norm and dropout": "{name='wide-resnet', depth=10, width=1, dropout=0.3}",
}


def swept(*settings):
    return small_experiment(*settings, strategy="temperature-sweep")


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_a_swept_student_equals_the_same_student_distilled_alone_bit_for_bit(model):
    """Its dropout too: what a student draws does not depend on who learns beside it."""
    small = (
        f"networks.student.model={model}",
        "networks.student.training.batch_size=64",
        "data.fraction=0.2",
    )
    _events, alone = train(
        small_experiment(*small, "strategy.temperature=4", "strategy.alpha=0.1", strategy="hinton")
    )
    _events, together = train(swept(*small, "strategy.temperatures=[1, 4]", "seeds=2"))
    assert same_state(together["teacher"], alone["teacher"])
    assert same_state(together["T4 α0,1 seed-0"], alone["student"])
    assert same_state(together["baseline seed-0"], alone["baseline"])


def test_all_students_of_a_role_are_in_one_stage_with_one_teacher():
    context = small_context(swept("strategy.temperatures=[1, 4]", "strategy.alphas=[0, 0.5]"))
    teacher, students = context.plan()
    assert [name for name, network in students.networks.items() if network.frozen] == ["teacher"]
    assert len(students.networks) == 1 + 2 * 2 + 1
    assert teacher.name == "teacher"


def test_students_of_one_seed_start_alike_and_of_another_seed_differently():
    context, weights = small_context(swept("strategy.temperatures=[1, 4]", "seeds=2")), {}
    for coordinates, trial in context.trials():
        *_, stage = trial.plan()
        for name, network in stage.networks.items():
            if temperature := trial.scorable[name].identity.coordinates.get("temperature"):
                weights[temperature, coordinates["seed"]] = network.module.state_dict()
    assert same_state(weights[1, 0], weights[4, 0])
    assert not torch.equal(weights[1, 0]["classifier.weight"], weights[1, 1]["classifier.weight"])


def test_more_architectures_are_more_roles_and_stages():
    network = small_experiment().networks["student"].model_dump()
    experiment = swept("strategy.baseline=false", "strategy.temperatures=[2]")
    strategy = experiment.strategy.model_copy(update={"students": 2})
    assert strategy.roles() == ("teacher", "student", "student-2")
    raw = experiment.model_dump()
    raw["strategy"]["students"] = 2
    raw["networks"]["student-2"] = network | {"model": {"name": "mlp", "widths": [4]}}
    context = small_context(type(experiment).model_validate(raw))
    assert [stage.name for stage in context.plan()] == [
        "teacher", "student", "student-2",
    ]  # fmt: skip


@pytest.mark.parametrize("field", ["temperatures", "alphas"])
def test_an_empty_sweep_is_refused(field):
    with pytest.raises(Exception, match=f"strategy.{field}"):
        swept(f"strategy.{field}=[]")


@pytest.mark.parametrize(
    ("options", "formula"),
    [
        (
            {"temperatures": (1.0, 4.0), "alphas": (0.1, 0.5)},
            "L = α·CE(y, softmax(z_s)) + (1 − α)·T²·KL(softmax(z_t/T) ‖ softmax(z_s/T)) "
            "for T in 1, 4 and α in 0.1, 0.5",
        ),
        (
            {"temperatures": (1.0, 4.0), "alphas": (0.1,)},
            "L = 0.1·CE(y, softmax(z_s)) + 0.9·T²·KL(softmax(z_t/T) ‖ softmax(z_s/T)) for T in 1, 4",
        ),
        (
            {"temperatures": (4.0,), "alphas": (0.25,)},
            "L = 0.25·CE(y, softmax(z_s)) + 0.75·4²·KL(softmax(z_t/4) ‖ softmax(z_s/4))",
        ),
    ],
)
def test_the_formula_has_signs_for_what_has_several_values(options, formula):
    assert TemperatureSweep(**options).formula() == formula
