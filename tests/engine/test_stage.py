import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from kdstudio.engine.losses.response import cross_entropy
from kdstudio.engine.network import Head
from kdstudio.engine.stage import Stage
from kdstudio.engine.terms import LABELS, LossTerm
from kdstudio.engine.training import TrainingSpec
from kdstudio.errors import KDStudioError
from tests.small import perceptron, random_batch, with_batch_norm

lazy = pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")


def kl(student, teacher):
    """Distillation at T = 2 that detaches nothing itself: the stage has to."""
    answer, target = ((logits / 2).log_softmax(1) for logits in (student, teacher))
    return 4 * functional.kl_div(answer, target, reduction="batchmean", log_target=True)


def label_term(name):
    return LossTerm(f"{name} label loss", cross_entropy, f"{name}.logits", (LABELS,))


def mutual_stage(turns_apart=True):
    """Two networks that learn from the labels and from each other."""
    networks = [perceptron("a", seed=1), perceptron("b", seed=2)]
    updates = [
        [label_term(own), LossTerm(f"{own} soft loss", kl, f"{own}.logits", (f"{peer}.logits",))]
        for own, peer in ("ab", "ba")
    ]
    if not turns_apart:
        updates = [[*updates[0], *updates[1]]]
    return Stage("mutual", networks=networks, updates=updates, training=TrainingSpec())


def hint_stage(head, against="teacher.block1", loss=functional.mse_loss):
    networks = [perceptron("teacher", width=5, seed=1).freeze(), perceptron("student", seed=2)]
    term = LossTerm("hint loss", loss, "hint", (against,))
    return Stage("hints", networks=networks, heads=[head], updates=[[term]], training=TrainingSpec())


def gradients(module):
    return [parameter.grad for parameter in module.parameters()]


def mutual_gradient_by_hand(own, peer, batch):
    """Gradients of ``own`` from the analytic gradient at its logits; ``peer`` is a constant."""
    s, t = own.module(batch.images), peer.module(batch.images).detach()
    z = s.detach()
    at_logits = z.softmax(1) - torch.eye(10)[batch.labels] + 2 * ((z / 2).softmax(1) - (t / 2).softmax(1))
    return torch.autograd.grad(s, list(own.parameters()), at_logits / len(batch))


def test_addresses_are_labels_taps_logits_and_heads():
    stage = hint_stage(Head("hint", nn.Linear(3, 5), "student.block1"))
    assert stage.addresses() == (
        "labels", "index", "images",
        "teacher.block1", "teacher.logits", "student.block1", "student.logits", "hint",
    )  # fmt: skip


def test_values_hold_what_the_modules_give():
    stage, batch = hint_stage(Head("hint", nn.Linear(3, 5), "student.block1")), random_batch()
    values = stage.values(batch, {"hint", "teacher.block1"})
    student = stage.networks["student"].module
    hidden = student.block1(batch.images.flatten(1))
    torch.testing.assert_close(values["student.block1"], hidden)
    torch.testing.assert_close(values["hint"], stage.heads["hint"].module(hidden))
    assert torch.equal(values["labels"], batch.labels)


def test_losses_are_float32_scalars_by_name_and_unweighted():
    term = LossTerm("label loss", cross_entropy, "a.logits", (LABELS,), weight=7.0)
    network, batch = perceptron("a"), random_batch()
    stage = Stage("alone", networks=[network], updates=[[term]], training=TrainingSpec())
    losses = stage(batch)
    logits = network.module(batch.images).double()
    by_hand = -logits.log_softmax(1)[range(len(batch)), batch.labels].mean()
    assert list(losses) == ["label loss"]
    assert losses["label loss"].dtype == torch.float32
    assert losses["label loss"].item() == pytest.approx(by_hand.item(), abs=1e-6)


def test_bfloat16_networks_give_float32_losses():
    stage, batch = mutual_stage(), random_batch()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert {loss.dtype for loss in stage(batch, 0).values()} == {torch.float32}


@pytest.mark.parametrize(("update", "own", "peer"), [(0, "a", "b"), (1, "b", "a")])
def test_in_its_turn_each_peer_gets_the_gradient_of_its_own_loss_alone(update, own, peer):
    stage, batch = mutual_stage(), random_batch()
    expected = mutual_gradient_by_hand(stage.networks[own], stage.networks[peer], batch)
    torch.stack(list(stage(batch, update).values())).sum().backward()
    torch.testing.assert_close(gradients(stage.networks[own]), list(expected))
    assert gradients(stage.networks[peer]) == [None] * 4


def test_in_a_shared_turn_each_peer_gets_the_gradient_of_its_own_loss_alone():
    stage, batch = mutual_stage(turns_apart=False), random_batch()
    a, b = stage.networks["a"], stage.networks["b"]
    expected = [*mutual_gradient_by_hand(a, b, batch), *mutual_gradient_by_hand(b, a, batch)]
    torch.stack(list(stage(batch, 0).values())).sum().backward()
    torch.testing.assert_close([*gradients(a), *gradients(b)], expected)


def test_learners_are_what_the_terms_of_a_turn_reach():
    stage = mutual_stage()
    assert list(stage.learners(0)) == ["a"]
    assert list(stage.learners(1)) == ["b"]
    assert list(mutual_stage(turns_apart=False).learners(0)) == ["a", "b"]


def test_a_head_on_a_tap_trains_both_and_its_target_not_at_all():
    stage, batch = hint_stage(Head("hint", nn.Linear(3, 5), "student.block1")), random_batch()
    assert list(stage.learners(0)) == ["hint", "student"]
    stage(batch)["hint loss"].backward()
    head, student = stage.heads["hint"].module, stage.networks["student"].module
    hidden = student.block1(batch.images.flatten(1)).detach()
    with torch.no_grad():
        target = stage.networks["teacher"].module.block1(batch.images.flatten(1))
    at_output = 2 * (head(hidden) - target) / target.numel()
    torch.testing.assert_close(head.weight.grad, at_output.T @ hidden)
    through = (at_output @ head.weight) * (hidden > 0)
    torch.testing.assert_close(student.block1.linear.weight.grad, through.T @ batch.images.flatten(1))
    assert gradients(stage.networks["teacher"]) == [None] * 4


def test_a_head_on_a_frozen_network_trains_alone():
    stage = hint_stage(Head("hint", nn.Linear(5, 5), "teacher.block1"))
    assert list(stage.learners(0)) == ["hint"]
    stage(random_batch())["hint loss"].backward()
    assert gradients(stage.networks["teacher"]) == [None] * 4
    assert all(gradient is not None for gradient in gradients(stage.heads["hint"]))


def test_a_head_may_be_fed_by_a_head():
    heads = [Head("early", nn.Linear(3, 4), "student.block1"), Head("hint", nn.Linear(4, 3), "early")]
    term = LossTerm("hint loss", functional.mse_loss, "hint", ("teacher.block1",))
    networks = [perceptron("teacher", seed=1).freeze(), perceptron("student", seed=2)]
    stage = Stage("hints", networks=networks, heads=heads, updates=[[term]], training=TrainingSpec())
    assert list(stage.learners(0)) == ["early", "hint", "student"]
    stage.dry_run(random_batch())
    stage(random_batch())["hint loss"].backward()
    assert all(g is not None for module in (*heads, networks[1].module.block1) for g in gradients(module))


@lazy
def test_a_lazy_head_takes_its_shape_in_the_rehearsal():
    stage, batch = hint_stage(Head("hint", nn.LazyLinear(5), "student.block1")), random_batch()
    stage.dry_run(batch)
    assert stage.heads["hint"].module.weight.shape == (5, 3)
    stage(batch)["hint loss"].backward()
    assert stage.heads["hint"].module.weight.grad is not None


def test_weights_are_numbers_or_follow_the_progress():
    fixed = LossTerm("soft loss", kl, "a.logits", ("b.logits",), 0.9)
    falling = LossTerm("soft loss", kl, "a.logits", ("b.logits",), lambda progress: 1 - 0.8 * progress)
    curved = LossTerm("soft loss", kl, "a.logits", ("b.logits",), lambda progress: math.sqrt(progress))
    assert [fixed.weight_at(p) for p in (0, 0.5, 1)] == [0.9, 0.9, 0.9]
    assert [falling.weight_at(p) for p in (0, 0.25, 1)] == pytest.approx([1.0, 0.8, 0.2])
    assert curved.weight_at(0.25) == 0.5


def test_rehearsal_names_stage_term_and_address_that_do_not_exist():
    term = LossTerm("soft loss", kl, "a.logits", ("techer.logits",))
    stage = Stage("student", networks=[perceptron("a")], updates=[[term]], training=TrainingSpec())
    with pytest.raises(KDStudioError, match=r"stage 'student', term 'soft loss': no address 'techer.logits'"):
        stage.dry_run(random_batch())


def test_rehearsal_names_the_shapes_that_do_not_fit():
    stage = hint_stage(Head("hint", nn.Linear(3, 4), "student.block1"), loss=lambda a, b: (a - b).mean())
    pattern = r"stage 'hints', term 'hint loss' does not fit hint \(6, 4\), teacher.block1 \(6, 5\)"
    with pytest.raises(KDStudioError, match=pattern):
        stage.dry_run(random_batch())


def test_rehearsal_names_a_head_that_does_not_fit_what_it_is_fed():
    stage = hint_stage(Head("hint", nn.Linear(4, 5), "student.block1"))
    with pytest.raises(KDStudioError, match=r"stage 'hints', head 'hint' .*student.block1 \(6, 3\)"):
        stage.dry_run(random_batch())


def test_rehearsal_names_a_head_that_is_fed_by_nothing():
    stage = hint_stage(Head("hint", nn.Linear(3, 5), "student.blok1"))
    with pytest.raises(KDStudioError, match=r"stage 'hints', head 'hint': no address 'student.blok1'"):
        stage.dry_run(random_batch())


def test_rehearsal_names_a_score_that_reads_nothing():
    stage = Stage(
        "alone", networks=[perceptron("a")], updates=[[label_term("a")]], training=TrainingSpec(),
        scored={"a": "a.logit"},
    )  # fmt: skip
    with pytest.raises(KDStudioError, match=r"stage 'alone', score 'a': no address 'a.logit'"):
        stage.dry_run(random_batch())


def test_rehearsal_refuses_a_loss_that_is_no_number():
    def unreduced(one, other):
        return (one - other).square().mean(1)

    stage = hint_stage(Head("hint", nn.Linear(3, 5), "student.block1"), loss=unreduced)
    with pytest.raises(KDStudioError, match=r"gives \(6,\); a loss must be one number"):
        stage.dry_run(random_batch())


def test_rehearsal_moves_no_weights_and_no_batch_norm_statistics():
    network = with_batch_norm("student")
    before = {key: value.clone() for key, value in network.state_dict().items()}
    term = LossTerm("label loss", cross_entropy, "student.logits", (LABELS,))
    stage = Stage("student", networks=[network], updates=[[term]], training=TrainingSpec()).train()
    stage.dry_run(random_batch())
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())
    assert all(gradient is None for gradient in gradients(network))


def test_each_networks_logits_are_scored_unless_told_otherwise():
    assert mutual_stage().scored == {"a": "a.logits", "b": "b.logits"}


def test_a_head_takes_the_values_of_all_its_sources_in_order():
    class Difference(nn.Module):
        def forward(self, one, other):
            return one - other

    networks = [perceptron("a", seed=1), perceptron("b", seed=2)]
    head = Head("difference", Difference(), "a.logits", "b.logits")
    term = LossTerm("gap", lambda gap: gap.square().mean(), "difference", ())
    stage = Stage("two", networks=networks, heads=[head], updates=[[term]], training=TrainingSpec())
    batch = random_batch()
    values = stage.values(batch, {"difference"})
    torch.testing.assert_close(values["difference"], values["a.logits"] - values["b.logits"])
    assert list(stage.learners(0)) == ["a", "b"]  # a head without weights has nothing to learn
    assert stage.behind("difference").keys() == {"a", "b", "difference"}


def test_several_addresses_of_one_term_get_gradient_and_those_against_none():
    networks = [perceptron("a", seed=1), perceptron("b", seed=2), perceptron("c", seed=3)]
    term = LossTerm(
        "spread", lambda a, b, c: ((a - c).square() + (b - c).square()).mean(),
        ("a.logits", "b.logits"), ("c.logits",),
    )  # fmt: skip
    stage = Stage("three", networks=networks, updates=[[term]], training=TrainingSpec())
    stage(random_batch())["spread"].backward()
    assert all(g is not None for name in "ab" for g in gradients(stage.networks[name]))
    assert all(g is None for g in gradients(stage.networks["c"]))


def test_gradients_to_the_images_can_be_taken_of_frozen_networks_too():
    class Slope(nn.Module):
        def forward(self, logits, images):
            with torch.enable_grad():
                return torch.autograd.grad(logits.amax(1).sum(), images, create_graph=True)[0]

    networks = [perceptron("teacher", width=5, seed=1).freeze(), perceptron("student", seed=2)]
    heads = [Head(f"{n.name} slope", Slope(), f"{n.name}.logits", "images") for n in networks]
    term = LossTerm("slopes", functional.mse_loss, "student slope", ("teacher slope",))
    stage = Stage("slopes", networks=networks, heads=heads, updates=[[term]], training=TrainingSpec())
    batch = random_batch()
    stage.dry_run(batch)
    loss = stage(batch)["slopes"]
    step, slopes = 1e-3, []
    for network in networks:
        module, image = network.module.double(), batch.images.double()
        top = module(image).argmax(1)
        pixels = []
        for pixel in range(64):
            nudge = torch.zeros(1, 64, dtype=torch.double)
            nudge[0, pixel] = step
            up, down = (module(image + sign * nudge.view(1, 1, 8, 8)) for sign in (1, -1))
            pixels.append((up - down).gather(1, top[:, None])[:, 0] / (2 * step))
        slopes.append(torch.stack(pixels, 1))
    assert loss.item() == pytest.approx((slopes[0] - slopes[1]).square().mean().item(), rel=1e-4)
    networks[1].module.float()
    networks[0].module.float()
    stage(batch)["slopes"].backward()
    assert any(g is not None and bool(g.abs().sum() > 0) for g in gradients(networks[1]))
    assert all(g is None for g in gradients(networks[0]))
    assert batch.images.grad is None


def test_the_path_of_a_weight_is_an_address_and_gets_gradient():
    networks = [perceptron("teacher", seed=1).freeze(), perceptron("student", seed=2)]
    path = "classifier.weight"
    term = LossTerm("weights", functional.mse_loss, f"student.{path}", (f"teacher.{path}",))
    stage = Stage("weights", networks=networks, updates=[[term]], training=TrainingSpec())
    stage.dry_run(random_batch())
    stage(random_batch())["weights"].backward()
    own, other = (n.module.classifier.weight for n in (networks[1], networks[0]))
    torch.testing.assert_close(own.grad, 2 * (own - other).detach() / own.numel())


def test_a_frozen_head_is_no_learner_and_stays_in_eval_mode():
    head = Head("hint", nn.Sequential(nn.Dropout(), nn.Linear(3, 5)), "student.block1").freeze()
    stage = hint_stage(head).train()
    assert list(stage.learners(0)) == ["student"]
    assert not head.module.training


def test_only_what_learns_moves_running_statistics_and_peers_answer_with_those_of_the_batch():
    """By hand: the momentum is 0.1, so a mean that has moved once from 0 is a tenth of the batch's."""
    networks = [with_batch_norm("a", seed=1), with_batch_norm("b", seed=2)]
    updates = [
        [label_term(own), LossTerm(f"{own} soft loss", kl, f"{own}.logits", (f"{peer}.logits",))]
        for own, peer in ("ab", "ba")
    ]
    stage = Stage("mutual", networks=networks, updates=updates, training=TrainingSpec()).train()
    batch = random_batch()

    def by_hand(network):
        flatten, linear, norm, relu, last = network.module
        hidden = linear(flatten(batch.images))
        spread = (hidden.var(0, correction=0) + norm.eps).sqrt()
        return hidden.mean(0), last(relu((hidden - hidden.mean(0)) / spread))

    for update, (own, peer) in enumerate((networks, networks[::-1])):
        mean, logits = by_hand(own)
        losses = stage(batch, update)
        torch.testing.assert_close(own.module[2].running_mean, mean / 10)
        torch.testing.assert_close(losses[f"{own.name} soft loss"], kl(logits, by_hand(peer)[1]))
    assert [int(n.module[2].num_batches_tracked) for n in networks] == [1, 1]


def test_a_head_that_does_not_learn_in_an_update_keeps_its_statistics():
    heads = [Head("own", nn.BatchNorm1d(3), "a.block1"), Head("other", nn.BatchNorm1d(3), "b.block1")]
    networks = [perceptron("a", seed=1), perceptron("b", seed=2)]
    term = LossTerm("gap", functional.mse_loss, "own", ("other",))
    stage = Stage("two", networks=networks, heads=heads, updates=[[term]], training=TrainingSpec()).train()
    stage(random_batch())
    assert [int(head.module.num_batches_tracked) for head in heads] == [1, 0]


@pytest.mark.parametrize("update", [0, 1])
def test_networks_draw_what_they_would_draw_alone(update):
    def network(name):
        found = perceptron(name, width=50, seed=1)
        found.module.classifier = nn.Sequential(nn.Dropout(), found.module.classifier)
        return found

    def losses(names, number):
        updates = [[label_term(name)] for name in names]
        networks = [network(name) for name in names]
        stage = Stage("side by side", networks=networks, updates=updates, training=TrainingSpec()).train()
        torch.manual_seed(7)
        return [stage(random_batch(), turn) for turn in range(len(names))][number]

    (alone,) = losses(["a"], 0).values()
    (beside,) = losses(["b", "c"], update).values()
    assert torch.equal(alone, beside)
