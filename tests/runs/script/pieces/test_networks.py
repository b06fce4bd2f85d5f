"""Networks that are frozen, listened to and read."""

import torch
from torch import nn

from kdstudio.runs.script.pieces.networks import begin_as, freeze, fresh, listening, read


def normed():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))


def test_first_weights_follow_from_seed_and_purpose_alone():
    one, same, other = (fresh(normed, 1, name, 0) for name in ("a", "a", "b"))
    assert torch.equal(one[0].weight, same[0].weight)
    assert not torch.equal(one[0].weight, other[0].weight)


def test_it_begins_with_anothers_weights_wherever_shapes_agree():
    small, large = (
        nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1)),
        nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)),
    )
    begin_as(small, large)
    assert torch.equal(small[0].weight, large[0].weight)
    assert small[1].weight.shape == (1, 4)


def test_who_is_listened_to_normalises_by_the_batch_and_learns_nothing():
    network, images = normed().train(), torch.randn(5, 3)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with listening(network):
        answer = network(images)
    assert not answer.requires_grad
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert torch.equal(answer, network(images))


def test_who_is_frozen_keeps_its_statistics():
    network = freeze(normed().train())
    network(torch.randn(5, 3))
    assert network[1].num_batches_tracked == 0
    assert not any(p.requires_grad for p in network.parameters())


def test_what_layers_give_and_are_fed_with_is_read():
    network, images = normed().eval(), torch.randn(5, 3)
    logits, hidden, fed = read(network, images, "2", "2@input")
    assert torch.equal(logits, network(images))
    assert torch.equal(hidden, fed.relu())
    assert torch.equal(fed, network[1](network[0](images)))
    assert not network[2]._forward_hooks
