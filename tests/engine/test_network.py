import pytest
import torch
from torch import nn

from kdstudio.engine.network import Head, Network
from tests.small import perceptron, random_batch, with_batch_norm


def test_taps_and_logits_equal_the_submodules_outputs_by_hand():
    network, batch = perceptron("student"), random_batch()
    outputs = network(batch, ("block1", "logits"))
    block, classifier = network.module.block1.linear, network.module.classifier
    hidden = (batch.images.flatten(1) @ block.weight.T + block.bias).clamp(min=0)
    torch.testing.assert_close(outputs["block1"], hidden)
    torch.testing.assert_close(outputs["logits"], hidden @ classifier.weight.T + classifier.bias)


def test_only_what_is_wanted_is_returned():
    assert list(perceptron("student")(random_batch(), ("block1",))) == ["block1"]


def test_hooks_are_gone_after_the_forward_pass_even_if_it_fails():
    network, batch = perceptron("student"), random_batch()
    network(batch, ("block1", "logits"))
    assert not network.module.block1.relu._forward_hooks
    broken = Network("broken", nn.Sequential(nn.ReLU(), nn.Linear(3, 3)), {"block1": "0"})
    with pytest.raises(RuntimeError):
        broken(batch, ("block1",))
    assert not broken.module[0]._forward_hooks


def test_two_networks_of_one_class_do_not_share_hooks():
    one, other, batch = perceptron("one", seed=1), perceptron("other", seed=2), random_batch()
    first = one(batch, ("block1",))["block1"]
    other(batch, ("block1",))
    assert torch.equal(one(batch, ("block1",))["block1"], first)


def test_a_frozen_network_stays_in_eval_mode_whatever_is_asked():
    network = with_batch_norm("teacher").freeze()
    around = nn.ModuleList([network]).train()
    assert around.training
    assert not any(module.training for module in network.modules())
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_a_network_that_is_not_frozen_changes_its_mode():
    network = with_batch_norm("student")
    assert network.eval().training is False
    assert all(module.training for module in network.train().modules())


def test_parameters_are_counted_frozen_or_not():
    network = perceptron("student", width=3)
    assert network.parameter_count() == 64 * 3 + 3 + 3 * 10 + 10
    assert network.freeze().parameter_count() == 64 * 3 + 3 + 3 * 10 + 10


def test_outputs_are_the_taps_and_the_logits():
    assert perceptron("student").outputs == ("block1", "logits")


def test_a_head_applies_its_module():
    module = nn.Linear(3, 2)
    value = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    hint = Head("hint", module, "student.block1")
    torch.testing.assert_close(hint(value), value @ module.weight.T + module.bias)


def test_what_a_layer_is_fed_with_can_be_read():
    network, batch = perceptron("student"), random_batch()
    values = network(batch, ("block1.relu@input", "block1.linear"))
    assert torch.equal(values["block1.relu@input"], values["block1.linear"])
    assert network.has("block1.relu@input")
    assert not network.has("block1.relu@output")


def test_blocks_are_all_taps_and_the_middle_one_is_the_middle_unless_told():
    taps = dict.fromkeys("abcd", "0")
    network = Network("n", nn.Sequential(nn.ReLU()), taps)
    assert (network.blocks, network.middle) == (("a", "b", "c", "d"), "c")
    told = Network("n", nn.Sequential(nn.ReLU()), taps, blocks="bcd", middle="d")
    assert (told.blocks, told.middle) == (("b", "c", "d"), "d")
