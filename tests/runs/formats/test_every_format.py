"""Every registered format, with networks of every kind: what its runtime answers is what was trained."""

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from kdstudio.data.sources.folder import ImageFolder
from kdstudio.data.sources.mnist import MNIST
from kdstudio.runs.exporting.child import Child
from kdstudio.runs.exporting.export import export_networks
from kdstudio.runs.formats.declaration import MOST_IMAGES, formats
from tests.runs.formats import shipping
from tests.runs.formats.shipping import GREY, card_of, fed_and_expected, model, pixels_for
from tests.small import run_in, small_experiment

BATCHES = (1, 5, 32, MOST_IMAGES)
SMALL = model("resnet", depth=8)
CARDS = {  # of what repeats its blocks, a few: ExecuTorch takes a minute for some as they are
    "mlp": card_of(model("mlp", widths=[32, 32]), image=GREY),
    "lenet": card_of(model("lenet"), image=GREY),
    "resnet": card_of(SMALL),
    "wide-resnet": card_of(model("wide-resnet", depth=10, width=1)),
    "mobilenet-v2": card_of(shipping.beginning(model("mobilenet-v2"), "block2", (16, 8, 8))),
    "shufflenet-v2": card_of(shipping.beginning(model("shufflenet-v2"), "block1", (116, 16, 16))),
    "fitnet-1": card_of(model("fitnet")),
    "early exit": card_of(shipping.early_exit(SMALL)),
    "ensemble of exits": card_of(shipping.ensemble_of_exits(SMALL)),
    "specialist": card_of(shipping.selection(SMALL), classes=3),
    "torchvision mobilenet_v3_small": card_of(model("torchvision", architecture="mobilenet_v3_small")),
    "timm resnet10t": card_of(model("timm", architecture="resnet10t", size=40)),
}
FAST = "early exit"
"""Convolutions, batch norm, a cut trunk and heads; the others take minutes."""
LONG = "executorch-int8"
"""Takes up to half a minute for a network: those whose layers others have are left out."""
ALIKE = ("wide-resnet", "mobilenet-v2", "ensemble of exits", "specialist", "timm resnet10t")


def combinations():
    """Every format with every network."""
    for what in CARDS:
        for name in formats:
            if name == LONG and what in ALIKE:
                continue
            slow = what != FAST or name == LONG
            yield pytest.param(what, name, marks=[pytest.mark.slow] if slow else [])


pytestmark = pytest.mark.keeps  # the process that writes all files


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """One process writes all files."""
    made = shipping.Shop(tmp_path_factory.mktemp("shop"))
    with made.writer:
        yield made


@cache
def real_images(image):
    """500 photographs or digits, uint8 ``(B, H, W, C)`` in full batches; none where the data are not here."""
    folder, grey = Path(os.environ.get("KDSTUDIO_DATA", "nowhere")), image[0] == 1
    if not (folder / ("MNIST" if grey else "cifar10-small")).exists():
        return ()
    source = MNIST() if grey else ImageFolder(path=str(folder / "cifar10-small"), size=32)
    part = source.load(lambda _what, _fraction: None).test
    return part.images[:: len(part) // 500][:500].permute(0, 2, 3, 1).contiguous().split(MOST_IMAGES)


@pytest.mark.slow
@pytest.mark.parametrize(("what", "name"), [*combinations()])
def test_a_file_answers_as_the_network_does_for_batches_of_any_size(what, name, shop):
    if what.startswith("timm"):
        pytest.importorskip("timm")
    card, file_format = CARDS[what], formats[name]()
    module = shipping.built(card)
    path = shop.ship(file_format, module, card)
    with Child() as child:
        shipping.opened(child, file_format, path)
        for batch in BATCHES:
            fed, expected = fed_and_expected(file_format, module, card, pixels_for(card, batch, seed=batch))
            answers = child.answer(fed)
            assert answers.shape == expected.shape
            difference = answers - expected
            if file_format.precision == "float32":
                assert np.abs(difference).max() <= 1e-4
            else:  # of a network that has learned nothing
                assert np.square(difference).mean() <= 0.1**2 * np.square(expected).mean()
        for pixels in real_images(card.image) if file_format.precision == "float32" else ():
            fed, expected = fed_and_expected(file_format, module, card, pixels)
            answers = child.answer(fed)
            assert np.abs(answers - expected).max() <= 1e-4
            assert np.array_equal(answers.argmax(1), expected.argmax(1))


@pytest.mark.slow
@pytest.mark.parametrize("name", list(formats))
def test_a_runtime_alone_in_its_process_answers_as_the_network_does(name, shop, monkeypatch):
    monkeypatch.undo()  # nothing is forked: the process has what it loads itself, and no more
    card, file_format = CARDS[FAST], formats[name]()
    module = shipping.built(card)
    path = shop.ship(file_format, module, card)
    with Child() as child:
        shipping.opened(child, file_format, path)
        fed, expected = fed_and_expected(file_format, module, card, pixels_for(card, 3))
        difference = child.answer(fed) - expected
    assert np.square(difference).mean() <= 0.1**2 * np.square(expected).mean()


@pytest.mark.parametrize("name", list(formats))
def test_a_format_says_all_that_people_are_told(name):
    file_format = formats[name]()
    assert file_format.title
    assert file_format.headline()
    assert file_format.runtime
    assert len({*file_format.files("a"), *file_format.files("b")}) == 2 * len(file_format.files("a"))
    assert all(file.startswith("a") for file in file_format.files("a"))
    file_format.check_installed()


def test_no_two_formats_write_the_same_file():
    files = [file for name in formats for file in formats[name]().files("a")]
    assert len(files) == len({*files})


@pytest.mark.slow
def test_a_trained_networks_files_answer_thousands_of_real_images_as_it_does(runs, tmp_path, mnist_folder):
    experiment = small_experiment(
        "data.source={name='mnist'}",
        "networks.student.model={name='lenet'}",
        "networks.student.training.epochs=1",
        "networks.student.training.batch_size=128",
        strategy="supervised",
    )
    made = export_networks(
        run_in(runs, experiment), ["student"], [cls() for cls in formats.values()], tmp_path
    )
    assert made.refusals == ()
    assert len(made.rows) == 1 + len(formats)
    trained, *files = made.rows
    assert trained.accuracy > 0.9
    for row in files:
        assert row.images == 10_000
        if row.precision == "float32":
            assert (row.agreement, row.largest_difference <= 1e-4) == (1.0, True)
        else:
            assert row.agreement > 0.99
            assert abs(row.accuracy - trained.accuracy) < 0.005
