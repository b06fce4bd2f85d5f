from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from kdstudio.engine.context import RunContext
from kdstudio.engine.dry_run import dry_run
from kdstudio.engine.stage import Stage
from kdstudio.engine.strategies.born_again import BornAgain
from kdstudio.engine.trainer import Trainer
from tests.small import (
    CPU,
    digits,
    interrupted,
    kept,
    random_batch,
    same_state,
    same_states,
    small_context,
    small_experiment,
    train,
)

RESNET = "{name='resnet', depth=8}"
VARIANTS = ("soft targets", "confidence", "permuted")


def experiment(*settings):
    return small_experiment(*settings, strategy="born-again")


def softmax(logits):
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def copied(module: nn.Module) -> dict[str, Tensor]:
    """Weights and buffers."""
    return {key: value.clone() for key, value in module.state_dict().items()}


def scores(events):
    return {name: result for e in events if e.kind == "stage-done" for name, result in e.networks.items()}


def stages_of(of):
    return {stage.name: stage for stage in small_context(of).plan()}


def test_each_generation_is_taught_by_the_one_before_and_starts_anew():
    stages = stages_of(experiment())
    summaries = dry_run(small_context(experiment()))
    assert [summary.trained for summary in summaries] == [(n,) for n in stages]
    assert list(stages) == ["teacher", "baseline", "generation-1", "generation-2", "generation-3"]
    names = ["teacher", "generation-1", "generation-2", "generation-3"]
    for taught_by, name in pairwise(names):
        (term,) = stages[name].terms
        assert (term.inputs, term.targets) == (f"{name}.logits", (f"{taught_by}.logits",))
    fresh = [stages[name].networks[name].module for name in names]
    assert len({id(module) for module in fresh}) == len(fresh)
    starts = [copied(stages[name].networks[name].module) for name in names]
    assert not any(same_state(one, other) for one, other in pairwise(starts))
    assert same_state(copied(stages["baseline"].networks["baseline"].module), starts[1])


def test_a_teacher_is_the_trained_previous_student_unchanged_bit_for_bit():
    """With batch norm, whose statistics would give it away; every stage but the first is trained."""
    wanted = experiment(
        *(f"networks.{role}.model={RESNET}" for role in ("teacher", "student")),
        *(f"networks.{role}.training.epochs=1" for role in ("teacher", "student")),
        "data.fraction=0.1",
    )
    stages: list[Stage] = []

    class Watched(BornAgain):
        """Compares what is frozen before and after each stage."""

        def plan(self, context):
            for stage in super().plan(context):
                before = {n: copied(net.module) for n, net in stage.networks.items() if net.frozen}
                yield stage
                stages.append(stage)
                for name, state in before.items():
                    assert same_state(state, copied(stage.networks[name].module))

    watched = wanted.model_copy(update={"strategy": Watched(baseline=False)})
    trainer, after = Trainer(small_context(watched)), {}
    stages.clear()  # those of the dry run
    for event in trainer.events():
        if event.kind == "stage-done":
            after |= kept(trainer, event)
    assert [stage.name for stage in stages] == ["teacher", "generation-1", "generation-2", "generation-3"]
    for earlier, later in pairwise(stages):
        teacher = later.networks[earlier.name]
        assert teacher is not later.networks[later.name]
        assert teacher.frozen
        assert same_state(copied(teacher.module), after[earlier.name])


@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize("variant", VARIANTS)
def test_losses_equal_the_formula_by_hand(variant, labels):
    wanted = experiment(f"strategy.variant={variant}", f"strategy.labels={str(labels).lower()}")
    stage, batch = stages_of(wanted)["generation-1"].eval(), random_batch(seed=3)
    with torch.no_grad():
        student, teacher = (
            stage.networks[n].module(batch.images).double().numpy() for n in ("generation-1", "teacher")
        )
    losses = {name: loss.item() for name, loss in stage(batch).items()}
    p, logs = softmax(teacher), np.log(softmax(student))
    own = -logs[range(len(batch)), batch.labels]
    assert ("label loss" in losses) == labels
    if labels:
        assert losses.pop("label loss") == pytest.approx(own.mean(), rel=1e-5)
    ((name, value),) = losses.items()
    if variant == "soft targets":
        assert (name, value) == ("soft loss", pytest.approx(-(p * logs).sum(1).mean(), rel=1e-5))
    elif variant == "confidence":
        by_hand = (p.max(1) * own).sum() / p.max(1).sum()
        assert (name, value) == ("confidence-weighted label loss", pytest.approx(by_hand, rel=1e-5))
    else:
        assert name == "permuted loss"


def test_permuted_answers_are_drawn_anew_and_the_run_is_repeatable():
    wanted = experiment("strategy.variant=permuted", "strategy.generations=1", "strategy.baseline=false")
    assert same_states(train(wanted)[1], train(wanted)[1])
    stage, batch = stages_of(wanted)["generation-1"].eval(), random_batch()
    assert stage(batch)["permuted loss"].item() != stage(batch)["permuted loss"].item()


def test_the_ensemble_is_the_mean_of_the_generations_probabilities():
    wanted = experiment()
    events, states = train(wanted)
    context, found = small_context(wanted), scores(events)
    images = torch.cat([batch.images for batch in context.data.test.in_order()])
    labels = context.data.test.part.labels.numpy()
    predictions = []
    for number in (1, 2, 3):
        module = context.network("student", draw=number, generation=number).module.eval()
        module.load_state_dict(states[f"generation-{number}"])
        with torch.no_grad():
            predictions.append(softmax(module(images).double().numpy()))
    for size in (2, 3):
        mean = sum(predictions[:size]) / size
        ensemble = found[f"ensemble generation-{size}"]
        test = ensemble.last_epoch.test
        assert test.accuracy == (mean.argmax(1) == labels).mean()
        assert test.loss == pytest.approx(-np.log(mean[range(len(labels)), labels]).mean(), rel=1e-4)
        assert (ensemble.kind, ensemble.coordinates) == ("ensemble", {"generation": size})
        assert ensemble.parameters == size * 610
    assert [name for name in found if "ensemble" in name] == [f"ensemble generation-{n}" for n in (2, 3)]


def test_the_ensemble_is_scored_on_validation_by_its_own_generations_answers():
    """Also where the predictions of earlier generations to the training images are remembered."""
    events, states = train(experiment("strategy.generations=2", "networks.student.training.epochs=3"))
    epochs = [e for e in events if e.kind == "epoch-done" and "ensemble generation-2" in e.validation]
    context = small_context(experiment())
    images = torch.cat([batch.images for batch in context.data.validation.in_order()])
    predictions = []
    for number in (1, 2):
        module = context.network("student", draw=number, generation=number).module.eval()
        module.load_state_dict(states[f"generation-{number}"])
        with torch.no_grad():
            predictions.append(softmax(module(images).double().numpy()))
    right = (sum(predictions).argmax(1) == context.data.validation.part.labels.numpy()).mean()
    assert len(epochs) == 3
    assert epochs[-1].validation["ensemble generation-2"].accuracy == right


def test_the_student_may_be_another_network_and_a_loaded_teacher_is_not_trained():
    settings = ("networks.student.model={name='mlp', widths=[5]}", "strategy.generations=1")
    loaded = ("networks.teacher.weights={origin='file', path='teacher.safetensors'}",)
    outlines = dry_run(RunContext(experiment(*settings, *loaded), digits(), CPU))
    assert [outline.name for outline in outlines] == ["baseline", "generation-1"]
    assert outlines[1].parameters == {"teacher": 610, "generation-1": 64 * 5 + 5 + 5 * 10 + 10}


@pytest.mark.parametrize(
    ("options", "formula"),
    [
        ({}, "L = CE(softmax(z_{k−1}), softmax(z_k))"),
        ({"labels": True}, "L = CE(y, softmax(z_k)) + CE(softmax(z_{k−1}), softmax(z_k))"),
        (
            {"variant": "confidence"},
            "L = max softmax(z_{k−1}) / Σ_batch max softmax(z_{k−1}) · CE(y, softmax(z_k))",
        ),
        ({"variant": "permuted"}, "L = CE(softmax(z_{k−1}), all but its largest permuted, softmax(z_k))"),
    ],
)
def test_the_formula_tells_the_variant(options, formula):
    assert BornAgain(**options).formula() == formula


def test_an_interrupted_run_goes_on_to_the_same_weights():
    wanted = experiment("strategy.variant=permuted")
    _, whole = train(wanted)
    _rest, states = interrupted(wanted, lambda _, e: e.kind == "step-done" and (e.stage, e.step) == (3, 6))
    assert same_states(whole, states)
