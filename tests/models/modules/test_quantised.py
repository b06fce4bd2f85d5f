from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn
from torch.ao.quantization.fx import _decomposed  # noqa: F401  # registers torch's own
from torch.nn import functional

from kdstudio.models.declaration import ImageShape, models
from kdstudio.models.modules.quantised import (
    QuantisedConv2d,
    QuantisedLinear,
    Rounding,
    observing,
    quantise,
    rounded,
    roundings,
    weight_steps,
)

STEPS = torch.ops.quantized_decomposed
SMALL = ImageShape(3, 16, 16)


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def of_range(low, high):
    rounding = Rounding().eval()
    rounding.low.fill_(low)
    rounding.high.fill_(high)
    return rounding


def quantised(module, *shape):
    with torch.no_grad():
        return quantise(module.eval(), torch.zeros(1, *shape))


def built(name, image=SMALL, **options):
    torch.manual_seed(0)
    return quantised(models[name](**options).build(image, 10), *image[:3])


def with_roundings(network, name):
    return [path for path, part in network.named_modules() if name in part._modules]


def test_numbers_between_layers_are_rounded_as_by_hand():
    """From -1 to 3: steps of 4/255, and 0 is the 64th of them."""
    values = torch.tensor([-2.0, -1.0, -0.01, 0.0, 0.01, 1.0, 3.0, 9.0])
    near = of_range(-1.0, 3.0)(values)
    by_hand = [
        (round(v * 255 / 4) if -1 < v < 3 else -64 if v < 0 else 191) * 4 / 255 for v in values.tolist()
    ]
    assert near.tolist() == pytest.approx(by_hand, abs=1e-6)
    assert near[3] == 0


@pytest.mark.parametrize(("low", "high"), [(0.0, 5.0), (-0.3, 2.7), (-4.0, 0.0)])
def test_numbers_between_layers_are_those_of_torch_s_integers(low, high):
    values, rounding = drawn(1000) * 3, of_range(low, high)
    scale, zero = rounding.steps()
    settled = float(scale), int(zero), 0, 255, torch.uint8
    integers = STEPS.quantize_per_tensor(values, *settled)
    near = STEPS.dequantize_per_tensor(integers, *settled)
    torch.testing.assert_close(rounding(values), near, rtol=0, atol=1e-6)


@pytest.mark.parametrize("bits", [8, 4, 2])
def test_weights_are_rounded_channel_by_channel_as_by_hand(bits):
    weight, most = drawn(5, 3, 2, 2), 2 ** (bits - 1) - 1
    steps = np.abs(weight.numpy()).reshape(5, -1).max(1) / most
    integers = np.rint(weight.numpy() / steps[:, None, None, None])
    assert np.abs(integers).max() == most
    assert weight_steps(weight, bits).numpy() == pytest.approx(steps)
    assert rounded(weight, bits).numpy() == pytest.approx(integers * steps[:, None, None, None], abs=1e-6)


def test_weights_are_those_of_torch_s_integers():
    weight = drawn(7, 6)
    settled = weight_steps(weight, 8), torch.zeros(7, dtype=torch.int64), 0, -128, 127, torch.int8
    near = STEPS.dequantize_per_channel(STEPS.quantize_per_channel(weight, *settled), *settled)
    torch.testing.assert_close(rounded(weight, 8), near, rtol=0, atol=1e-6)


def test_a_channel_of_zeros_stays_so():
    assert torch.equal(rounded(torch.zeros(2, 3), 8), torch.zeros(2, 3))


def test_gradients_pass_rounding_unchanged_and_stop_out_of_range():
    weight, factor = drawn(4, 5).requires_grad_(), drawn(4, 5, seed=1)
    (rounded(weight, 3) * factor).sum().backward()
    assert torch.equal(weight.grad, factor)
    values = torch.tensor([-3.0, -0.7, 0.2, 1.9, 4.0], requires_grad=True)
    of_range(-1.0, 2.0)(values).sum().backward()
    assert values.grad.tolist() == [0, 1, 1, 1, 0]


def test_a_range_is_the_mean_of_what_the_first_batches_had():
    rounding = Rounding().train()
    for low, high in ((-1.0, 2.0), (-3.0, 4.0), (0.5, 9.0)):
        rounding(torch.tensor([low, high]))
    assert rounding.low.item() == pytest.approx((-1 - 3 + 0) / 3)
    assert rounding.high.item() == pytest.approx((2 + 4 + 9) / 3)


def test_later_batches_count_for_a_hundredth():
    rounding = of_range(0.0, 1.0).train()
    rounding.seen.fill_(1000)
    rounding(torch.tensor([-1.0, 3.0]))
    assert (rounding.low.item(), rounding.high.item()) == pytest.approx((-0.01, 1.02))


def test_in_eval_mode_a_range_stays():
    rounding = of_range(-1.0, 1.0)
    rounding(torch.tensor([-5.0, 5.0]))
    assert (rounding.low.item(), rounding.high.item()) == (-1, 1)


def test_the_weights_of_the_architecture_itself_fit():
    network, image = built("resnet", depth=8), SMALL
    torch.manual_seed(1)
    whole = models["resnet"](depth=8).build(image, 10)
    lacking = network.load_state_dict(whole.state_dict(), strict=False)
    assert not lacking.unexpected_keys
    assert {key.rpartition(".")[2] for key in lacking.missing_keys} == {"low", "high", "seen"}
    assert [*dict(network.named_parameters())] == [*dict(whole.named_parameters())]


def test_with_fine_steps_it_answers_as_the_architecture_itself():
    torch.manual_seed(0)
    whole = models["wide-resnet"](depth=10, width=1).build(SMALL, 10).train()
    images = drawn(64, 3, 16, 16)
    for _ in range(5):
        whole(images)
    expected = whole.eval()(images)
    network = quantised(whole, 3, 16, 16)
    with torch.no_grad(), observing(network):
        network(images)
    error = (network(images) - expected).abs().max() / expected.std()
    assert 0 < error < 0.1


def test_a_layer_is_rounded_as_the_formula_has_it():
    network = quantised(nn.Sequential(OrderedDict(a=nn.Linear(4, 3), r=nn.ReLU(), b=nn.Linear(3, 2))), 4)
    values = drawn(6, 4)
    with torch.no_grad(), observing(network):
        network(values)
    near = network.a.incoming(values)
    near = network.r.outgoing(functional.linear(near, rounded(network.a.weight, 8), network.a.bias).relu())
    expected = functional.linear(near, rounded(network.b.weight, 8), network.b.bias)
    assert torch.equal(network(values), expected)


def test_what_is_fed_in_is_rounded_and_what_relus_and_sums_give_and_not_the_logits():
    network = built("resnet", depth=8)
    assert with_roundings(network, "incoming") == ["stem.conv", "classifier"]  # of the images; of the mean
    outgoing = with_roundings(network, "outgoing")
    assert "stem.relu" in outgoing
    assert "block1.0.relu" in outgoing
    assert "block1.0.add.body.second.norm" in outgoing  # it is added to the shortcut
    assert "block1.0.add" not in outgoing  # a ReLU comes after it
    assert "classifier" not in outgoing


def test_linear_sums_are_rounded():
    assert "block1.2" in with_roundings(built("mobilenet-v2", width=0.1), "outgoing")


def test_maxout_is_rounded_before_and_after():
    outgoing = with_roundings(built("fitnet", ImageShape(3, 32, 32)), "outgoing")
    assert {"layer1.maxout.convolution", "layer1.maxout.maxout"} <= {*outgoing}


class UsedTwice(nn.Module):
    """One ReLU in two places, and a sum in place, as in torchvision's residual blocks."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(2, 2, 1), nn.Conv2d(2, 2, 1)
        self.norm, self.relu, self.last = nn.BatchNorm2d(2), nn.ReLU(), nn.Conv2d(2, 2, 1)

    def forward(self, images):
        output = self.norm(self.second(self.relu(self.first(images))))
        output += images
        return self.last(self.relu(output)).flatten(1)


def test_layers_behind_what_is_used_twice_round_for_themselves():
    network = quantised(UsedTwice(), 2, 3, 3)
    assert with_roundings(network, "incoming") == ["first", "second", "last"]
    assert with_roundings(network, "outgoing") == ["norm"]
    assert network.second.norm == (network.norm,)


class ReadTwice(nn.Module):
    """The batch norm is not all that reads the convolution."""

    def __init__(self):
        super().__init__()
        self.conv, self.inside = nn.Conv2d(2, 2, 1), Dense()

    def forward(self, images):
        return self.inside(self.conv(images)).flatten(1)


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(2)

    def forward(self, images):
        return torch.cat((images, self.norm(images)), 1)


def test_a_batch_norm_belongs_to_a_layer_only_if_nothing_else_reads_that():
    network = quantised(ReadTwice(), 2, 3, 3)
    assert network.conv.norm == ()
    assert with_roundings(network, "outgoing") == ["conv"]


class Own(nn.Conv2d):
    """Computes otherwise, for all anybody knows."""


def test_layers_of_other_kinds_stay_as_they_are():
    network = quantised(nn.Sequential(Own(2, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(18, 2)), 2, 3, 3)
    assert type(network[0]) is Own
    assert type(network[3]) is QuantisedLinear
    assert not network[0]._modules


def test_calibrating_moves_ranges_alone():
    network = built("resnet", depth=8)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with torch.no_grad(), observing(network):
        network(drawn(8, 3, 16, 16))
    ranges = {f"{path}.{what}" for path, part in network.named_modules() if isinstance(part, Rounding)
              for what in ("low", "high", "seen")}  # fmt: skip
    moved = {key for key, value in network.state_dict().items() if not torch.equal(value, before[key])}
    assert moved
    assert moved <= ranges
    assert not any(rounding.training for rounding in roundings(network))


def test_it_keeps_the_classes_that_others_know_it_by():
    network = built("lenet", channels=2, hidden=4)
    assert isinstance(network.block1.convolution, nn.Conv2d)
    assert type(network.block1.convolution) is QuantisedConv2d
