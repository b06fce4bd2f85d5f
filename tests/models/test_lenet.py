import pytest
import torch
from torch.nn import functional

from kdstudio.models.declaration import ImageShape
from kdstudio.models.lenet import LeNet


@pytest.mark.parametrize(("size", "features"), [(8, 4), (28, 49), (30, 49), (4, 1)])
def test_the_number_of_weights_is_that_of_the_layers_by_hand(size, features):
    module = LeNet(channels=6, hidden=20).build(ImageShape(3, size, size), 10)
    by_hand = (25 * 3 + 1) * 6 + (25 * 6 + 1) * 12 + (12 * features + 1) * 20 + (20 + 1) * 10
    assert sum(p.numel() for p in module.parameters()) == by_hand


def test_the_forward_pass_is_two_convolutions_a_hidden_layer_and_a_classifier():
    module = LeNet(channels=2, hidden=5).build(ImageShape(1, 8, 8), 3)
    images = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    weights, value = module.state_dict(), images
    for block in ("block1", "block2"):
        kernel = weights[f"{block}.convolution.weight"], weights[f"{block}.convolution.bias"]
        value = functional.max_pool2d(functional.conv2d(value, *kernel, padding=2).clamp(min=0), 2)
    value = value.flatten(1) @ weights["hidden.linear.weight"].T + weights["hidden.linear.bias"]
    logits = value.clamp(min=0) @ weights["classifier.weight"].T + weights["classifier.bias"]
    torch.testing.assert_close(module(images), logits)


def test_taps_have_the_shapes_that_are_documented():
    spec = LeNet(channels=3, hidden=7, dropout=0.5)
    module, shapes = spec.build(ImageShape(1, 28, 28), 10), {}
    for name, path in spec.taps().items():
        module.get_submodule(path).register_forward_hook(
            lambda _module, _inputs, output, name=name: shapes.update({name: tuple(output.shape)})
        )
    module(torch.zeros(2, 1, 28, 28))
    assert shapes == {"block1": (2, 3, 14, 14), "block2": (2, 6, 7, 7), "pool": (2, 7)}


def test_its_summary_shows_the_channels():
    assert LeNet(channels=6).summary() == "lenet 6"
