from itertools import pairwise

import pytest
import torch
from pydantic import ValidationError

from kdstudio.models.declaration import ImageShape
from kdstudio.models.mlp import MLP

MNIST = ImageShape(1, 28, 28)


@pytest.mark.parametrize(
    ("widths", "count"), [((1200, 1200), 2_395_210), ((800, 800), 1_276_810), ((30, 30), 24_790), ((), 7_850)]
)
def test_the_number_of_weights_is_that_of_the_layers_by_hand(widths, count):
    sizes = [784, *widths, 10]
    by_hand = sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))
    module = MLP(widths=widths).build(MNIST, 10)
    assert sum(p.numel() for p in module.parameters()) == by_hand == count


def test_the_forward_pass_is_linear_relu_linear():
    module = MLP(widths=(5, 4)).build(ImageShape(2, 3, 3), 3)
    images = torch.randn(6, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    weights = module.state_dict()
    value = images.reshape(6, 18)
    for layer in ("block1.linear", "block2.linear", "classifier"):
        value = value @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"]
        value = value if layer == "classifier" else value.clamp(min=0)
    torch.testing.assert_close(module(images), value)


def test_taps_are_the_hidden_layers_after_their_relu():
    spec = MLP(widths=(5, 4), dropout=0.5)
    module = spec.build(ImageShape(1, 3, 3), 3)
    images = torch.randn(6, 1, 3, 3, generator=torch.Generator().manual_seed(0))
    assert list(spec.taps()) == ["block1", "block2"]
    hidden = module.get_submodule(spec.taps()["block1"])
    seen = []
    hidden.register_forward_hook(lambda _module, inputs, output: seen.append((inputs[0], output)))
    module(images)
    before, after = seen[0]
    assert after.shape == (6, 5)
    assert torch.equal(after, before.clamp(min=0))


def test_dropout_drops_its_share_in_training_and_nothing_otherwise():
    module = MLP(widths=(2000,), input_dropout=0.25, dropout=0.5).build(ImageShape(1, 40, 50), 3)
    ones = torch.ones(4, 2000)
    torch.manual_seed(0)
    assert (module.dropout(ones) == 0).float().mean().item() == pytest.approx(0.25, abs=0.03)
    assert (module.block1.dropout(ones) == 0).float().mean().item() == pytest.approx(0.5, abs=0.03)
    module.eval()
    assert torch.equal(module.block1.dropout(module.dropout(ones)), ones)


def test_its_summary_shows_the_widths():
    assert MLP(widths=(1200, 1200)).summary() == "mlp 1200-1200"
    assert MLP(widths=()).summary() == "mlp"


@pytest.mark.parametrize("options", [{"widths": (0,)}, {"widths": (1,) * 21}, {"dropout": 1.0}, {"width": 3}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ValidationError):
        MLP(**options)
