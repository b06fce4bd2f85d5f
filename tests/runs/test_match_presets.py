"""The presets of the CIFAR-100 pairs."""

import re
from functools import cache

import pytest
import torch

from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.engine.context import RunContext
from kdstudio.engine.dry_run import dry_run
from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.engine.optimization import SGD, Step
from kdstudio.runs.presets import load_experiment, preset_names
from tests.small import CPU

PARAMETERS = {
    "wrn40-2": 2_255_156,
    "wrn16-2": 703_284,
    "wrn40-1": 569_780,
    "resnet56": 861_620,
    "resnet20": 278_324,
    "resnet32x4": 7_433_860,
    "resnet8x4": 1_233_540,
    "vgg13": 9_462_180 - 2_944,
    "vgg8": 3_965_028 - 1_472,
}
"""As RepDistiller's networks have them, less the biases of VGG that batch norm takes away again."""

pairs = [name.split("match-")[1] for name in preset_names() if name.startswith("cifar100-match-")]
every_pair = pytest.mark.parametrize("pair", pairs)


@cache
def images():
    """Noise in the shape of CIFAR-100: two images of each class."""
    pixels = torch.randint(256, (200, 3, 32, 32), dtype=torch.uint8)
    part = LabelledImages(pixels, torch.arange(100).repeat(2))
    names = tuple(str(number) for number in range(100))
    return ImageData(part, part, names, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))


def preset(pair, *settings):
    return load_experiment(f"cifar100-match-{pair}", settings)


def test_there_are_the_six_pairs_of_the_table():
    assert pairs == [
        "resnet110-resnet32", "resnet32x4-resnet8x4", "resnet56-resnet20",
        "vgg13-vgg8", "wrn40-2-wrn16-2", "wrn40-2-wrn40-1",
    ]  # fmt: skip


@pytest.mark.slow
@every_pair
def test_it_can_be_rehearsed_and_has_the_published_networks(pair):
    validation = "data.validation=0.5"
    teacher, baseline, student = dry_run(RunContext(preset(pair, validation), images(), CPU))
    assert (teacher.name, baseline.name, student.terms) == ("teacher", "baseline", ("label loss", "matching"))
    names = re.fullmatch(r"(.+?)-((?:resnet|vgg|wrn)\d.*)", pair).groups()
    for role, name in zip(("teacher", "student"), names, strict=True):
        assert student.parameters[role] == PARAMETERS.get(name, student.parameters[role])


@every_pair
def test_its_recipe_is_the_published_one(pair):
    for network in preset(pair).networks.values():
        recipe = network.training
        assert (recipe.epochs, recipe.batch_size, recipe.default_augmentation) == (240, 64, True)
        assert recipe.optimizer == SGD(learning_rate=0.05, momentum=0.9, nesterov=False, weight_decay=5e-4)
        assert recipe.schedule == Step(milestones=(150, 180, 210), gamma=0.1)


@every_pair
def test_every_figure_names_a_term_that_can_be_chosen(pair):
    figures = [found.what for found in preset(pair).about.published[2:]]
    names = [re.search(r"\(([\w-]+)\)", what)[1] for what in figures]
    assert len(set(names)) == 12
    for name in names:
        chosen = preset(pair, f"strategy.terms.matching.name={name}")
        assert list(chosen.strategy.terms) == ["matching"]
        assert chosen.strategy.terms["matching"] == matching_terms[name]()
        labels = "0.1·" if name in ("soft-targets", "standardised") else ""
        assert chosen.strategy.formula().startswith(f"L = {labels}CE(y, softmax(z_s)) + ")
    assert [what for what in figures if "best test epoch" in what] == [
        what for what in figures if "decoupled" in what or "standardised" in what
    ]
