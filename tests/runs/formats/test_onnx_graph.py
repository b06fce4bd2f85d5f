import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image, ImageOps
from torch import nn

from kdstudio.models.declaration import ImageShape
from kdstudio.models.int8 import Int8
from kdstudio.models.lenet import LeNet
from kdstudio.models.modules.quantised import Rounding
from kdstudio.runs.formats import onnx_graph

IMAGE = ImageShape(3, 24, 32, (0.5, 0.4, 0.3), (0.2, 0.25, 0.3))
SIZES = [(24, 32), (48, 64), (100, 80), (45, 231), (20, 50), (480, 640), (333, 77)]


def photograph(height, width):
    """Smooth, so that half a pixel aside makes no other picture."""
    drawn = np.random.default_rng(0).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(drawn).resize((width, height), Image.Resampling.BICUBIC)


def answer(model, pixels):
    (found,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"pixels": pixels})
    return found


class Mean(nn.Module):
    def forward(self, images):
        return images.mean((2, 3))


@pytest.fixture(scope="module")
def of_means():
    """Gives the mean of each channel, from pixels on."""
    model = onnx_graph.exported(Mean(), IMAGE[:3])
    return onnx_graph.with_preprocessing(model, IMAGE)


@pytest.mark.parametrize("size", SIZES)
def test_an_image_of_any_size_is_prepared_as_pillow_does_it(size, of_means):
    image = photograph(*size)
    square = np.asarray(ImageOps.fit(image, (32, 24), Image.Resampling.BILINEAR)) / 255
    means = ((square - np.array(IMAGE.mean)) / np.array(IMAGE.std)).mean((0, 1))
    expected = torch.tensor(means).softmax(0).numpy()
    assert answer(of_means, np.asarray(image)[None]) == pytest.approx(expected[None], abs=5e-3)


def test_no_path_of_this_machine_is_in_it(of_means):
    assert b".py" not in of_means.SerializeToString()


def test_pixels_are_prepared_for_a_network_of_integers_too():
    image = ImageShape(1, 28, 28, (0.1,), (0.3,))
    module = Int8(of=LeNet()).build(image, 10)
    module.train()
    images = torch.rand(64, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    module(images)
    module.eval()
    assert any(isinstance(part, Rounding) for part in module.modules())
    model = onnx_graph.with_preprocessing(onnx_graph.exported(module, image[:3]), image)
    pixels = (images * 255).round().to(torch.uint8)
    with torch.no_grad():
        expected = module((pixels / 255 - 0.1) / 0.3).softmax(1)
    found = answer(model, pixels.permute(0, 2, 3, 1).numpy())
    assert (found.argmax(1) == expected.argmax(1).numpy()).mean() >= 0.95
    assert {"QuantizeLinear", "DequantizeLinear"} <= {node.op_type for node in model.graph.node}
