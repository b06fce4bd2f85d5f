import pytest
import torch
from torch import nn

from kdstudio.models.modules.weightless import UnfitError, on_meta, weightless


def devices(network):
    return {tensor.device.type for tensor in (*network.parameters(), *network.buffers())}


def test_neither_weights_nor_statistics_have_memory():
    assert devices(weightless(lambda: nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)))) == {"meta"}
    assert not on_meta()


def test_a_constructor_that_reckons_gets_numbers_and_what_it_keeps_of_them_none():
    def make():
        assert on_meta()
        network = nn.Sequential(*(nn.Linear(width, 2) for width in (torch.arange(3) + 1).tolist()))
        network.register_buffer("places", torch.linspace(0, 1, 5))
        return network

    network = weightless(make)
    assert [layer.in_features for layer in network] == [1, 2, 3]
    assert devices(network) == {"meta"}


def test_what_needs_its_weights_is_told_so():
    def make():
        layer = nn.Linear(2, 3)
        layer.weight.sum().item()
        return layer

    with pytest.raises(RuntimeError, match="meta"):
        weightless(make)


def test_a_network_that_cannot_take_the_images_is_not_tried_again():
    tries = []

    def make():
        tries.append(1)
        raise UnfitError("too small")

    with pytest.raises(UnfitError, match="too small"):
        weightless(make)
    assert tries == [1]
