import pytest
import torch
from pydantic import ValidationError
from torch import nn

from kdstudio.models.declaration import ImageShape
from kdstudio.models.fitnet import LAYERS, FitNet
from kdstudio.models.modules.foreign import run
from kdstudio.models.modules.maxout import MaxoutConvolution

CIFAR, MNIST = ImageShape(3, 32, 32), ImageShape(1, 28, 28)


def image_for(variant):
    return MNIST if "mnist" in variant else CIFAR


@pytest.mark.parametrize("variant", list(LAYERS))
def test_every_convolution_is_a_layer_and_a_tap(variant):
    spec = FitNet(variant=variant)
    with torch.device("meta"):
        network = spec.build(image_for(variant), 10)
    convolutions = [m for m in network.modules() if isinstance(m, MaxoutConvolution)]
    assert len(convolutions) == len(spec.taps()) - 1 == len(LAYERS[variant])
    assert {m.maxout.pieces for m in convolutions} == {2}


@pytest.mark.parametrize(
    ("student", "layer", "teacher"),
    [
        ("mnist-student", 4, "mnist-teacher"),
        *(("fitnet-1", 6, "cifar-teacher"), ("fitnet-2", 6, "cifar-teacher")),
        *(("fitnet-3", 8, "cifar-teacher"), ("fitnet-4", 11, "cifar-teacher")),
    ],
)
def test_the_papers_hints_lie_where_maps_are_about_as_large_as_the_teachers(student, layer, teacher):
    def side(variant, tap):
        with torch.device("meta"):
            shapes = dict(run(FitNet(variant=variant).build(image_for(variant), 10), image_for(variant)))
        return shapes[tap][-1]

    assert 0 <= side(student, f"layer{layer}") - side(teacher, "layer2") <= 1


@pytest.mark.parametrize("variant", list(LAYERS))
@pytest.mark.parametrize("side", [28, 33])
def test_the_sides_that_are_counted_on_are_those_of_the_maps(variant, side):
    image = ImageShape(1, side, side + 3)
    with torch.device("meta"):
        shapes = dict(run(FitNet(variant=variant).build(image, 10), image))
    height, width = image.height, image.width
    for number, layer in enumerate(LAYERS[variant], start=1):
        height, width = layer.side(height), layer.side(width)
        assert shapes[f"layer{number}"][2:] == (height, width)


@pytest.mark.parametrize("image", [CIFAR, ImageShape(3, 33, 40)])
def test_the_last_map_is_pooled_to_its_largest_values(image):
    network = FitNet().build(image, 10)
    maps = torch.randn(3, 64, image.height // 4 + image.height % 2, image.width // 4)
    assert torch.equal(network.layer9.pool(maps), maps.amax((2, 3), keepdim=True))


@pytest.mark.parametrize("variant", list(LAYERS))
def test_too_small_images_are_refused_with_the_size_it_was_made_for(variant):
    made_for = "28×28" if "mnist" in variant else "32×32"
    with pytest.raises(ValueError, match=rf"nothing is left of them at layer\d+; it was made for {made_for}"):
        FitNet(variant=variant).build(ImageShape(1, 2, 2), 10)


def test_dropout_is_before_every_layer_but_the_first():
    network = FitNet(dropout=0.5).build(CIFAR, 10)
    dropped = [name for name, part in network.named_children() if isinstance(part[0], nn.Dropout)]
    assert dropped == [*(f"layer{i}" for i in range(2, 10)), "pool", "classifier"]


def test_other_variants_are_refused():
    with pytest.raises(ValidationError):
        FitNet(variant="fitnet-5")


def test_its_summary_shows_the_variant():
    assert FitNet(variant="fitnet-4").summary() == "fitnet-4"
    assert FitNet(variant="mnist-teacher").summary() == "fitnet mnist-teacher"
