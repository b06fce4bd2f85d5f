import numpy as np
import pytest
import torch

from kdstudio.engine.dry_run import dry_run
from kdstudio.engine.learning import learn_labels
from kdstudio.engine.strategies.mutual import Mutual
from kdstudio.errors import KDStudioError
from tests.small import (
    Given,
    interrupted,
    random_batch,
    same_state,
    same_states,
    small_context,
    small_experiment,
    train,
)

NETS = ("net-1 mutual", "net-2 mutual", "net-3 mutual")
NET = "{model={name='mlp', widths=[5]}, training={epochs=2, batch_size=256, optimizer={name='sgd'}}}"


def experiment(*settings):
    """Networks of 8 and 5 hidden units."""
    sizes = ("networks.net-1.model={name='mlp', widths=[8]}", "networks.net-2.model={name='mlp', widths=[5]}")
    return small_experiment(*sizes, *settings, strategy="mutual")


def three(*settings):
    return experiment("strategy.peers=3", f"networks.net-3={NET}", *settings)


def stages_of(of):
    return {stage.name: stage for stage in small_context(of).plan()}


def softmax(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def predictions(stage, batch):
    """Logits of every network in float64, by name."""
    with torch.no_grad():
        return {name: n.module(batch.images).double().numpy() for name, n in stage.networks.items()}


def gradients(stage, batch, update):
    """Gradients of the update's weighted loss, by network and weight; None where none came."""
    stage.zero_grad(set_to_none=True)
    losses = stage(batch, update)
    sum(term.weight_at(0) * losses[term.name] for term in stage.updates[update]).backward()
    return {name: [w.grad for w in network.parameters()] for name, network in stage.networks.items()}


def kl(p, q):
    return (p * np.log(p / q)).sum(1).mean()


@pytest.mark.parametrize("temperature", [1.0, 3.0])
@pytest.mark.parametrize("peers_as", ["mean of KLs", "KL to mean"])
def test_losses_and_gradients_equal_the_formula_by_hand(peers_as, temperature):
    settings = (f"strategy.peers_as={peers_as}", f"strategy.temperature={temperature}", "strategy.weight=0.5")
    stage, batch, t = stages_of(three(*settings))["mutual"].eval(), random_batch(), temperature
    logits, labels = predictions(stage, batch), np.eye(10)[batch.labels]
    for update, name in enumerate(NETS):
        q = softmax(logits[name] / t)
        peers = [softmax(z / t) for other, z in logits.items() if other != name]
        by_hand = np.mean([kl(p, q) for p in peers]) if peers_as == "mean of KLs" else kl(sum(peers) / 2, q)
        losses = stage(batch, update)
        own = -np.log((labels * softmax(logits[name])).sum(1)).mean()
        assert losses[f"label loss ({name})"].item() == pytest.approx(own, abs=1e-5)
        assert losses[f"peer loss ({name})"].item() == pytest.approx(t**2 * by_hand, rel=1e-3, abs=1e-6)
        at_logits = softmax(logits[name]) - labels + 0.5 * t * (q - sum(peers) / 2)
        found = gradients(stage, batch, update)[name][-1]
        assert found.double().numpy() == pytest.approx(at_logits.sum(0) / len(batch), abs=1e-5)


def test_a_turn_gives_gradient_to_its_own_network_alone():
    stage, batch = stages_of(three())["mutual"], random_batch()
    for update, own in enumerate(NETS):
        assert list(stage.learners(update)) == [own]
        for name, found in gradients(stage, batch, update).items():
            assert all((gradient is not None) == (name == own) for gradient in found)


def test_together_has_the_gradients_of_separate_turns():
    """Peers are detached, so that the sum over all networks is each network's own loss to it."""
    batch = random_batch()
    in_turn = stages_of(three())["mutual"].eval()
    together = stages_of(three("strategy.update=together"))["mutual"].eval()
    assert [len(stage.updates) for stage in (in_turn, together)] == [3, 1]
    found = gradients(together, batch, 0)
    for update, name in enumerate(NETS):
        for one, other in zip(found[name], gradients(in_turn, batch, update)[name], strict=True):
            torch.testing.assert_close(one, other)


def test_in_turn_the_second_network_sees_the_first_ones_step():
    """The first is the same either way in the first step, the second is not."""
    once = ("networks.net-1.training.epochs=1", "networks.net-2.training.epochs=1", "data.fraction=0.2")
    alone = ("strategy.independent=false", "strategy.distil=false", "strategy.weight=50")
    large = [f"networks.net-{n}.training.batch_size=2000" for n in (1, 2)]
    _, in_turn = train(experiment(*once, *alone, *large))
    _, together = train(experiment(*once, *alone, *large, "strategy.update=together"))
    assert same_state(in_turn["net-1 mutual"], together["net-1 mutual"])
    assert not same_state(in_turn["net-2 mutual"], together["net-2 mutual"])


@pytest.mark.parametrize("update", ["in turn", "together"])
def test_running_statistics_move_once_a_step(update):
    models = [f"networks.net-{n}.model={{name='resnet', depth=8, width=1}}" for n in (1, 2)]
    events, states = train(
        experiment(*models, "data.fraction=0.2", "strategy.distil=false", f"strategy.update={update}")
    )
    steps = max(event.step for event in events if event.kind == "step-done")
    for state in states.values():
        assert {int(v) for key, v in state.items() if key.endswith("num_batches_tracked")} == {steps}


def test_the_stages_are_alone_distilled_and_mutual():
    stages = stages_of(three())
    assert list(stages) == ["alone", "distilled", "mutual"]
    assert list(stages["alone"].networks) == ["net-1 alone", "net-2 alone", "net-3 alone"]
    assert list(stages["distilled"].networks) == ["net-1 alone", "net-2 distilled", "net-3 distilled"]
    assert tuple(stages["mutual"].networks) == NETS
    assert [n for n, network in stages["distilled"].networks.items() if network.frozen] == ["net-1 alone"]


@pytest.mark.parametrize(
    ("independent", "distil", "networks"),
    [
        ("false", "false", set()),
        ("true", "false", {"net-1 alone", "net-2 alone"}),
        ("false", "true", {"net-1 alone", "net-2 distilled"}),
    ],
)
def test_what_it_is_compared_with_can_be_left_out(independent, distil, networks):
    wanted = (f"strategy.independent={independent}", f"strategy.distil={distil}")
    outlines = dry_run(small_context(experiment(*wanted)))
    trained = {name for outline in outlines for name in outline.trained}
    assert trained == networks | {"net-1 mutual", "net-2 mutual"}


def test_networks_of_one_role_start_from_the_same_weights_and_roles_from_others():
    stages = stages_of(small_experiment(strategy="mutual"))
    weights = {n: net.module.state_dict() for stage in stages.values() for n, net in stage.networks.items()}
    assert same_state(weights["net-2 alone"], weights["net-2 distilled"])
    assert same_state(weights["net-2 alone"], weights["net-2 mutual"])
    assert not same_state(weights["net-1 mutual"], weights["net-2 mutual"])


def test_a_network_alone_learns_as_if_it_were_by_itself():
    """The same weights as of a stage of its own: nothing of the others reaches it."""
    _, states = train(experiment("strategy.distil=false"))
    by_itself = experiment().model_copy(
        update={"strategy": Given(make=lambda run: iter([learn_labels(run, run.network("net-2"))]))}
    )
    _, alone = train(by_itself)
    assert same_state(states["net-2 alone"], alone["net-2"])


def test_the_distilling_network_is_the_one_trained_alone_and_stays_as_it_is():
    context, kept = small_context(experiment()), {}
    for stage in context.plan():
        if stage.name == "alone":
            with torch.no_grad():
                for weight in stage.networks["net-1 alone"].parameters():
                    weight.add_(1)
            kept = {k: v.clone() for k, v in stage.networks["net-1 alone"].module.state_dict().items()}
        if stage.name == "distilled":
            assert same_state(kept, stage.networks["net-1 alone"].module.state_dict())


def test_networks_with_other_training_are_refused_with_the_remedy():
    settings = ("networks.net-2.training.epochs=3", "networks.net-2.training.batch_size=8")
    with pytest.raises(KDStudioError) as caught:
        dry_run(small_context(experiment(*settings)))
    assert str(caught.value) == (
        "all networks learn side by side, but net-2 has another epochs, batch_size than net-1; "
        "make networks.net-2.training equal to networks.net-1.training"
    )


def test_the_formula_holds_the_numbers():
    assert Mutual().formula() == (
        "L = CE(y, softmax(z_k)) + 1²·mean over l ≠ k of KL(softmax(z_l/1) ‖ softmax(z_k/1))"
    )
    assert Mutual(temperature=2.5, weight=0.5, peers_as="KL to mean").formula() == (
        "L = CE(y, softmax(z_k)) + 0.5·2.5²·KL(mean over l ≠ k of softmax(z_l/2.5) ‖ softmax(z_k/2.5))"
    )


@pytest.mark.parametrize("update", ["in turn", "together"])
def test_an_interrupted_run_goes_on_to_the_same_weights(update):
    wanted = experiment(f"strategy.update={update}")
    _, whole = train(wanted)
    _rest, states = interrupted(wanted, lambda _, e: e.kind == "step-done" and (e.stage, e.step) == (2, 4))
    assert same_states(whole, states)
