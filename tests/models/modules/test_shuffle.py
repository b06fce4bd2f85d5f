import torch
from torch import nn

from kdstudio.models.modules.shuffle import (
    ChannelShuffle,
    Concatenation,
    HalfThrough,
    halving_unit,
    shuffle_unit,
    split_unit,
)

IMAGES = torch.randn(2, 12, 5, 5, generator=torch.Generator().manual_seed(0))


def test_a_shuffle_takes_one_channel_of_each_group_in_turn():
    channels = torch.arange(6.0).reshape(1, 6, 1, 1)
    assert ChannelShuffle(2)(channels).flatten().tolist() == [0, 3, 1, 4, 2, 5]
    assert ChannelShuffle(3)(channels).flatten().tolist() == [0, 2, 4, 1, 3, 5]


def test_branches_are_set_side_by_side():
    output = Concatenation(nn.ReLU(), nn.Identity())(IMAGES)
    assert torch.equal(output, torch.cat((IMAGES.clamp(min=0), IMAGES), 1))


def test_half_of_the_channels_pass_untouched():
    output = HalfThrough(nn.ReLU())(IMAGES)
    assert torch.equal(output[:, :6], IMAGES[:, :6])
    assert torch.equal(output[:, 6:], IMAGES[:, 6:].clamp(min=0))


def test_a_unit_that_halves_sets_the_pooled_input_beside_what_it_makes():
    unit = shuffle_unit(12, 36, 3, 3, halve=True).eval()
    output = unit(IMAGES)
    assert output.shape == (2, 36, 3, 3)
    pooled = nn.functional.avg_pool2d(IMAGES, 3, 2, 1)
    torch.testing.assert_close(output[:, 24:], pooled.clamp(min=0))


def test_a_unit_that_keeps_the_size_is_a_residual():
    unit = shuffle_unit(12, 12, 3, 3, halve=False).eval()
    torch.testing.assert_close(unit.add(IMAGES), unit.add.body(IMAGES) + IMAGES)
    assert unit.add.body.reduce.conv.groups == 3
    assert unit.add.body.depthwise.conv.groups == 3


def test_units_of_the_second_version_keep_or_halve():
    assert split_unit(12)(IMAGES).shape == (2, 12, 5, 5)
    assert halving_unit(12, 30)(IMAGES).shape == (2, 30, 3, 3)


def test_a_unit_of_the_second_version_rectifies_what_it_changes_and_passes_on_what_came_from_a_relu():
    """By hand, as the authors have it: ReLU on each branch, then side by side, then shuffled."""

    def convolved(part, values):
        return part.norm(part.conv(values))

    images, shuffle = IMAGES.relu(), ChannelShuffle(2)
    unit = split_unit(12).eval()
    branch = unit.split.body
    changed = convolved(branch.depthwise, convolved(branch.first, images[:, 6:]).relu())
    last = convolved(branch.last, changed)
    expected = shuffle(torch.cat([images[:, :6], last.relu()], 1))
    torch.testing.assert_close(unit(images), expected)
    assert (last < 0).any()

    unit = halving_unit(12, 30).eval()
    left, right = unit.concatenation.left, unit.concatenation.right
    one = convolved(left.pointwise, convolved(left.depthwise, images)).relu()
    two = convolved(right.last, convolved(right.depthwise, convolved(right.first, images).relu())).relu()
    torch.testing.assert_close(unit(images), shuffle(torch.cat([one, two], 1)))
