"""timm is optional: a stand-in takes its place here."""

import sys
from types import ModuleType, SimpleNamespace

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from kdstudio.errors import KDStudioError
from kdstudio.models import timm as ours
from kdstudio.models.declaration import ImageShape
from kdstudio.models.modules.assembly import chain
from kdstudio.models.timm import Timm

GREY = ImageShape(1, 8, 8, (0.3,), (0.5,))
WIDE = ImageShape(3, 8, 9, (0.1, 0.2, 0.3), (1, 2, 3))
OWN = {"input_size": (3, 12, 12), "mean": (0.1, 0.2, 0.3), "std": (0.5, 0.5, 0.5), "classifier": "fc"}


def create_model(name, pretrained, num_classes):
    assert name == "tiny.a1"
    network = chain(
        stem=nn.Conv2d(3, 4, 3, stride=2),
        stage=nn.Conv2d(4, 5, 3, padding=1),
        global_pool=chain(pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten()),
        fc=nn.Linear(5, num_classes),
    )
    if pretrained:
        nn.init.ones_(network.stem.weight)
    network.pretrained_cfg = OWN
    return network


@pytest.fixture
def timm(monkeypatch):
    module = ModuleType("timm")
    module.list_models = lambda: ["tiny", "large"]
    module.is_model = lambda name: name == "tiny.a1"
    module.get_pretrained_cfg = lambda _name: SimpleNamespace(**OWN)
    module.create_model = create_model
    monkeypatch.setitem(sys.modules, "timm", module)
    ours._taps.cache_clear()
    yield module
    ours._taps.cache_clear()


def spec(**options):
    return Timm(architecture="tiny.a1", **options)


def test_grey_images_of_the_data_go_in_and_logits_come_out(timm):
    network = spec().build(GREY, 7)
    assert network(torch.zeros(2, 1, 8, 8)).shape == (2, 7)
    assert network.input(torch.zeros(2, 1, 8, 8)).shape == (2, 3, 8, 8)


def test_taps_are_its_parts(timm):
    assert spec().taps() == {"stage": "network.stage", "global_pool": "network.global_pool"}


def test_its_classifier_is_timms(timm):
    assert Timm(architecture="tiny.a1").classifier() == "network.fc"


def test_published_weights_come_with_their_preparation_of_images(timm):
    network = spec(pretrained=True).build(GREY, 7)
    assert (network.network.stem.weight == 1).all()
    half = torch.full((1, 1, 8, 8), (0.5 - 0.3) / 0.5)
    prepared = network.input(half)
    assert prepared.shape == (1, 3, 12, 12)
    torch.testing.assert_close(prepared[0, :, 0, 0], torch.tensor([0.8, 0.6, 0.4]))


def test_without_numbers_no_weights_are_wanted(timm, monkeypatch):
    wanted = []
    monkeypatch.setattr(
        timm,
        "create_model",
        lambda *a, **options: wanted.append(options["pretrained"]) or create_model(*a, **options),
    )
    with torch.device("meta"):
        spec(pretrained=True).build(GREY, 7)
    assert wanted == [False]


def test_images_that_are_too_small_are_told_with_the_size_to_set(timm):
    with pytest.raises(KDStudioError, match=r"'tiny\.a1' cannot take images of 2×2 .* set its size to 12"):
        spec().build(ImageShape(1, 2, 2), 7)


@pytest.mark.parametrize("use", [lambda model: model.build(GREY, 7), lambda model: model.taps()])
def test_an_unknown_architecture_is_answered_with_those_like_it(timm, use):
    with pytest.raises(KDStudioError, match=r"timm has no 'tinny'; did you mean tiny\?"):
        use(Timm(architecture="tinny"))


def test_weights_that_cannot_be_loaded_are_told_with_the_remedy(timm, monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("no route")

    monkeypatch.setattr(timm, "create_model", fail)
    with pytest.raises(
        KDStudioError, match=r"'tiny\.a1' cannot be loaded \(no route\).*untick published weights"
    ):
        spec(pretrained=True).build(GREY, 7)


def test_without_timm_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(KDStudioError, match="timm is not installed; 'uv pip install timm'"):
        Timm().build(GREY, 7)


def test_what_cannot_be_a_name_is_refused():
    with pytest.raises(ValidationError):
        Timm(architecture="hf-hub:someone/something")


def test_its_summary_shows_the_architecture():
    assert Timm().summary() == "timm resnet18"
    assert Timm(pretrained=True).summary() == "timm resnet18 pretrained"


@pytest.mark.parametrize(
    ("options", "image", "fed"),
    [
        ({}, GREY, ImageShape(3, 8, 8, (0.3,) * 3, (0.5,) * 3)),
        ({"size": 10}, GREY, ImageShape(3, 10, 10, (0.3,) * 3, (0.5,) * 3)),
        ({"pretrained": True}, GREY, ImageShape(3, 12, 12, OWN["mean"], OWN["std"])),
        (
            {},
            ImageShape(3, 8, 9, (0.1, 0.2, 0.3), (1, 2, 3)),
            ImageShape(3, 8, 9, (0.1, 0.2, 0.3), (1, 2, 3)),
        ),
    ],
)
def test_it_says_what_timms_own_network_is_fed_with(timm, options, image, fed):
    found = spec(**options).in_library(image)
    assert (found.architecture, found.path, found.image) == ("tiny", "network", fed)
    network = spec(**options).build(image, 7)
    assert network.input(torch.zeros(1, *image[:3])).shape[1:] == fed[:3]
    assert network.get_submodule(found.path) is network.network
