import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from kdstudio.engine.checkpoint import BestEpoch, Checkpoint, Progress
from kdstudio.engine.losses.response import cross_entropy
from kdstudio.engine.network import Head, Network
from kdstudio.engine.optimization import SGD, AdamW, Cosine
from kdstudio.engine.stage import Stage
from kdstudio.engine.stage_run import StageRun
from kdstudio.engine.terms import LABELS, LossTerm
from kdstudio.engine.training import TrainingSpec
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape
from kdstudio.models.lenet import LeNet
from tests.engine.test_stage import mutual_gradient_by_hand, mutual_stage
from tests.small import CPU, perceptron, random_batch, same_state, some_scores, with_batch_norm

PLAIN = SGD(learning_rate=0.5, momentum=0, nesterov=False)
ONE = {"label loss": 1.0}


def label_stage(network, training=None):
    term = LossTerm("label loss", cross_entropy, f"{network.name}.logits", (LABELS,))
    return Stage(
        "alone", networks=[network], updates=[[term]], training=training or TrainingSpec(optimizer=PLAIN)
    )


def run_of(stage, precision="float32"):
    return StageRun(stage.train(), CPU, precision)


def cloned(module):
    return {key: value.clone() for key, value in module.state_dict().items()}


def test_a_step_goes_down_the_gradient_of_the_weighted_sum():
    network, batch = perceptron("student"), random_batch()
    stage = label_stage(network)
    before = [p.detach().clone() for p in network.parameters()]
    loss = 3.0 * functional.cross_entropy(network.module(batch.images), batch.labels)
    gradient = torch.autograd.grad(loss, list(network.parameters()))
    run_of(stage).take_step(batch, 0.25, {"label loss": 3.0})
    expected = [p - 0.25 * g for p, g in zip(before, gradient, strict=True)]
    torch.testing.assert_close([p.detach() for p in network.parameters()], expected)


def test_peers_learn_in_turns_and_the_second_sees_the_first_as_updated():
    stage, batch = mutual_stage(), random_batch()
    stage.training_spec = TrainingSpec(optimizer=PLAIN)
    a, b = stage.networks["a"], stage.networks["b"]
    twin = mutual_stage()
    run_of(stage).take_step(batch, 0.1, dict.fromkeys((t.name for t in stage.terms), 1.0))
    for own, peer in ("ab", "ba"):
        network = twin.networks[own]
        gradient = mutual_gradient_by_hand(network, twin.networks[peer], batch)
        with torch.no_grad():
            for parameter, g in zip(network.parameters(), gradient, strict=True):
                parameter -= 0.1 * g
    for learned, expected in ((a, twin.networks["a"]), (b, twin.networks["b"])):
        torch.testing.assert_close(learned.state_dict(), expected.state_dict())


def test_losses_are_summed_unweighted_over_the_epochs_images():
    network, run = perceptron("student"), None
    run = run_of(label_stage(network))
    total = 0.0
    for count in (6, 6, 2):
        batch = random_batch(count, seed=count)
        total += functional.cross_entropy(network.module(batch.images), batch.labels, reduction="sum").item()
        run.take_step(batch, 0.1, {"label loss": 5.0})
    assert run.losses["label loss"].item() == pytest.approx(total, rel=1e-6)
    assert run.step == 3
    run.end_epoch({"label loss": 2.0}, {})
    assert run.first_losses == run.last_losses == {"label loss": 2.0}
    assert (run.epoch, run.step, run.losses["label loss"].item()) == (1, 0, 0.0)


def test_a_step_reads_nothing_off_the_device(monkeypatch):
    def read(*_arguments):
        raise AssertionError("a step waits for the device")

    stage = mutual_stage()
    stage.training_spec = TrainingSpec(optimizer=SGD(), max_norm=1.0)
    run, batch = run_of(stage), random_batch()
    weights = dict.fromkeys((t.name for t in stage.terms), 1.0)
    for name in ("item", "tolist", "numpy", "cpu", "__float__", "__int__", "__bool__"):
        monkeypatch.setattr(torch.Tensor, name, read)
    with pytest.raises(AssertionError, match="waits"):
        batch.images.sum().item()
    run.take_step(batch, 0.1, weights)
    run.take_step(batch, 0.1, weights)


@pytest.mark.parametrize("build", [
    lambda: perceptron("student"),
    lambda: Network("student", LeNet(channels=2, hidden=6).build(ImageShape(1, 8, 8), 10), {}),
])  # fmt: skip
def test_no_units_incoming_weights_grow_longer_than_the_limit(build):
    network, limit = build(), 0.3
    spec = TrainingSpec(optimizer=PLAIN, max_norm=limit)
    run, free = run_of(label_stage(network, spec)), 0
    for seed in range(5):
        run.take_step(random_batch(seed=seed), 1.0, ONE)
        for parameter in network.parameters():
            if parameter.ndim > 1:
                lengths = parameter.detach().flatten(1).norm(dim=1)
                assert lengths.max() <= limit * (1 + 1e-6)
                free += int((lengths < 0.99 * limit).sum())
            else:
                free += int((parameter.detach().abs() > 0).sum())
    assert free, "shorter vectors and biases are left as they are"


def test_max_norm_scales_long_vectors_and_leaves_short_ones_and_biases_alone():
    network = perceptron("student")
    run = run_of(label_stage(network, TrainingSpec(optimizer=PLAIN, max_norm=2.0)))
    weight, bias = network.module.classifier.weight, network.module.classifier.bias
    with torch.no_grad():
        weight.copy_(torch.tensor([[3.0, 0.0, 4.0]] * 5 + [[0.0, 1.0, 0.0]] * 5))
        bias.fill_(9.0)
    run.take_step(random_batch(), 0.0, ONE)
    expected = torch.tensor([[1.2, 0.0, 1.6]] * 5 + [[0.0, 1.0, 0.0]] * 5)
    torch.testing.assert_close(weight.detach(), expected)
    assert bias.tolist() == [9.0] * 10


def test_without_a_limit_weights_are_as_long_as_they_like():
    network = perceptron("student")
    with torch.no_grad():
        network.module.classifier.weight.fill_(50.0)
    run_of(label_stage(network)).take_step(random_batch(), 0.0, ONE)
    assert network.module.classifier.weight.min() == 50.0


def test_the_rate_follows_the_schedule_step_by_step():
    spec = TrainingSpec(epochs=4, optimizer=SGD(learning_rate=2.0), schedule=Cosine())
    run = run_of(label_stage(perceptron("student"), spec))
    run.epoch, run.step = 1, 5
    cosine = torch.cos(torch.tensor(torch.pi * 1.5 / 4, dtype=torch.float64)).item()
    assert run.learning_rate(steps_per_epoch=10) == pytest.approx(2.0 * (1 + cosine) / 2)


def test_the_rate_given_is_the_rate_used():
    run = run_of(label_stage(perceptron("student")))
    run.take_step(random_batch(), 0.0625, ONE)
    assert [group["lr"] for o in run.optimizers for group in o.param_groups] == [0.0625]


def test_term_weights_run_from_the_first_epoch_to_the_last():
    stage = label_stage(perceptron("student"), TrainingSpec(epochs=5))
    term = LossTerm("label loss", cross_entropy, "student.logits", (LABELS,), lambda progress: 1 - progress)
    stage.updates = ((term,),)
    run = run_of(stage)
    seen = []
    for _epoch in range(5):
        seen.append(run.weights()["label loss"])
        run.end_epoch({}, {})
    assert seen == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0])


def test_the_best_epoch_has_the_highest_validation_accuracy_then_the_lowest_loss():
    network = perceptron("student")
    run, states = run_of(label_stage(network)), []
    for accuracy, loss in ((0.5, 1.0), (0.9, 0.8), (0.9, 0.6), (0.9, 0.6), (0.7, 0.1)):
        run.take_step(random_batch(), 0.1, ONE)
        states.append(cloned(network.module))
        run.end_epoch({}, {"student": some_scores(accuracy, loss)})
    assert run.best["student"] == BestEpoch(epoch=3, accuracy=0.9, loss=0.6)
    assert same_state(run.best_states["student"]["student"], states[2])
    last = run.use_best("student")
    assert same_state(cloned(network.module), states[2])
    assert same_state(last["student"], states[4])
    run.use("student", last)
    assert same_state(cloned(network.module), states[4])


def test_the_best_epoch_of_an_exit_keeps_its_head_and_the_network_below():
    network, head = perceptron("student"), Head("exit", nn.Linear(3, 10), "student.block1")
    term = LossTerm("label loss", cross_entropy, "exit", (LABELS,))
    stage = Stage(
        "exits",
        networks=[network],
        heads=[head],
        updates=[[term]],
        training=TrainingSpec(),
        scored={"early": "exit"},
    )
    run = run_of(stage)
    assert run.scored == {"early": "exit"}
    run.end_epoch({}, {"early": some_scores()})
    before = {name: cloned(part.module) for name, part in (("student", network), ("exit", head))}
    run.take_step(random_batch(), 0.1, ONE)
    last = run.use_best("early")
    assert same_state(cloned(network.module), before["student"])
    assert same_state(cloned(head.module), before["exit"])
    run.use("early", last)
    assert not same_state(cloned(head.module), before["exit"])


def test_gradient_norms_are_those_of_each_weighted_term_alone():
    network, batch = perceptron("student"), random_batch()
    terms = [
        LossTerm("label loss", cross_entropy, "student.logits", (LABELS,)),
        LossTerm("size", lambda hidden: hidden.square().mean(), "student.block1", ()),
    ]
    stage = Stage("two", networks=[network], updates=[terms], training=TrainingSpec())
    run, weights = run_of(stage), {"label loss": 2.0, "size": 0.5}
    by_hand = {}
    for term in terms:
        found = torch.autograd.grad(
            weights[term.name] * stage(batch)[term.name], list(network.parameters()), allow_unused=True
        )
        by_hand[term.name] = math.sqrt(sum(float(g.double().square().sum()) for g in found if g is not None))
    run.take_step(batch, 0.0, weights, measure=True)
    run.take_step(batch, 0.0, weights)
    assert {name: float(norm) for name, norm in run.gradient_norms.items()} == pytest.approx(by_hand)


def test_measuring_gradients_changes_no_bit_of_the_step():
    measured, plain = (perceptron("a"), perceptron("a"))
    for network, measure in ((measured, True), (plain, False)):
        terms = [
            LossTerm("label loss", cross_entropy, "a.logits", (LABELS,)),
            LossTerm("size", lambda hidden: hidden.square().mean(), "a.block1", ()),
        ]
        stage = Stage("two", networks=[network], updates=[terms], training=TrainingSpec())
        run_of(stage).take_step(random_batch(), 0.1, {"label loss": 1.0, "size": 1.0}, measure=measure)
    assert same_state(cloned(measured.module), cloned(plain.module))


def test_only_networks_in_training_are_scored_after_an_epoch():
    networks = [perceptron("teacher").freeze(), perceptron("student")]
    term = LossTerm("label loss", cross_entropy, "student.logits", (LABELS,))
    stage = Stage("student", networks=networks, updates=[[term]], training=TrainingSpec())
    assert run_of(stage).scored == {"student": "student.logits"}


def test_frozen_networks_are_in_no_optimizer():
    networks = [perceptron("teacher").freeze(), perceptron("student", width=4)]
    term = LossTerm("soft loss", functional.mse_loss, "student.logits", ("teacher.logits",))
    stage = Stage("student", networks=networks, updates=[[term]], training=TrainingSpec())
    held = [p for o in run_of(stage).optimizers for group in o.param_groups for p in group["params"]]
    assert {id(p) for p in held} == {id(p) for p in networks[1].parameters()}


@pytest.mark.parametrize("optimizer", [PLAIN, SGD(), AdamW()])
def test_a_restored_run_goes_on_bit_for_bit(optimizer):
    def fresh():
        network = with_batch_norm("student")
        head = Head("exit", nn.Linear(10, 10), "student.logits")
        with torch.no_grad():
            head.module.weight.copy_(torch.eye(10))
            head.module.bias.zero_()
        term = LossTerm("label loss", cross_entropy, "exit", (LABELS,))
        spec = TrainingSpec(optimizer=optimizer, max_norm=2.0)
        stage = Stage("student", networks=[network], heads=[head], updates=[[term]], training=spec)
        return run_of(stage)

    whole = fresh()
    for seed in range(3):
        whole.take_step(random_batch(seed=seed), 0.1, ONE)
    whole.end_epoch({}, {"student": some_scores()})
    whole.take_step(random_batch(seed=3), 0.1, ONE)
    losses = {"first_losses": {"label loss": 2.0}, "last_losses": {"label loss": 1.0}}
    progress = Progress(epoch=whole.epoch, step=whole.step, best=whole.best, **losses)
    saved = Checkpoint(progress, whole.tensors())
    halved = fresh()
    halved.restore(saved)
    assert (halved.epoch, halved.step, halved.best) == (whole.epoch, whole.step, whole.best)
    assert (halved.first_losses["label loss"], halved.last_losses["label loss"]) == (2.0, 1.0)
    for run in (whole, halved):
        run.take_step(random_batch(seed=4), 0.1, ONE)
    assert same_state(whole.tensors(), halved.tensors())


@pytest.mark.parametrize("optimizer", [SGD(), AdamW()])
def test_a_restored_optimiser_has_the_layout_of_its_weights(optimizer):
    def fresh():
        convolution = nn.Conv2d(1, 4, 3).to(memory_format=torch.channels_last)
        module = nn.Sequential(convolution, nn.Flatten(), nn.Linear(4 * 6 * 6, 10))
        return run_of(label_stage(Network("student", module, {}), TrainingSpec(optimizer=optimizer)))

    whole, restored = fresh(), fresh()
    whole.take_step(random_batch(), 0.1, ONE)
    tensors = whole.tensors()
    assert all(value.is_contiguous() for value in tensors.values())
    restored.restore(Checkpoint(Progress(step=1), tensors))
    (optimizer,) = restored.optimizers
    for parameter, values in optimizer.state.items():
        same = [value for value in values.values() if torch.is_tensor(value) and value.ndim]
        assert same
        assert all(value.stride() == parameter.stride() for value in same)


def test_a_checkpoint_of_other_heads_is_refused():
    run = run_of(label_stage(perceptron("student")))
    saved = Checkpoint(Progress(step=1), run.tensors())
    other = run_of(label_stage(perceptron("student", width=4)))
    with pytest.raises(
        KDStudioError, match=r"stage 'alone' cannot go on: .* 'student/.*run the experiment anew"
    ):
        other.restore(saved)
    lacking = {key: value for key, value in run.tensors().items() if not key.startswith("losses/")}
    with pytest.raises(KDStudioError, match=r"'label loss' is not in both"):
        run.restore(Checkpoint(Progress(step=1), lacking))


def test_what_a_checkpoint_holds_is_copied():
    run = run_of(label_stage(perceptron("student")))
    tensors = run.tensors()
    before = {key: value.clone() for key, value in tensors.items()}
    run.take_step(random_batch(), 0.5, ONE)
    assert same_state(tensors, before)
    assert not torch.equal(run.tensors()["networks/student/classifier.weight"],
                           tensors["networks/student/classifier.weight"])  # fmt: skip


def test_bfloat16_computes_forward_in_bfloat16_and_keeps_float32_weights():
    seen = []
    network = perceptron("student")
    network.module.classifier.register_forward_hook(lambda _m, _i, output: seen.append(output.dtype))
    run_of(label_stage(network), "bfloat16").take_step(random_batch(), 0.1, ONE)
    assert seen == [torch.bfloat16]
    assert {p.dtype for p in network.parameters()} == {torch.float32}


# Networks that share modules


def shared_networks(*, together, max_norm=0.0):
    """Two networks on one block, each with a classifier of its own, and the stage they learn in."""
    block = perceptron("a").module.block1
    networks = [
        Network(name, nn.Sequential(nn.Flatten(), block, perceptron(name, seed=seed).module.classifier), {})
        for name, seed in (("a", 1), ("b", 2))
    ]
    updates = [[LossTerm(f"{n.name} loss", cross_entropy, n.logits, (LABELS,))] for n in networks]
    if together:
        updates = [[*updates[0], *updates[1]]]
    spec = TrainingSpec(optimizer=SGD(), max_norm=max_norm)
    return Stage("shared", networks=networks, updates=updates, training=spec)


class TwoHeaded(nn.Module):
    """The same two networks as one: the logits of both, side by side."""

    def __init__(self, stage):
        super().__init__()
        self.block = stage.networks["a"].module[1]
        self.a, self.b = stage.networks["a"].module[2], stage.networks["b"].module[2]

    def forward(self, images):
        hidden = self.block(images.flatten(1))
        return torch.cat([self.a(hidden), self.b(hidden)], 1)


def halves_apart(start):
    return lambda logits, labels: cross_entropy(logits[:, start : start + 10], labels)


@pytest.mark.parametrize("max_norm", [0.0, 0.4])
def test_weights_shared_within_an_update_are_stepped_once_as_those_of_one_owner(max_norm):
    """Momentum, weight decay and the limit act on them once."""
    stage = shared_networks(together=True, max_norm=max_norm)
    owner = Network("one", TwoHeaded(shared_networks(together=True)), {})
    terms = [
        LossTerm(f"{name} loss", halves_apart(start), owner.logits, (LABELS,))
        for name, start in (("a", 0), ("b", 10))
    ]
    spec = stage.training_spec
    alone = Stage("one", networks=[owner], updates=[terms], training=spec)
    shared, single = run_of(stage), run_of(alone)
    held = [p for group in shared.optimizers[0].param_groups for p in group["params"]]
    assert len(held) == len({id(p) for p in held}) == len(list(owner.parameters()))
    for seed in range(4):
        for run in (shared, single):
            run.take_step(random_batch(seed=seed), 0.5, {"a loss": 1.0, "b loss": 1.0}, measure=True)
    torch.testing.assert_close(TwoHeaded(stage).state_dict(), owner.module.state_dict(), rtol=1e-5, atol=1e-6)
    found, expected = ({n: float(v) for n, v in run.gradient_norms.items()} for run in (shared, single))
    assert found == pytest.approx(expected, rel=1e-4)


def test_weights_shared_across_updates_are_refused_with_the_remedy():
    message = r"stage 'shared': 'a' and 'b' share weights and learn in different updates; put their terms"
    with pytest.raises(KDStudioError, match=message):
        run_of(shared_networks(together=False))


def test_weights_shared_with_a_head_across_updates_are_refused_too():
    network = perceptron("a")
    head = Head("again", network.module.classifier, "a.block1")
    updates = [[LossTerm(n, cross_entropy, n, (LABELS,))] for n in ("a.logits", "again")]
    stage = Stage("heads", networks=[network], heads=[head], updates=updates, training=TrainingSpec())
    with pytest.raises(KDStudioError, match="share weights and learn in different updates"):
        run_of(stage)


def test_one_network_may_learn_in_several_updates():
    network = perceptron("a")
    updates = [[LossTerm(n, cross_entropy, "a.logits", (LABELS,))] for n in ("first", "second")]
    run = run_of(Stage("twice", networks=[network], updates=updates, training=TrainingSpec(optimizer=PLAIN)))
    twin, batch = perceptron("a"), random_batch()
    run.take_step(batch, 0.1, {"first": 1.0, "second": 1.0})
    for _update in range(2):
        loss = functional.cross_entropy(twin.module(batch.images), batch.labels)
        gradient = torch.autograd.grad(loss, list(twin.parameters()))
        with torch.no_grad():
            for parameter, g in zip(twin.parameters(), gradient, strict=True):
                parameter -= 0.1 * g
    torch.testing.assert_close(cloned(network.module), cloned(twin.module))


def test_learners_are_found_once_and_no_step_makes_a_state_dict(monkeypatch):
    stage = mutual_stage()
    stage.training_spec = TrainingSpec(optimizer=SGD(), max_norm=1.0)
    run, weights = run_of(stage), dict.fromkeys((t.name for t in stage.terms), 1.0)
    assert stage.learners(0) is stage.learners(0)

    def refused(*_arguments, **_options):
        raise AssertionError("a step makes a state dict")

    monkeypatch.setattr(nn.Module, "state_dict", refused)
    with pytest.raises(AssertionError, match="makes a state dict"):
        stage.networks["a"].state_dict()
    for seed in range(3):
        run.take_step(random_batch(seed=seed), 0.1, weights, measure=True)


# Frozen parts that are changed between epochs


def test_what_is_changed_between_epochs_is_scored_kept_and_restored():
    def fresh():
        teacher, student = perceptron("teacher", seed=1).freeze(), perceptron("student", seed=2)
        term = LossTerm("label loss", cross_entropy, "student.logits", (LABELS,))
        stage = Stage(
            "student", networks=[teacher, student], updates=[[term]], training=TrainingSpec(optimizer=PLAIN),
            changes=[teacher],
        )  # fmt: skip
        return teacher, run_of(stage)

    teacher, run = fresh()
    assert run.scored == {"teacher": "teacher.logits", "student": "student.logits"}
    assert (run.learners.keys(), run.changing.keys()) == ({"student"}, {"student", "teacher"})
    with torch.no_grad():
        next(teacher.parameters()).fill_(0.5)
    run.end_epoch({}, {"teacher": some_scores()})
    best = cloned(teacher.module)
    with torch.no_grad():
        next(teacher.parameters()).fill_(0.25)
    again, restored = fresh()
    progress = Progress(epoch=run.epoch, step=run.step, best=run.best)
    restored.restore(Checkpoint(progress, run.tensors()))
    assert same_state(cloned(again.module), cloned(teacher.module))
    assert same_state(restored.tensors(), run.tensors())
    restored.use_best("teacher")
    assert same_state(cloned(again.module), best)
