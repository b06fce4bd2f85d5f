"""What a format or its runtime does not take is refused with a reason that names it."""

import pytest

from kdstudio.runs.exporting.child import Child, ChildError
from kdstudio.runs.formats.declaration import formats
from tests.runs.formats import shipping
from tests.runs.formats.shipping import built, card_of, fed_and_expected, model, pixels_for

MINE = """
import torch
from torch import nn

class Network(nn.Module):
    def __init__(self, inside):
        super().__init__()
        self.inside, self.linear = inside, nn.Linear(3072, 10)

    def forward(self, images):
        return self.linear(self.inside(images.flatten(1)))

def branching(image, classes):
    return Network(lambda values: values if values.sum() > 0 else -values)

def bessel(image, classes):
    return Network(torch.special.bessel_j0)

def complex(image, classes):
    return Network(lambda values: values.to(torch.complex64).abs())
"""
BRANCHES = "its code goes one way or another by the values of the images"
GRAPHS = (
    "executorch",
    "executorch-int8",
    "onnx",
    "onnx-int8",
    "openvino",
    "openvino-int8",
    "pt2",
    "standalone",
)
REFUSED = {
    **{
        ("branching", name): BRANCHES
        for name in ("executorch", "onnx", "onnx-int8", "openvino", "pt2", "standalone")
    },
    ("bessel", "executorch"): "Operator .*special_bessel_j0.* is not in Core ATen opset",
    ("bessel", "onnx"): "No ONNX function found for .*bessel_j0",
    ("bessel", "openvino"): "OpenVINO does not know all of its operations: .*special_bessel_j0",
    ("complex", "executorch"): "mismatched dtypes: .*aten.abs",
    ("complex", "openvino"): "OpenVINO does not know all of its operations: .*_to_copy",
}


pytestmark = pytest.mark.keeps  # the process that writes all files


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = shipping.Shop(tmp_path_factory.mktemp("shop"))
    with made.writer:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize(("what", "name"), REFUSED)
def test_an_operation_that_is_not_known_is_named(what, name, shop, tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    card = card_of(model("python", path=f"{tmp_path}/mine.py:{what}"))
    with pytest.raises(ChildError, match=REFUSED[what, name]):
        shop.ship(formats[name](), built(card), card)


@pytest.mark.slow
def test_executorch_says_that_a_batch_size_is_fixed(shop):
    card = card_of(model("torchvision", architecture="shufflenet_v2_x0_5"))  # whose code has chunk()
    module, file_format = built(card), formats["executorch"]()
    path = shop.ship(file_format, module, card)
    fed, _expected = fed_and_expected(file_format, module, card, pixels_for(card, 1))
    with Child() as child:
        shipping.opened(child, file_format, path)
        with pytest.raises(
            ChildError, match=r"ExecuTorch does not run \d+ images at once .*fixed batch size"
        ):
            child.answer(fed)


def test_openvino_and_nncf_are_kept_from_telling_that_they_are_used():
    import sys

    from kdstudio.runs.formats.openvino_model import send_nothing

    send_nothing()
    import nncf
    import openvino
    from openvino.tools.ovc import telemetry_utils

    assert (nncf.__name__, openvino.__name__) == ("nncf", "openvino")
    assert telemetry_utils.tm.__name__ == "openvino.tools.ovc.telemetry_stub"
    assert "openvino_telemetry.main" not in sys.modules
