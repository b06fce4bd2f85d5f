import torch

from kdstudio.models.modules.residual import Residual
from kdstudio.models.modules.separable import inverted_residual, separable

IMAGES = torch.randn(2, 4, 5, 5, generator=torch.Generator().manual_seed(0))


def test_a_separable_convolution_has_a_filter_for_each_channel_and_then_mixes_them():
    layer = separable(4, 6, 2)
    assert layer.depthwise.conv.weight.shape == (4, 1, 3, 3)
    assert layer.pointwise.conv.weight.shape == (6, 4, 1, 1)
    assert layer(IMAGES).shape == (2, 6, 3, 3)


def test_an_inverted_residual_is_wide_inside_and_ends_without_relu():
    block = inverted_residual(4, 6, 1, 3)
    assert block.depthwise.conv.weight.shape == (12, 1, 3, 3)
    assert (block(IMAGES) < 0).any()


def test_it_is_added_to_its_input_only_where_shapes_agree():
    assert isinstance(inverted_residual(4, 4, 1, 3), Residual)
    assert not isinstance(inverted_residual(4, 4, 2, 3), Residual)
    assert not isinstance(inverted_residual(4, 6, 1, 3), Residual)
