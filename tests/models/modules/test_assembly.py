import math

import torch
from torch import nn

from kdstudio.models.modules.assembly import (
    chain,
    classification,
    conv_norm,
    conv_norm_relu,
    convolution,
    he_normal,
)


def test_a_chain_runs_its_parts_in_order_under_their_names():
    network = chain(twice=nn.Linear(1, 1, bias=False), flatten=nn.Flatten())
    with torch.no_grad():
        network.twice.weight.fill_(2.0)
    assert [name for name, _part in network.named_children()] == ["twice", "flatten"]
    assert network(torch.tensor([[3.0]])).item() == 6.0


def test_convolutions_keep_the_size_or_halve_it_rounding_up_and_have_no_bias():
    images = torch.zeros(1, 4, 7, 9)
    assert convolution(4, 6)(images).shape == (1, 6, 7, 9)
    assert convolution(4, 6, 1)(images).shape == (1, 6, 7, 9)
    assert convolution(4, 6, 3, 2)(images).shape == (1, 6, 4, 5)
    assert convolution(4, 6, 3, groups=2).weight.shape == (6, 2, 3, 3)
    assert convolution(4, 6).bias is None


def test_norm_and_relu_follow_the_convolution():
    images = torch.randn(8, 2, 5, 5, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    plain = conv_norm(2, 3)
    torch.manual_seed(0)
    rectified = conv_norm_relu(2, 3)
    values = plain(images)
    torch.testing.assert_close(values.mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(rectified(images), values.clamp(min=0))


def test_pool_is_the_mean_of_the_maps_after_the_last_part():
    network = classification({"stem": convolution(1, 2)}, 2, 5, last=nn.ReLU())
    images = torch.randn(3, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    pooled = network[:-1](images)
    torch.testing.assert_close(pooled, network.stem(images).clamp(min=0).mean((2, 3)))
    assert network(images).shape == (3, 5)


def test_weights_have_hes_spread():
    torch.manual_seed(0)
    layer = nn.Conv2d(10, 200, 3)
    he_normal(layer)
    assert math.isclose(layer.weight.std().item(), math.sqrt(2 / (200 * 9)), rel_tol=0.05)
