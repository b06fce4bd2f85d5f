"""A folder that needs neither KD Studio nor PyTorch: its script answers as the network does."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from kdstudio.data.decoding import decode
from kdstudio.runs.formats.declaration import Shipment
from kdstudio.runs.formats.standalone import Standalone
from kdstudio.runs.standalone import predict
from tests.runs.formats.shipping import GREY, built, card_of, model, normalised

WITHOUT = """
import runpy, sys

class Forbidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "torchvision", "kdstudio"}:
            raise ImportError(f"{name} is not there")

sys.meta_path.insert(0, Forbidden())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a script where neither KD Studio nor PyTorch can be imported."""


def asked(folder, *arguments):
    command = [sys.executable, "-c", WITHOUT, str(folder / "predict.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder.parent, check=False)


def drawn(width, height, channels=3, seed=0):
    values = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return Image.fromarray(values.squeeze()).resize((width, height), Image.Resampling.BICUBIC)


def turned(image):
    exif = Image.Exif()
    exif[0x0112] = 6
    return {"exif": exif.tobytes()}


def sixteen_bit():
    return Image.fromarray(np.arange(60 * 40, dtype=np.uint16).reshape(40, 60) * 27)


def transparent():
    image = drawn(50, 70).convert("RGBA")
    image.putalpha(drawn(50, 70, channels=1, seed=1))
    return image


IMAGES = {
    "same.jpg": (drawn(32, 32), {}),
    "wide.jpg": (drawn(300, 90), {}),
    "high.png": (drawn(20, 70), {}),
    "turned.jpg": (drawn(90, 60), turned(None)),
    "grey.png": (drawn(64, 48, channels=1), {}),
    "sixteen.png": (sixteen_bit(), {}),
    "transparent.png": (transparent(), {}),
    "palette.gif": (drawn(40, 30).convert("P"), {}),
}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    for name, (image, options) in IMAGES.items():
        image.save(folder / name, **options)
    return folder


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """The folder, and the network that is in it."""
    card = card_of(model("resnet", depth=8))
    module = built(card)
    folder = tmp_path_factory.mktemp("out")
    Standalone().write(Shipment(module, card, "small", "# A small network", torch.empty(0)), folder)
    return folder / "small-standalone", module, card


def expected(module, card, file):
    pixels = decode(file, card.image[1], grey=card.image[0] == 1)
    with torch.inference_mode():
        return module(normalised(pixels.permute(1, 2, 0)[None], card)).softmax(1)[0]


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("name", list(IMAGES))
def test_images_are_decoded_as_for_training(name, grey, images):
    ours = decode(images / name, 32, grey=grey).permute(1, 2, 0).numpy()
    assert np.array_equal(predict.decode(images / name, 32, 32, grey=grey), ours)


def test_it_answers_image_files_of_any_size_as_the_network_does(shipped, images):
    folder, module, card = shipped
    told = asked(folder, images, "--top", 10, "--json")
    assert (told.returncode, told.stderr) == (0, "")
    answers = json.loads(told.stdout)
    assert {Path(file).name for file in answers} == {*IMAGES}
    for file, found in answers.items():
        wanted = expected(module, card, Path(file))
        assert [found[name] for name in card.class_names] == pytest.approx(wanted.tolist(), abs=1e-5)
        assert list(found.values()) == sorted(found.values(), reverse=True)


def test_it_says_the_best_classes_in_a_line(shipped, images):
    folder, module, card = shipped
    told = asked(folder, images / "wide.jpg", "--top", 2)
    best = expected(module, card, images / "wide.jpg").topk(2)
    words = ", ".join(f"{card.class_names[n]} {100 * p:.1f} %" for p, n in zip(*best, strict=True))
    assert told.stdout == f"{images / 'wide.jpg'}: {words}\n"


def test_what_is_no_image_is_named_and_the_others_are_answered(shipped, images, tmp_path):
    folder, _module, _card = shipped
    broken = tmp_path / "broken.png"
    broken.write_bytes((images / "high.png").read_bytes()[:200])
    told = asked(folder, folder / "labels.txt", tmp_path / "nowhere.png", broken, images / "same.jpg")
    assert told.returncode == 1
    assert told.stderr.splitlines()[:2] == [
        f"predict.py: '{folder / 'labels.txt'}' is not an image",
        f"predict.py: there is no '{tmp_path / 'nowhere.png'}'",
    ]
    assert told.stderr.splitlines()[2].startswith(f"predict.py: '{broken}' is damaged: ")
    assert told.stdout.startswith(f"{images / 'same.jpg'}: class ")


def test_a_folder_without_images_and_a_count_of_none_are_refused(shipped, tmp_path):
    folder, _module, _card = shipped
    empty = asked(folder, tmp_path)
    assert (empty.returncode, empty.stderr) == (1, "predict.py: no images there\n")
    none = asked(folder, tmp_path, "--top", 0)
    assert (none.returncode, "must be 1 or more" in none.stderr) == (2, True)


def test_the_folder_holds_names_and_words(shipped):
    folder, _module, card = shipped
    assert (folder / "labels.txt").read_text().splitlines() == list(card.class_names)
    assert (folder / "README.md").read_text().startswith("# A small network\n\n## Using it\n")
    assert "uint8 images `(batch, height, width, 3)` of any size" in (folder / "README.md").read_text()
    needed = (folder / "requirements.txt").read_text()
    assert [line.partition(">")[0] for line in needed.split()] == ["numpy", "onnxruntime", "pillow"]


def test_images_that_are_not_square_and_grey_ones(tmp_path, images):
    shape = ((1, 20, 30), *GREY[1:])
    card = card_of(model("mlp", widths=[8]), image=shape)
    module = built(card)
    Standalone().write(Shipment(module, card, "flat", "", torch.empty(0)), tmp_path)
    told = asked(tmp_path / "flat-standalone", images / "wide.jpg", "--top", 10, "--json")
    found = json.loads(told.stdout)[str(images / "wide.jpg")]
    pixels = predict.decode(images / "wide.jpg", 30, 20, grey=True)
    assert pixels.shape == (20, 30, 1)
    with torch.inference_mode():
        wanted = module(normalised(torch.from_numpy(pixels.copy())[None], card)).softmax(1)[0]
    assert [found[name] for name in card.class_names] == pytest.approx(wanted.tolist(), abs=1e-5)
