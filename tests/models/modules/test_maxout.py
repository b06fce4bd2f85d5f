import torch

from kdstudio.models.modules.maxout import Maxout, MaxoutConvolution, MaxoutLinear


def test_the_largest_of_neighbouring_pieces_is_taken():
    values = torch.tensor([[1.0, 5.0, 4.0, 2.0, 0.0, -1.0]])
    assert Maxout(2)(values).tolist() == [[5.0, 4.0, 0.0]]
    assert Maxout(3)(values).tolist() == [[5.0, 2.0]]


def test_a_map_is_the_largest_of_its_convolutions():
    layer = MaxoutConvolution(2, 3, 3, 1)
    images = torch.randn(4, 2, 6, 6, generator=torch.Generator().manual_seed(0))
    pieces = layer.convolution(images)
    assert pieces.shape == (4, 6, 6, 6)
    assert torch.equal(layer(images), torch.maximum(pieces[:, ::2], pieces[:, 1::2]))


def test_a_unit_is_the_largest_of_its_linear_functions():
    layer = MaxoutLinear(4, 3)
    features = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    pieces = layer.linear(features)
    assert torch.equal(layer(features), torch.maximum(pieces[:, ::2], pieces[:, 1::2]))


def test_the_second_moment_lasts_through_many_layers():
    torch.manual_seed(0)
    values = torch.randn(100, 400)
    for _ in range(10):
        values = MaxoutLinear(400, 400)(values)
    assert 0.3 < values.square().mean().item() < 3
