"""Exits taught by the deepest layers: the loss by hand, cut networks bit for bit, resuming."""

import numpy as np
import pytest
import torch

from kdstudio.engine.dry_run import dry_run
from kdstudio.engine.events import EpochDone, StepDone
from kdstudio.engine.strategies.self_distillation import SelfDistillation
from kdstudio.errors import KDStudioError
from kdstudio.runs.predictions import open_context
from kdstudio.runs.session import new_session, resumed_session
from kdstudio.runs.weights import load_network
from tests.small import (
    interrupted,
    random_batch,
    run_in,
    same_states,
    small_context,
    small_experiment,
    train,
    weights_in,
)

RESNET = "networks.student.model={name='resnet', depth=8}"
PERCEPTRON = "networks.student.model={name='mlp', widths=[8, 6, 5], dropout=0.2}"


def experiment(*settings):
    return small_experiment(PERCEPTRON, *settings, strategy="self-distillation")


def student_stage(*settings):
    context = small_context(experiment("strategy.baseline=false", *settings))
    (stage,) = context.plan()
    return stage.eval()


def log_softmax(values):
    values = values - values.max(1, keepdims=True)
    return values - np.log(np.exp(values).sum(1, keepdims=True))


def pooled(features):
    return features.mean((2, 3)) if features.ndim == 4 else features


@pytest.mark.parametrize("feature_loss", ["norm", "squared norm"])
@pytest.mark.parametrize("model", [RESNET, PERCEPTRON])
def test_the_loss_is_that_of_the_paper_or_of_the_authors_code_by_hand(model, feature_loss):
    settings = ("strategy.alpha=0.4", "strategy.temperature=2", "strategy.feature_weight=0.5")
    stage, batch, t = (
        student_stage(model, f"strategy.feature_loss={feature_loss}", *settings),
        random_batch(),
        2,
    )
    losses = stage(batch)
    deepest = "block3"
    count = 2
    wanted = [f"exit-{n} {part}" for n in (1, 2) for part in ("features", "classifier")]
    with torch.no_grad():
        values = stage.values(batch, {*wanted, "student.logits", f"student.{deepest}"})
    found = {address: value.double().numpy() for address, value in values.items()}
    rows, own, whole = range(len(batch)), found["student.logits"], found[f"student.{deepest}"]
    expected = -log_softmax(own)[rows, batch.labels].mean()
    for number in range(1, count + 1):
        logits, features = found[f"exit-{number} classifier"], found[f"exit-{number} features"]
        expected += 0.6 * -log_softmax(logits)[rows, batch.labels].mean()
        expected += 0.4 * -(np.exp(log_softmax(own / t)) * log_softmax(logits / t)).sum(1).mean()
        if feature_loss == "squared norm":
            expected += 0.5 * ((features - whole) ** 2).sum() / len(batch)
        else:
            linear = stage.heads[f"exit-{number} adaptation"].module.classifier
            weight, bias = (p.detach().double().numpy() for p in (linear.weight, linear.bias))
            expected += 0.5 * np.sqrt(((pooled(features) @ weight.T + bias - pooled(whole)) ** 2).sum())
    total = sum(term.weight_at(0) * losses[term.name].item() for term in stage.terms)
    assert total == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("feature_loss", ["norm", "squared norm"])
def test_the_feature_loss_pulls_as_hard_as_the_formula_says(feature_loss):
    """The gradient at the exits' maps (64, 2, 2) at the default λ, in float64, by the derivative.

    Of ‖d‖ it is d/‖d‖, led back through A and the pool; of ‖d‖²/B it is 2d/B. A mean over (B, C, H, W), which
    it once was, pulls C·H·W times less than the latter.
    """
    stage, batch = student_stage(RESNET, f"strategy.feature_loss={feature_loss}"), random_batch(8)
    numbers, term = (1, 2), stage.terms[-1]
    assert term.name == "feature loss of exits"
    with torch.no_grad():
        values = stage.values(batch, {*(f"exit-{n} features" for n in numbers), "student.block3"})
    inputs = [values[f"exit-{n} features"].double().requires_grad_() for n in numbers]
    whole = values["student.block3"].double()
    assert whole.shape[1:] == (64, 2, 2)
    stage.double()
    read = inputs
    if feature_loss == "norm":
        heads = [stage.heads[f"exit-{n} adaptation"] for n in numbers]
        read = [head(value) for head, value in zip(heads, inputs, strict=True)]
    (term.weight_at(0) * term.loss(*read, *[whole] * 2)).backward()
    for number, value in zip(numbers, inputs, strict=True):
        if feature_loss == "norm":
            linear = stage.heads[f"exit-{number} adaptation"].module.classifier
            gap = value.mean((2, 3)) @ linear.weight.T + linear.bias - whole.mean((2, 3))
            at_pool = gap / gap.square().sum().sqrt() @ linear.weight
            pixels = value.shape[2] * value.shape[3]
            expected = 0.03 * (at_pool / pixels)[:, :, None, None].expand_as(value)
        else:
            expected = 0.0001 * 2 * (value - whole) / len(batch)
        torch.testing.assert_close(value.grad, expected)


def test_lambda_belongs_to_the_feature_loss_unless_told():
    assert SelfDistillation().formula().count("0.03·‖A_i·pool(F_i) − pool(F_C)‖ over the batch") == 1
    assert "0.0001·‖F_i − F_C‖²]" in SelfDistillation(feature_loss="squared norm").formula()
    assert "0.5·‖F_i − F_C‖²]" in SelfDistillation(feature_loss="squared norm", feature_weight=0.5).formula()
    assert student_stage("strategy.feature_weight=0.2").terms[-1].weight == 0.2


def test_the_adaptation_learns_and_is_no_part_of_the_exit():
    context = small_context(experiment("strategy.baseline=false"))
    (stage,) = context.plan()
    assert {"exit-1 adaptation", "exit-2 adaptation"} <= stage.learners(0).keys()
    assert not any("adaptation" in name for name in context.scorable["exit-1"].card.composition.heads)
    assert not any("adaptation" in name for name in context.scorable["ensemble"].card.composition.heads)


@pytest.mark.parametrize("feature_loss", ["norm", "squared norm"])
def test_no_gradient_of_the_exits_targets_reaches_the_deepest_classifier(feature_loss):
    stage = student_stage("strategy.alpha=1", f"strategy.feature_loss={feature_loss}")
    losses = stage(random_batch())
    (losses["soft loss of exits"] + losses["feature loss of exits"]).backward()
    module = stage.networks["student"].module
    assert module.get_submodule("classifier").weight.grad is None
    assert module.get_submodule("block3").linear.weight.grad is None
    assert module.get_submodule("block1").linear.weight.grad is not None


def test_the_formula_holds_the_numbers():
    assert SelfDistillation().formula() == (
        "L = CE(y, softmax(z_C)) + Σ_i [0.7·CE(y, softmax(z_i)) "
        "+ 0.3·CE(softmax(z_C/3), softmax(z_i/3)) + 0.03·‖A_i·pool(F_i) − pool(F_C)‖ over the batch]"
    )
    assert "F_i" not in SelfDistillation(head="light").formula()


def test_light_heads_have_no_feature_loss():
    stage = student_stage(RESNET, "strategy.head=light")
    assert set(stage.heads) == {"exit-1 classifier", "exit-2 classifier", "mean of exits"}
    assert [term.name for term in stage.terms] == ["label loss", "label loss of exits", "soft loss of exits"]


def test_exits_stand_where_they_are_wanted_in_the_networks_order():
    assert list(student_stage().scored) == ["exit-1", "exit-2", "student", "ensemble"]
    assert student_stage().scored["ensemble"] == "mean of exits"
    stage = student_stage(RESNET, "strategy.exits=['block3', 'block1']")
    assert stage.heads["exit-1 features"].inputs == ("student.block1",)
    assert stage.heads["exit-2 features"].inputs == ("student.block3",)


@pytest.mark.parametrize("of", ["logits", "probabilities"])
def test_the_ensemble_is_the_mean_of_all_logits_or_of_all_probabilities(of):
    stage, batch = student_stage(RESNET, f"strategy.ensemble={of}"), random_batch()
    addresses = ("exit-1 classifier", "exit-2 classifier", "student.logits")
    with torch.no_grad():
        values = stage.values(batch, {*addresses, "mean of exits"})
    found, answers = values["mean of exits"], torch.stack([values[address] for address in addresses])
    if of == "logits":
        torch.testing.assert_close(found, answers.sum(0) / 3)
    else:
        torch.testing.assert_close(found.softmax(1), answers.softmax(2).sum(0) / 3)


def test_logits_are_averaged_unless_told():
    assert student_stage().heads["mean of exits"].spec.of == "logits"


def test_the_baseline_is_the_same_network_with_the_same_weights():
    context = small_context(experiment())
    baseline, student = context.plan()
    one, other = (
        stage.networks[name].module for stage, name in ((baseline, "baseline"), (student, "student"))
    )
    assert same_states({"": dict(one.state_dict())}, {"": dict(other.state_dict())})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["strategy.exits=['block7']"], "no tap 'block7' for an exit; there are block1, block2, block3"),
        (["networks.student.model.widths=[8]"], "'mlp 8' has one block, 'block1', and no place for an exit"),
        ([RESNET, "strategy.exits=['pool']"], "no bottleneck leads from an exit's"),
    ],
)
def test_places_without_an_exit_are_told(settings, message):
    with pytest.raises(KDStudioError, match=message):
        dry_run(small_context(experiment(*settings)))


def test_an_exit_of_a_network_that_is_no_chain_keeps_it_whole(tmp_path):
    (tmp_path / "odd.py").write_text(
        "from torch import nn\n"
        "class Odd(nn.Module):\n"
        "    def __init__(self, classes):\n"
        "        super().__init__()\n"
        "        self.first, self.second = nn.Linear(64, 5), nn.Linear(5, 5)\n"
        "        self.last = nn.Linear(5, classes)\n"
        "    def forward(self, images):\n"
        "        return self.last(self.second(self.first(images.flatten(1))))\n"
        "def build(classes):\n"
        "    return Odd(classes)\n"
    )
    taps = "['block1=first', 'block2=second']"
    model = f"networks.student.model={{name='python', path='{tmp_path}/odd.py:build', taps_at={taps}}}"
    context = small_context(experiment(model, "strategy.baseline=false"))
    (stage,) = context.plan()
    batch, early = random_batch(), context.module_of("exit-1").eval()
    with torch.no_grad():
        logits = stage.eval().values(batch, {"exit-1 classifier"})["exit-1 classifier"]
        assert torch.equal(early(batch.images), logits)
    head = (
        stage.heads["exit-1 features"].parameter_count() + stage.heads["exit-1 classifier"].parameter_count()
    )
    assert sum(p.numel() for p in early.parameters()) == stage.networks["student"].parameter_count() + head


@pytest.mark.parametrize("model", [RESNET, PERCEPTRON])
def test_a_kept_exit_gives_the_outputs_of_the_whole_bit_for_bit(model, runs):
    session, stage, batch = new_session(experiment(model), runs, "run"), None, random_batch(9)
    for event in session.events():
        stage = session._trainer._run.stage if isinstance(event, EpochDone) else stage
    with torch.no_grad():
        values = stage.eval().values(batch, set(stage.scored.values()))
    summary = session.folder.summary()
    assert {"exit-1", "exit-2", "student", "ensemble"} <= {*session.folder.networks()}
    for number, name in enumerate(("exit-1", "exit-2"), start=1):
        module, card = load_network(session.folder.network_file(name))
        assert torch.equal(module(batch.images), values[f"{name} classifier"])
        assert (card.identity.kind, card.identity.coordinates) == ("exit", {"exit": number})
        assert card.composition.networks["student"].reads == (f"block{number}",)
        assert sum(p.numel() for p in module.parameters()) == summary.networks[name].parameters
        assert summary.networks[name].parameters < summary.networks["ensemble"].parameters


def test_the_best_epoch_of_an_exit_is_kept_whole(runs):
    training = "networks.student.training"
    settings = (
        f"{training}.epochs=5",
        f"{training}.optimizer.learning_rate=2",
        f"{training}.schedule.name=constant",
    )
    folder = run_in(runs, experiment(*settings, "strategy.baseline=false"))
    summary = folder.summary()
    kept = [name for name in ("exit-1", "exit-2") if folder.network_file(name, best=True).exists()]
    assert kept
    test = open_context(folder, lambda _what, _fraction: None).data.test
    for name in kept:
        module, card = load_network(folder.network_file(name, best=True))
        with torch.no_grad():
            predictions = torch.cat([module(batch.images).argmax(1) for batch in test.in_order()])
        best = summary.networks[name].best_epoch
        assert (int((predictions != test.part.labels).sum()), card.epoch) == (best.test.errors, best.epoch)


def test_stopped_and_resumed_equals_uninterrupted():
    chosen = experiment("strategy.baseline=false")
    events, expected = train(chosen)
    assert {"exit-1", "exit-2", "ensemble", "student", "0/exit-1 features"} <= {*expected}
    for stop in range(2, len(events), 3):
        _rest, states = interrupted(chosen, lambda number, _, stop=stop: number == stop)
        assert same_states(states, expected), stop


@pytest.mark.slow
def test_a_run_in_a_folder_goes_on_where_it_stood(runs):
    whole = run_in(runs, experiment(RESNET), "whole")
    session = new_session(experiment(RESNET), runs, "part")
    running = session.events()
    next(event for event in running if isinstance(event, StepDone) and event.stage == 1)
    running.close()
    for _event in resumed_session(session.folder).events():
        pass
    assert same_states(weights_in(whole), weights_in(session.folder))
