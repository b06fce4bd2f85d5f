import torch

from kdstudio.data.normalisation import Normalisation


def test_mean_and_deviation_by_hand_and_back():
    pixels = torch.tensor([0, 51, 255], dtype=torch.uint8).view(1, 1, 1, 3).repeat(1, 2, 1, 1)
    normalise = Normalisation((0.2, 0.0), (0.5, 1.0))
    expected = torch.tensor([[-0.4, 0.0, 1.6], [0.0, 0.2, 1.0]]).view(1, 2, 1, 3)
    assert torch.allclose(normalise(pixels), expected, atol=1e-6)
    assert torch.equal(normalise.undone(normalise(pixels)), pixels)
