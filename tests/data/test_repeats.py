import torch

from kdstudio.data.repeats import count_repeated


def images(*values):
    """3×2×2 images of one value each."""
    return torch.tensor(values, dtype=torch.uint8).view(-1, 1, 1, 1).repeat(1, 3, 2, 2)


def test_images_are_the_same_where_all_pixels_are():
    training = images(1, 2, 3)
    almost = images(2)
    almost[0, 2, 1, 1] = 3
    assert count_repeated(torch.cat((images(2, 9), almost)), training) == 1


def test_every_part_counts_and_an_image_that_is_there_twice_counts_twice():
    assert count_repeated(images(1, 1, 5, 7), images(1), images(5, 6)) == 3


def test_pixels_are_compared_in_order_however_they_lie_in_memory():
    rising = torch.arange(12, dtype=torch.uint8).view(1, 3, 2, 2)
    by_channel_last = rising.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    assert count_repeated(by_channel_last, rising) == 1
    assert count_repeated(rising.flip(1), rising) == 0
