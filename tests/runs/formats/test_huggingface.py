"""A folder in Hugging Face's layout: timm loads its own networks from it, KD Studio all."""

import json

import pytest
import torch

from kdstudio.errors import KDStudioError
from kdstudio.runs.formats.declaration import Shipment
from kdstudio.runs.formats.huggingface import HuggingFace, load_folder
from tests.runs.formats import shipping
from tests.runs.formats.shipping import COLOUR, GREY, built, card_of, model, normalised, pixels_for


def written(card, folder):
    module = built(card)
    HuggingFace().write(
        Shipment(module, card, "small", "# A network\n\nIt is small.", torch.empty(0)), folder
    )
    return module, folder / "small-hf"


@pytest.mark.parametrize(
    ("image", "options", "fed"),
    [(COLOUR, {}, (3, 32, 32)), (COLOUR, {"size": 40}, (3, 40, 40)), (GREY, {"size": 32}, (3, 32, 32))],
)
def test_timm_itself_loads_its_networks_and_knows_what_they_are_fed_with(image, options, fed, tmp_path):
    timm = pytest.importorskip("timm")
    card = card_of(model("timm", architecture="resnet10t", **options), classes=7, image=image)
    module, folder = written(card, tmp_path)
    theirs = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    wanted = theirs.pretrained_cfg
    assert tuple(wanted["input_size"]) == fed
    assert tuple(wanted["label_names"]) == card.class_names
    pixels = pixels_for(card, 6)
    shrunk = torch.nn.functional.interpolate(
        pixels.permute(0, 3, 1, 2) / 255, fed[1:], mode="bilinear", align_corners=False, antialias=True
    )
    mean, std = (torch.tensor(wanted[key]).view(-1, 1, 1) for key in ("mean", "std"))
    with torch.inference_mode():
        answers, expected = (
            theirs((shrunk.expand(-1, 3, -1, -1) - mean) / std),
            module(normalised(pixels, card)),
        )
    assert torch.allclose(answers, expected, atol=1e-5)
    again, known = load_folder(folder)
    assert known == card
    with torch.inference_mode():
        assert torch.allclose(again(normalised(pixels, card)), expected, atol=1e-5)


def test_other_networks_are_built_again_by_the_card_in_the_configuration(tmp_path):
    card = card_of(shipping.early_exit(model("resnet", depth=8)))
    module, folder = written(card, tmp_path)
    again, known = load_folder(folder)
    images = torch.randn(5, 3, 32, 32)
    with torch.inference_mode():
        assert torch.equal(again(images), module(images))
    assert known == card
    config = json.loads((folder / "config.json").read_text())
    assert (config["num_classes"], config["label_names"]) == (10, list(card.class_names))
    assert "pretrained_cfg" not in config


def test_the_readme_begins_with_what_the_hub_wants_to_know(tmp_path):
    _module, folder = written(card_of(model("mlp", widths=[8])), tmp_path)
    _before, header, body = (folder / "README.md").read_text().split("---\n", 2)
    assert "pipeline_tag: image-classification\n" in header
    assert "library_name: kdstudio\n" in header
    assert body.startswith("\n# A network\n\nIt is small.\n\n## Loading it\n")
    code = body.partition("```python\n")[2].partition("```")[0]
    names = {}
    exec(code.replace('"small-hf"', repr(str(folder))), names)
    assert names["card"].class_names[0] == "class 0"


def test_code_of_the_users_is_run_by_leave_alone(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from torch import nn\ndef build(image, classes):\n    return nn.Flatten()\n"
    )
    card = card_of(model("python", path=f"{tmp_path}/mine.py:build"))
    written(card, tmp_path)
    with pytest.raises(KDStudioError, match=r"runs code from a file; .*--allow-code"):
        load_folder(tmp_path / "small-hf")
    module, _card = load_folder(tmp_path / "small-hf", allow_code=True)
    assert module(torch.zeros(2, 3, 4, 4)).shape == (2, 48)
