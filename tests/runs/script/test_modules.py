"""Layers as the expressions that make them."""

import pytest
import torch
from torch import nn

from kdstudio.errors import KDStudioError
from kdstudio.models.heads.bottleneck import Bottleneck
from kdstudio.models.modules.dense import DenseLayer
from kdstudio.models.modules.maxout import Maxout
from kdstudio.runs.script.definitions import Definitions
from kdstudio.runs.script.values import Values

LAYERS = [
    nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
    nn.ConvTranspose2d(4, 2, 4, stride=2, padding=1),
    nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.1), nn.Unflatten(1, (2, 2))),
    nn.Sequential(nn.BatchNorm2d(4), nn.Upsample((4, 5), mode="bilinear"), nn.AdaptiveAvgPool2d(1)),
    nn.Sequential(nn.Conv2d(2, 4, (3, 1)), Maxout(2)),
    Bottleneck(features=(4, 8, 8), deepest=(16, 2, 2)).build(),
]


@pytest.mark.parametrize("module", LAYERS, ids=str)
def test_what_the_expression_makes_is_of_the_same_structure(module):
    definitions = Definitions("a")
    text = str(Values(definitions, torch.zeros(0)).expression(module))
    source = "\n\n".join(
        ["from __future__ import annotations", definitions.header(), *definitions.texts()["a"]]
    )
    namespace = {}
    exec(source, namespace)
    made = eval(text, namespace)
    assert str(made) == str(module)
    assert [*made.state_dict()] == [*module.state_dict()]


def test_arguments_that_torch_takes_for_granted_are_left_out():
    assert str(Values(Definitions("a"), torch.zeros(0)).expression(LAYERS[0])) == (
        "nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False)"
    )


def test_a_layer_that_does_not_keep_its_arguments_is_refused():
    with pytest.raises(KDStudioError, match="does not tell with which inputs it was made"):
        Values(Definitions("a"), torch.zeros(0)).expression(DenseLayer(4, 2))
