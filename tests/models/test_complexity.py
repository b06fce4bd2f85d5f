"""Counts by hand; those of docs/models.md are written by docs/tables.py."""

import pytest
import torch

from kdstudio.errors import KDStudioError
from kdstudio.models.complexity import complexity, made_cheaply
from kdstudio.models.declaration import ImageShape
from kdstudio.models.mlp import MLP
from kdstudio.models.python import Python
from kdstudio.models.torchvision import TorchVision


def test_a_perceptron_has_the_count_by_hand():
    assert complexity(MLP(widths=(5,)), ImageShape(1, 2, 2), 3) == (4 * 5 + 5 + 5 * 3 + 3, 4 * 5 + 5 * 3)


def test_counting_leaves_the_random_state_alone():
    before = torch.random.get_rng_state()
    complexity(MLP(dropout=0.5), ImageShape(1, 8, 8), 10)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_network_that_needs_numbers_is_built_and_run(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n"
        "def build(classes):\n"
        "    linear = nn.Linear(4, classes)\n"
        "    linear.weight.sum().item()\n"
        "    return nn.Sequential(nn.Flatten(), linear)\n"
    )
    before = torch.random.get_rng_state()
    assert complexity(Python(path=f"{tmp_path}/mine.py:build"), ImageShape(1, 2, 2), 3) == (15, 12)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_network_that_the_images_do_not_fit_is_never_built_with_numbers(monkeypatch):
    spec, built = TorchVision(architecture="convnext_tiny"), []

    def build(self, image, classes):
        built.append(torch.get_default_device().type)
        return actual(self, image, classes)

    actual = TorchVision.build
    monkeypatch.setattr(TorchVision, "build", build)
    with pytest.raises(KDStudioError, match="cannot take images of 8×8"):
        complexity(spec, ImageShape(1, 8, 8), 10)
    assert built == ["meta"]


def test_constructors_that_reckon_with_tensors_are_counted_without_numbers():
    regnet = made_cheaply(TorchVision(architecture="regnet_y_128gf"), ImageShape(3, 32, 32), 10)
    assert {parameter.device.type for parameter in regnet.parameters()} == {"meta"}
