from urllib.error import URLError

import pytest
import torch
from pydantic import ValidationError
from torchvision.models import _api, squeezenet1_1

from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape
from kdstudio.models.modules.tapping import preactivation, run_with_taps
from kdstudio.models.torchvision import TorchVision

CIFAR = ImageShape(3, 32, 32, (0.5, 0.4, 0.3), (0.2, 0.1, 0.4))
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.fixture
def published(monkeypatch):
    """Weights of a squeezenet1_1 that torchvision downloads from nowhere."""
    torch.manual_seed(5)
    state = squeezenet1_1().state_dict()
    monkeypatch.setattr(_api, "load_state_dict_from_url", lambda *_args, **_options: state)
    return state


@pytest.mark.parametrize("name", ["squeezenet1_1", "mobilenet_v3_small", "shufflenet_v2_x0_5"])
def test_other_architectures_learn_as_well(name):
    network = TorchVision(architecture=name, size=64).build(CIFAR, 7)
    logits = network(torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    assert logits.shape == (2, 7)
    logits.square().sum().backward()
    assert all(p.grad is not None for p in network.parameters())


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("resnet18", {f"layer{i}": f"network.layer{i}.1.relu@input" for i in (1, 2, 3, 4)}),
        ("densenet121", {f"denseblock{i}": f"network.features.transition{i}.norm" for i in (1, 2, 3)}),
        ("mobilenet_v2", {"features6": "network.features.6", "features13": "network.features.13"}),
    ],
)
def test_what_the_relu_behind_a_tap_is_fed_with_is_found(name, found):
    torch.manual_seed(0)
    spec = TorchVision(architecture=name)
    network, images = spec.build(CIFAR, 7).eval(), torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        assert {tap: preactivation(network, images, spec.taps()[tap]) for tap in found} == found
        if name == "resnet18":
            taps = {"before": found["layer2"], "after": spec.taps()["layer2"]}
            _logits, values = run_with_taps(network, images, taps, name)
            assert torch.equal(values["before"].relu(), values["after"])
            assert values["before"].min() < 0


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_side_classifiers_are_left_out(name):
    with torch.device("meta"):
        network = TorchVision(architecture=name, size=96).build(CIFAR, 7).train()
        assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 7)


@pytest.mark.parametrize("size", [0, 64])
def test_a_transformer_is_made_for_the_size_of_the_images(size):
    with torch.device("meta"):
        network = TorchVision(architecture="vit_b_32", size=size).build(CIFAR, 7)
        assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 7)


def test_taps_of_a_resnet_are_its_stages():
    assert TorchVision().taps() == {
        name: f"network.{name}" for name in ("relu", "layer1", "layer2", "layer3", "layer4", "avgpool")
    }


def test_published_weights_are_loaded_but_for_the_last_layer(published):
    network = TorchVision(architecture="squeezenet1_1", weights="DEFAULT").build(CIFAR, 7)
    found = network.network.state_dict()
    assert {key for key in found if found[key].shape != published[key].shape} == {
        "classifier.1.weight",
        "classifier.1.bias",
    }
    assert all(torch.equal(found[key], published[key]) for key in found if "classifier" not in key)


def test_images_are_prepared_as_in_the_training_of_published_weights(published):
    spec = TorchVision(architecture="squeezenet1_1", weights="IMAGENET1K_V1")
    half = (torch.full((1, 3, 32, 32), 0.5) - column(CIFAR.mean)) / column(CIFAR.std)
    expected = (0.5 - column(IMAGENET[0])) / column(IMAGENET[1])
    prepared = spec.build(CIFAR, 7).input(half)
    assert prepared.shape == (1, 3, 224, 224)
    torch.testing.assert_close(prepared, expected.expand_as(prepared), atol=1e-5, rtol=1e-4)
    smaller = spec.model_copy(update={"size": 96}).build(CIFAR, 7)
    assert smaller.input(half).shape == (1, 3, 96, 96)


def test_without_numbers_no_weights_are_wanted(monkeypatch):
    def refuse(*_args, **_options):
        raise AssertionError("downloaded")

    monkeypatch.setattr(_api, "load_state_dict_from_url", refuse)
    with torch.device("meta"):
        network = TorchVision(architecture="squeezenet1_1", weights="DEFAULT").build(CIFAR, 7)
        assert network(torch.zeros(1, 3, 32, 32)).shape == (1, 7)


def test_a_failing_download_is_told_with_the_remedy(monkeypatch):
    def fail(*_args, **_options):
        raise URLError("no route")

    monkeypatch.setattr(_api, "load_state_dict_from_url", fail)
    with pytest.raises(
        KDStudioError, match=r"IMAGENET1K_V1 of torchvision's 'resnet18' .*no route.*or choose weights 'none'"
    ):
        TorchVision(weights="DEFAULT").build(CIFAR, 7)


@pytest.mark.parametrize("use", [lambda spec: spec.build(CIFAR, 7), lambda spec: spec.taps()])
def test_an_unknown_architecture_is_answered_with_those_like_it(use):
    with pytest.raises(KDStudioError, match="torchvision has no 'resnet19'; did you mean resnet18 or"):
        use(TorchVision(architecture="resnet19"))


def test_unknown_weights_are_answered_with_those_that_exist():
    with pytest.raises(
        KDStudioError, match="'resnet18' has no weights 'V7'; there are none, IMAGENET1K_V1, D"
    ):
        TorchVision(weights="V7").build(CIFAR, 7)


def test_images_that_are_too_small_are_told_with_the_size_to_set():
    with pytest.raises(KDStudioError, match=r"'alexnet' cannot take images of 32×32 .* set its size to 224"):
        TorchVision(architecture="alexnet").build(CIFAR, 7)


@pytest.mark.parametrize("options", [{"architecture": ""}, {"weights": "a b"}, {"size": -1}])
def test_what_cannot_be_a_name_or_size_is_refused(options):
    with pytest.raises(ValidationError):
        TorchVision(**options)


def test_its_summary_shows_architecture_and_weights():
    assert TorchVision().summary() == "torchvision resnet18"
    assert TorchVision(weights="DEFAULT").summary() == "torchvision resnet18 DEFAULT"


def column(values):
    return torch.tensor(values).reshape(1, -1, 1, 1)


def test_the_classifier_of_one_that_reckons_its_widths_with_tensors_is_known():
    assert TorchVision(architecture="regnet_y_400mf").classifier() == "network.fc"
