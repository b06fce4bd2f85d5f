"""Tracing for any number of images, and what cannot be traced."""

import pytest
import torch
from torch import nn

from kdstudio.errors import KDStudioError
from kdstudio.runs.formats.traced import traced
from tests.runs.formats.shipping import built, card_of, model


class Branching(nn.Module):
    def forward(self, images):
        return images if images.sum() > 0 else -images


@pytest.mark.slow
def test_a_graph_takes_1_to_128_images():
    card = card_of(model("resnet", depth=8))
    module = built(card)
    graph = traced(module, card.image).module()
    for count in (1, 2, 15, 16, 128):
        images = torch.randn(count, 3, 32, 32)
        with torch.inference_mode():
            assert torch.allclose(graph(images), module(images), atol=1e-5)
    with pytest.raises(Exception, match="128"):
        graph(torch.randn(129, 3, 32, 32))


def test_a_network_that_asks_for_the_images_values_is_refused_in_words():
    with pytest.raises(KDStudioError, match=r"by the values of the images .*; write it with torch.where"):
        traced(Branching().eval(), (3, 8, 8))
