"""Networks made of parts of others: where a trunk ends, what is shared, what comes out."""

from collections import OrderedDict

import pytest
import torch
from torch import nn

from kdstudio.data.feed import Batch
from kdstudio.engine.network import Network
from kdstudio.models.declaration import ImageShape, models
from kdstudio.models.modules.composed import ComposedNetwork, Trunk
from tests.small import same_state

IMAGES = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))


class Shifted(nn.Sequential):
    """A chain whose forward is another."""

    def forward(self, values):
        return super().forward(values) + 1


def linear(seed, inputs=4, outputs=4):
    layer = nn.Linear(inputs, outputs)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        layer.weight.normal_(generator=generator)
        layer.bias.normal_(generator=generator)
    return layer


def block(seed):
    return nn.Sequential(OrderedDict(first=linear(seed), relu=nn.ReLU(), second=linear(seed + 50)))


def network():
    parts = OrderedDict(block1=block(1), block2=block(2), block3=block(3), classifier=linear(4, 4, 10))
    return nn.Sequential(parts)


def read_whole(module, reads):
    """What hooks on the whole network see."""
    seen, hooks = {}, []
    for name, path in reads.items():
        hooks.append(
            module.get_submodule(path).register_forward_hook(
                lambda _m, _i, o, name=name: seen.update({name: o})
            )
        )
    module(IMAGES)
    for hook in hooks:
        hook.remove()
    return seen


@pytest.mark.parametrize(
    ("paths", "parts"),
    [
        (["block2"], ["block1", "block2"]),
        (["block1.relu"], ["block1"]),
        (["block1", "block2.first"], ["block1", "block2"]),
        (["block2", "block2.first"], ["block1", "block2"]),
        (["block2.second", "block2"], ["block1", "block2"]),
        (["block2.second"], ["block1", "block2"]),
        (["classifier", "block1"], ["block1", "block2", "block3", "classifier"]),
        (["", "block1"], ["block1", "block2", "block3", "classifier"]),
    ],
)
def test_a_trunk_ends_behind_the_last_of_what_is_read(paths, parts):
    whole = network()
    trunk = Trunk("t", whole, {f"read {path}": path for path in paths})
    assert [name for name, _ in trunk.module.named_children()] == parts
    found, expected = trunk(IMAGES), read_whole(whole, {f"read {path}": path for path in paths})
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_what_lies_behind_the_last_tap_inside_a_block_is_left_out():
    trunk = Trunk("t", network(), {"middle": "block2.relu"})
    assert [n for n, _ in trunk.module.named_modules() if n.startswith("block2.")] == [
        "block2.first", "block2.relu",
    ]  # fmt: skip


def test_a_trunk_shares_the_weights_and_leaves_the_network_as_it_was():
    whole = network()
    before = [name for name, _ in whole.named_modules()]
    trunk = Trunk("t", whole, {"early": "block1"})
    assert trunk.module.get_submodule("block1.first").weight is whole.block1.first.weight
    assert [name for name, _ in whole.named_modules()] == before
    with torch.no_grad():
        whole.block1.first.weight.zero_()
    assert torch.equal(trunk(IMAGES)["early"], whole.block1(IMAGES))


def test_a_layer_that_runs_twice_gives_its_last_value_as_it_does_in_training():
    relu = nn.ReLU()
    whole = nn.Sequential(linear(1), relu, linear(2), relu, linear(3))
    for path in ("1", "3"):
        assert torch.equal(Trunk("t", whole, {"relu": path})(IMAGES)["relu"], whole[:4](IMAGES))
    network = Network("n", whole, {"relu": "1"})
    zeros = torch.zeros(5)
    assert torch.equal(network(Batch(IMAGES, zeros, zeros, zeros), ("relu",))["relu"], whole[:4](IMAGES))


def test_what_a_layer_is_fed_with_is_read_of_a_trunk_that_ends_there():
    whole = nn.Sequential(linear(1), nn.ReLU(), linear(2))
    trunk = Trunk("t", whole, {"before": "1@input", "after": "1"})
    assert torch.equal(trunk(IMAGES)["before"], whole[0](IMAGES))
    assert torch.equal(trunk(IMAGES)["after"], whole[0](IMAGES).relu())
    assert len(trunk.module) == 2


@pytest.mark.parametrize("outer", [True, False])
def test_a_network_with_a_forward_of_its_own_is_kept_whole(outer):
    inner = Shifted(OrderedDict(first=linear(1), second=linear(2)))
    whole = inner if outer else nn.Sequential(OrderedDict(a=inner, b=linear(3)))
    path = "first" if outer else "a.first"
    trunk = Trunk("t", whole, {"first": path})
    assert trunk.module is whole
    assert torch.equal(trunk(IMAGES)["first"], inner.first(IMAGES))


def test_heads_are_fed_by_trunks_and_by_each_other():
    one, other = network(), network()
    first, second = linear(7), nn.Bilinear(4, 10, 3)
    composed = ComposedNetwork(
        {"a": (one, {"block1": "block1"}), "b": (other, {"logits": ""})},
        {"early": (first, ("a.block1",)), "late": (second, ("early", "b.logits"))},
        "late",
    )
    expected = second(first(one.block1(IMAGES)), other(IMAGES))
    assert torch.equal(composed(IMAGES), expected)
    names = {key.split(".")[0] for key in composed.state_dict()}
    assert names == {"networks", "heads"}
    assert "networks.b.module.block1.first.weight" in composed.state_dict()
    assert not any(key.startswith("networks.a.module.block2") for key in composed.state_dict())


def test_a_head_may_be_the_output_though_others_come_after_it():
    composed = ComposedNetwork(
        {"a": (network(), {"block1": "block1"})},
        {"early": (linear(7), ("a.block1",)), "late": (linear(8), ("early",))},
        "early",
    )
    early = composed.heads["early"]
    assert torch.equal(composed(IMAGES), early(composed.networks["a"](IMAGES)["a.block1"[2:]]))


@pytest.mark.parametrize("name", [n for n in models if not models[n].library and not models[n].runs_code])
def test_every_architecture_made_here_is_cut_at_each_of_its_taps(name):
    spec, images = models[name].smallest(), torch.randn(2, 3, 32, 32)
    module = spec.build(ImageShape(3, 32, 32), 10).eval()
    taps, zeros = spec.taps(), torch.zeros(2)
    values = Network("n", module, taps).eval()(Batch(images, zeros, zeros, zeros), taps)
    sizes = []
    for tap, path in taps.items():
        trunk = Trunk("n", module, {tap: path}).eval()
        assert torch.equal(trunk(images)[tap], values[tap])
        sizes.append(sum(p.numel() for p in trunk.parameters()))
    assert sizes == sorted(sizes)
    assert sizes[-1] < sum(p.numel() for p in module.parameters())


def test_its_state_is_that_of_its_parts():
    whole = network()
    composed = ComposedNetwork({"a": (whole, {"logits": ""})}, {"h": (linear(7, 10), ("a.logits",))}, "h")
    prefix = "networks.a.module."
    kept = {k.removeprefix(prefix): v for k, v in composed.state_dict().items() if k.startswith(prefix)}
    assert same_state(kept, whole.state_dict())
