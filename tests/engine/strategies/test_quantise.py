import numpy as np
import pytest
import torch

from kdstudio.engine.events import StageDone
from kdstudio.engine.strategies.quantise import Quantise
from kdstudio.models.int8 import Int8
from kdstudio.models.modules.quantised import roundings
from kdstudio.runs.session import new_session
from tests.small import run_in, small_context, small_experiment, train

LENET = "networks.student.model={name='lenet', channels=4, hidden=16}"


def planned(*settings):
    context = small_context(small_experiment(*settings, strategy="quantise"))
    return context, list(context.plan())


def rows(events):
    return {n: row for event in events if isinstance(event, StageDone) for n, row in event.networks.items()}


def test_it_trains_teacher_and_student_then_the_rounded_ones():
    context, stages = planned()
    assert [stage.name for stage in stages] == ["teacher", "float32", "int8 labels", "int8 aware"]
    kinds = {name: entry.identity.kind for name, entry in context.scorable.items()}
    assert kinds == {
        "float32": "float", "teacher": "teacher", "int8 calibrated": "control", "int8 labels": "control",
        "int8 aware": "student",
    }  # fmt: skip
    assert [stage.name for stage in planned("strategy.baseline=false")[1]][2:] == ["int8 aware"]


def test_the_rounded_ones_begin_with_the_float_student_s_weights_and_the_calibrated_ranges():
    context, _stages = planned()
    whole, *others = (
        context.networks[n] for n in ("float32", "int8 calibrated", "int8 labels", "int8 aware")
    )
    state = whole.module.state_dict()
    for network in others:
        own = network.module.state_dict()
        assert all(torch.equal(own[key], value) for key, value in state.items())
        ranges = [(r.low.item(), r.high.item()) for r in roundings(network.module)]
        assert ranges == [(r.low.item(), r.high.item()) for r in roundings(others[0].module)]
        assert network.frozen == (network is others[0])
        assert context.model_of(network.name) == Int8(of=context.experiment.networks["student"].model)


def test_both_learn_on_for_the_same_epochs_at_the_same_rate():
    context, stages = planned("strategy.epochs=3", "strategy.rate=0.25")
    recipe = context.recipe("student")
    for stage in stages[2:]:
        assert stage.training_spec.epochs == 3
        assert stage.training_spec.optimizer.learning_rate == recipe.optimizer.learning_rate / 4
        assert stage.training_spec.schedule == recipe.schedule
    assert stages[1].training_spec == recipe


@pytest.mark.parametrize(("learns_from", "target"), [("teacher", "teacher"), ("self", "float32")])
def test_the_rounded_student_learns_from_whom_it_is_told(learns_from, target):
    _context, stages = planned(f"strategy.learns_from={learns_from}")
    soft = stages[-1].terms[1]
    assert soft.targets == (f"{target}.logits",)
    assert ("z_t" in Quantise(learns_from=learns_from).formula()) == (target == "teacher")
    assert set(stages[-1].learners(0)) == {"int8 aware"}


def test_its_formula_is_written_with_its_numbers():
    formula = Quantise(rate=0.2, learns_from="self").formula()
    loss = "L = 0.1·CE(y, softmax(z_s)) + 0.9·4²·KL(softmax(z_f/4) ‖ softmax(z_s/4))"
    assert formula == f"{loss}, at 0.2 of the learning rate"


def test_the_loss_is_hinton_s_of_the_rounded_logits():
    context, stages = planned("strategy.temperature=2", "strategy.alpha=0.3")
    stage = stages[-1].eval()
    batch = next(context.feed(stage).shuffled(0))
    losses = [loss.item() for loss in stage(batch).values()]
    with torch.no_grad():
        z_s, z_t = (context.networks[n].module(batch.images).numpy() for n in ("int8 aware", "teacher"))
    q, p = (np.exp(z / 2) / np.exp(z / 2).sum(1, keepdims=True) for z in (z_s, z_t))
    assert losses[1] == pytest.approx(4 * (p * np.log(p / q)).sum(1).mean(), rel=1e-4)
    assert [term.weight for term in stage.terms] == [0.3, 0.7]


def test_a_student_that_is_loaded_is_rounded_as_it_is(runs):
    """Its own teacher is then the only one there is."""
    source = run_in(runs, small_experiment(strategy="supervised"), "source")
    weights = (
        f"networks.student.weights={{origin='file', path='{source.network_file('student').as_posix()}'}}"
    )
    experiment = small_experiment(weights, "strategy.learns_from=self", strategy="quantise")
    events = list(new_session(experiment, runs, "rounded").events())
    trained = [event.summary.name for event in events if event.kind == "stage-started"]
    assert trained == ["int8 labels", "int8 aware"]
    assert {*rows(events)} == {"float32", "int8 calibrated", "int8 labels", "int8 aware"}
    assert rows(events)["float32"].test.errors == source.summary().networks["student"].test.errors


def accuracies(*settings):
    """On the test digits, by name: a small LeNet that has learned something."""
    recipe = "networks.student.training={epochs=8, batch_size=64, optimizer={name='sgd', learning_rate=0.05}}"
    own = ("strategy.alpha=0.9", "strategy.learns_from=self", "strategy.baseline=false")
    events, _states = train(small_experiment(LENET, recipe, *own, *settings, strategy="quantise"))
    found = {name: row.test.accuracy for name, row in rows(events).items()}
    assert found["float32"] > 0.85
    return found


def test_with_two_bits_learning_on_gets_back_what_rounding_has_lost():
    found = accuracies("strategy.bits=2", "strategy.epochs=6", "strategy.rate=0.5")
    assert found["int8 calibrated"] < found["float32"] - 0.3
    assert found["int8 aware"] > found["int8 calibrated"] + 0.15


def test_with_eight_bits_rounding_costs_hardly_anything():
    found = accuracies("strategy.epochs=1")
    assert found["int8 calibrated"] == pytest.approx(found["float32"], abs=0.02)
