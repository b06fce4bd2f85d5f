import pytest
import torch

from kdstudio.errors import KDStudioError
from kdstudio.models.modules.exit_heads import bottleneck, classifier


@pytest.mark.parametrize(
    ("inputs", "outputs", "kernel", "stride"),
    [
        ((16, 32, 32), (64, 8, 8), (4, 4), (4, 4)),
        ((16, 8, 8), (64, 2, 2), (4, 4), (4, 4)),
        ((8, 25, 13), (32, 7, 13), (7, 1), (3, 1)),
        ((4, 3, 3), (2, 3, 3), (1, 1), (1, 1)),
    ],
)
def test_a_bottleneck_leads_to_the_shape_of_the_deepest_features(inputs, outputs, kernel, stride):
    module = bottleneck(inputs, outputs)
    assert module(torch.randn(2, *inputs)).shape == (2, *outputs)
    second = module.get_submodule("second.conv")
    assert (second.kernel_size, second.stride) == (kernel, stride)
    assert module.get_submodule("first.conv").kernel_size == (1, 1)
    assert module.get_submodule("third.conv").kernel_size == (1, 1)


def test_a_vector_is_led_by_a_linear_layer():
    assert bottleneck((5,), (3,))(torch.randn(4, 5)).shape == (4, 3)


@pytest.mark.parametrize(
    ("inputs", "outputs"), [((4, 2, 2), (8, 4, 4)), ((4,), (8, 2, 2)), ((4, 2, 2), (8,))]
)
def test_shapes_that_no_bottleneck_connects_are_named(inputs, outputs):
    with pytest.raises(KDStudioError, match=r"no bottleneck leads from an exit's .* choose the light head"):
        bottleneck(inputs, outputs)


@pytest.mark.parametrize("features", [(5,), (5, 3, 2)])
def test_a_classifier_is_linear_on_the_mean_over_pixels(features):
    module, values = classifier(features, 4), torch.randn(2, *features)
    mean = values if len(features) == 1 else values.mean((2, 3))
    linear = module.get_submodule("classifier")
    torch.testing.assert_close(module(values), mean @ linear.weight.T + linear.bias)
