import pytest
import torch
from torch import nn

from kdstudio.models.declaration import ImageShape, models
from kdstudio.models.fitnet import FitNet
from kdstudio.models.modules.layout import build
from kdstudio.models.resnet import ResNet
from kdstudio.models.torchvision import TorchVision

IMAGE = ImageShape(3, 16, 16)
DECLARED = [name for name, entry in models.items() if entry.channels_last]


def convolutions(network):
    return [module.weight for module in network.modules() if isinstance(module, nn.Conv2d)]


def lie_last(weights):
    return all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)


def seeded(make):
    torch.manual_seed(0)
    return make()


@pytest.mark.parametrize("name", DECLARED)
def test_a_network_with_channels_last_has_the_same_weights_answers_and_gradients(name):
    spec = models[name].smallest()
    laid_out = seeded(lambda: build(spec, IMAGE, 5))
    plain = seeded(lambda: spec.build(IMAGE, 5))
    assert lie_last(convolutions(laid_out))
    assert all(weight.is_contiguous() for weight in convolutions(plain))
    images = torch.randn(4, *IMAGE[:3], dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    answers, gradients = [], []
    for network in (laid_out.double(), plain.double()):
        answers.append(network(images))
        answers[-1].square().sum().backward()
        gradients.append({name: parameter.grad for name, parameter in network.named_parameters()})
    torch.testing.assert_close(*answers)
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("spec", [FitNet(), TorchVision(architecture="squeezenet1_1")])
def test_what_declares_no_gain_stays_as_it_is(spec):
    network = build(spec, ImageShape(3, 32, 32), 5)
    assert all(weight.is_contiguous() for weight in convolutions(network))


def test_devices_where_no_gain_was_measured_keep_the_usual_layout():
    network = build(ResNet.smallest(), IMAGE, 5, torch.device("cuda"))
    assert all(weight.is_contiguous() for weight in convolutions(network))


def test_loading_and_copying_weights_keep_the_layout():
    network = build(ResNet.smallest(), IMAGE, 5)
    network.load_state_dict(ResNet.smallest().build(IMAGE, 5).state_dict())
    assert lie_last(convolutions(network))
