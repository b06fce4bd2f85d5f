import pytest
import torch
from torch import nn

from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape
from kdstudio.models.modules.assembly import chain
from kdstudio.models.modules.foreign import behind, check_fits, default_taps, run, unknown, with_classes
from kdstudio.models.modules.images import ImageInput

IMAGE = ImageShape(3, 8, 8)


def small(classes=1000):
    features = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(4, 5, 3, padding=1)
    )
    return chain(
        features=features,
        avgpool=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
        hidden=nn.Linear(5, 6),
        head=chain(drop=nn.Dropout(), fc=nn.Linear(6, classes)),
    )


def test_an_unknown_name_is_answered_with_those_like_it():
    assert str(unknown("library", "resnet19", ["vgg11", "resnet18"])) == (
        "library has no 'resnet19'; did you mean resnet18?"
    )
    assert str(unknown("library", "xyz", ["b", "a"])) == "library has no 'xyz'; there are a, b, …"


def test_the_last_linear_layer_is_made_new_and_the_rest_stays():
    network, hidden = small(), None
    hidden = network.hidden
    assert with_classes(network, 7)(torch.zeros(2, 3, 8, 8)).shape == (2, 7)
    assert network.hidden is hidden


def test_a_convolution_that_classifies_is_made_new():
    network = chain(
        stem=nn.Conv2d(3, 4, 3), head=nn.Conv2d(4, 1000, 1, bias=False), pool=nn.AdaptiveAvgPool2d(1)
    )
    with_classes(network, 7)
    assert network(torch.zeros(2, 3, 8, 8)).shape == (2, 7, 1, 1)
    assert network.head.bias is None


def test_nothing_overwrites_what_a_tap_has_read():
    network = behind(ImageInput(IMAGE), small())
    seen = []
    network.network.features[0].register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    network(torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0)))
    assert (seen[0] < 0).any()


def test_taps_are_the_last_map_of_each_size_and_all_vectors_but_the_logits():
    assert default_taps(small, IMAGE) == {
        "features1": "features.1",
        "features3": "features.3",
        "avgpool": "avgpool",
        "flatten": "flatten",
        "hidden": "hidden",
    }


def test_a_chain_of_one_size_counts_as_one_part_and_sequences_as_none():
    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer1 = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1))
            self.tokens = nn.Flatten(2)
            self.head = nn.Linear(64, 5)

        def forward(self, images):
            return self.head(self.tokens(self.layer1(images)).mean(1))

    assert default_taps(Attention, IMAGE) == {"layer1": "layer1"}


def test_a_network_without_maps_has_its_vectors():
    network = chain(flatten=nn.Flatten(), hidden=nn.Linear(192, 4), head=nn.Linear(4, 2))
    assert list(default_taps(lambda: network, IMAGE)) == ["flatten", "hidden"]


def test_a_network_that_needs_numbers_is_made_in_earnest():
    def make():
        network = small()
        network.hidden.weight.sum().item()
        return network

    state = torch.random.get_rng_state()
    assert "features3" in default_taps(make, IMAGE)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_run_tells_shapes_and_leaves_the_mode_as_it_was():
    network = small(10).train()
    shapes = dict(run(network, IMAGE))
    assert shapes["features.0"] == (1, 4, 8, 8)
    assert shapes["head.fc"] == (1, 10)
    assert network.training
    assert network.head.drop.training


def test_images_that_fit_are_found_to_without_running_the_network_itself():
    def refuse(*_):
        raise AssertionError("run in earnest")

    network = small()
    network.register_forward_pre_hook(refuse)
    check_fits(network, small, IMAGE, "small", 8)


def test_images_that_do_not_fit_are_told_with_the_size_that_does():
    with pytest.raises(
        KDStudioError, match=r"^small cannot take images of 1×1 \(.*\); .* set its size to 8$"
    ):
        check_fits(small(), small, ImageShape(3, 1, 1), "small", 8)
