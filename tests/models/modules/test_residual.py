import pytest
import torch
from torch import nn

from kdstudio.models.modules.residual import (
    PaddedShortcut,
    Residual,
    basic_block,
    bottleneck_block,
    shortcut,
    wide_block,
)


def images(channels=4, size=5):
    return torch.randn(2, channels, size, size, generator=torch.Generator().manual_seed(0))


def test_a_residual_is_the_sum_of_body_and_shortcut():
    assert torch.equal(Residual(nn.ReLU(), nn.Identity())(images()), images().clamp(min=0) + images())


def test_the_padded_shortcut_takes_every_second_pixel_and_adds_channels_of_zeros():
    output = PaddedShortcut(3, 2)(images())
    assert output.shape == (2, 7, 3, 3)
    assert torch.equal(output[:, :4], images()[:, :, ::2, ::2])
    assert not output[:, 4:].any()


def test_shortcuts_have_weights_only_where_shapes_differ_and_projection_is_wanted():
    assert isinstance(shortcut(4, 4, 1), nn.Identity)
    assert not list(shortcut(4, 8, 2, projection=False).parameters())
    assert sum(p.numel() for p in shortcut(4, 8, 2).parameters()) == 4 * 8 + 2 * 8


@pytest.mark.parametrize("block", [basic_block(4, 4, 1), bottleneck_block(4, 4, 1)])
def test_the_relu_comes_after_the_sum(block):
    before = block.add(images())
    torch.testing.assert_close(before, block.add.body(images()) + images())
    assert (before < 0).any()
    block.eval()
    assert torch.equal(block(images()), block.add(images()).clamp(min=0))


@pytest.mark.parametrize(("inputs", "stride", "size"), [(4, 1, 5), (4, 2, 3), (8, 2, 3)])
def test_blocks_give_the_channels_and_size_asked_for(inputs, stride, size):
    blocks = (
        *(basic_block(inputs, 8, stride), basic_block(inputs, 8, stride, projection=False)),
        *(bottleneck_block(inputs, 8, stride), wide_block(inputs, 8, stride, 0.3)),
    )
    assert {tuple(block(images(inputs)).shape) for block in blocks} == {(2, 8, size, size)}


def test_a_wide_block_adds_its_raw_input_where_shapes_agree():
    block = wide_block(4, 4, 1, 0.0).eval()
    torch.testing.assert_close(block(images()) - images(), block.body(images()))


def test_a_wide_block_projects_its_activated_input_where_shapes_differ():
    block = wide_block(4, 6, 1, 0.0).eval()
    with torch.no_grad():
        block.add.body.second.weight.zero_()
    torch.testing.assert_close(block(images()), block.add.shortcut(block.activation(images())))


def test_dropout_lies_between_the_convolutions():
    names = [name for name, _part in wide_block(4, 6, 1, 0.3).add.body.named_children()]
    assert names == ["first", "activation", "dropout", "second"]
    assert "dropout" not in dict(wide_block(4, 6, 1, 0.0).add.body.named_children())
