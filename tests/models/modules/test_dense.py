import torch

from kdstudio.models.modules.dense import DenseLayer, dense_layers, transition

IMAGES = torch.randn(2, 6, 5, 5, generator=torch.Generator().manual_seed(0))


def test_a_layer_keeps_its_input_and_appends_its_maps():
    layer = DenseLayer(6, 3).eval()
    output = layer(IMAGES)
    assert torch.equal(output[:, :6], IMAGES)
    assert torch.equal(output[:, 6:], layer.body(IMAGES))
    assert output.shape == (2, 9, 5, 5)


def test_the_bottleneck_has_four_times_the_growth():
    assert DenseLayer(6, 3).body.bottleneck.weight.shape == (12, 6, 1, 1)


def test_every_layer_is_fed_by_all_before_it():
    layers = dense_layers(6, 4, 3)
    assert [layer.body.before.norm.num_features for layer in layers] == [6, 9, 12, 15]
    assert layers(IMAGES).shape == (2, 18, 5, 5)


def test_a_transition_narrows_and_halves():
    assert transition(6, 3)(IMAGES).shape == (2, 3, 2, 2)
