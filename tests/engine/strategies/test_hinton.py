import numpy as np
import pytest
import torch

from kdstudio.engine.strategies.hinton import Hinton
from tests.small import random_batch, small_context, small_experiment


def softmax(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def student_stage(*settings):
    """The last stage of the plan, untrained, in eval mode, and its weighted loss on a batch."""
    context = small_context(small_experiment(*settings))
    *_others, stage = context.plan()
    return stage.eval()


def student_gradient(stage, batch):
    """Total loss, and its gradient to the bias of the student's classifier: the sum over the batch."""
    losses = stage(batch)
    total = sum(term.weight_at(0) * losses[term.name] for term in stage.terms)
    total.backward()
    return total.item(), stage.networks["student"].module.classifier.bias.grad.double().numpy()


def logits_of(stage, batch):
    with torch.no_grad():
        networks = (stage.networks[name].module for name in ("student", "teacher"))
        return [network(batch.images).double().numpy() for network in networks]


@pytest.mark.parametrize("divergence", ["kl", "ce"])
@pytest.mark.parametrize("alpha", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("temperature", [1.0, 4.0, 20.0])
def test_loss_and_gradient_equal_the_formula_by_hand(alpha, temperature, divergence):
    stage = student_stage(
        f"strategy.alpha={alpha}", f"strategy.temperature={temperature}", f"strategy.divergence={divergence}"
    )
    batch, t = random_batch(), temperature
    student, teacher = logits_of(stage, batch)
    value, gradient = student_gradient(stage, batch)
    labels, p, q = np.eye(10)[batch.labels], softmax(teacher / t), softmax(student / t)
    label_loss = -np.log((labels * softmax(student)).sum(1)).mean()
    soft_loss = (p * np.log(p / q)).sum(1).mean() if divergence == "kl" else -(p * np.log(q)).sum(1).mean()
    assert value == pytest.approx(alpha * label_loss + (1 - alpha) * t**2 * soft_loss, rel=1e-3, abs=1e-5)
    at_logits = (alpha * (softmax(student) - labels) + (1 - alpha) * t * (q - p)) / len(batch)
    assert gradient == pytest.approx(at_logits.sum(0), abs=1e-5)


def test_without_label_loss_the_gradient_still_keeps_its_size_at_high_temperatures():
    sizes = []
    for temperature in (10, 30, 100):
        stage = student_stage("strategy.alpha=0", f"strategy.temperature={temperature}")
        sizes.append(np.linalg.norm(student_gradient(stage, random_batch())[1]))
    assert max(sizes) / min(sizes) < 1.05


def test_no_gradient_reaches_the_teacher():
    stage = student_stage()
    student_gradient(stage, random_batch())
    assert all(parameter.grad is None for parameter in stage.networks["teacher"].parameters())


@pytest.mark.parametrize(
    ("options", "formula"),
    [
        ({}, "L = 0.1·CE(y, softmax(z_s)) + 0.9·4²·KL(softmax(z_t/4) ‖ softmax(z_s/4))"),
        (
            {"temperature": 2.5, "alpha": 0.75, "divergence": "ce"},
            "L = 0.75·CE(y, softmax(z_s)) + 0.25·2.5²·CE(softmax(z_t/2.5), softmax(z_s/2.5))",
        ),
    ],
)
def test_the_formula_holds_the_numbers(options, formula):
    assert Hinton(**options).formula() == formula


def test_the_stages_are_teacher_baseline_and_student():
    context = small_context(small_experiment())
    stages = list(context.plan())
    assert [stage.name for stage in stages] == ["teacher", "baseline", "student"]
    assert [name for name, network in stages[2].networks.items() if network.frozen] == ["teacher"]


def test_the_baseline_can_be_left_out():
    context = small_context(small_experiment("strategy.baseline=false"))
    assert [stage.name for stage in context.plan()] == ["teacher", "student"]


def test_baseline_and_student_have_the_same_recipe():
    settings = ("networks.student.training.epochs=7", "networks.student.training.augmentation.jitter=1")
    context = small_context(small_experiment(*settings))
    _teacher, baseline, student = context.plan()
    assert baseline.training_spec == student.training_spec
    assert baseline.training_spec.epochs == 7
