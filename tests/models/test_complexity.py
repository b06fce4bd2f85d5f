"""Counts by hand, and every number of docs/models.md."""

from pathlib import Path

import pytest
import torch

from kdstudio.models.complexity import complexity
from kdstudio.models.declaration import ImageShape, models
from kdstudio.models.mlp import MLP
from kdstudio.models.modules.foreign import run
from kdstudio.models.python import Python

DOCUMENT = Path(__file__).parents[2] / "docs" / "models.md"


def rows(heading):
    """Cells of the table under ``heading``, without the marks of code."""
    text = DOCUMENT.read_text("utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines]


def spec_of(name, options):
    """``resnet``, ``depth=20 shortcut=projection``."""
    given = dict(option.split("=") for option in options.split())
    fields = models[name].model_fields
    return models[name](**{key: as_declared(fields[key].default, text) for key, text in given.items()})


def as_declared(default, text):
    if isinstance(default, tuple):
        return tuple(int(part) for part in text.split(","))
    return type(default)(text)


def image_of(text):
    return ImageShape(*map(int, text.split("×")))


def number(text):
    return int(text.replace(",", ""))


@pytest.mark.parametrize("row", rows("Sizes"), ids=lambda row: f"{row[0]} {row[1]}")
def test_sizes_are_those_of_the_documentation(row):
    name, options, image, classes, parameters, _published, _source, multiply_adds = row
    counted = complexity(spec_of(name, options), image_of(image), int(classes))
    assert counted == (number(parameters), number(multiply_adds))


@pytest.mark.parametrize("row", rows("Taps"), ids=lambda row: f"{row[0]} {row[1]}")
def test_taps_have_the_shapes_of_the_documentation(row):
    name, options, image, taps = row
    spec = spec_of(name, options)
    with torch.device("meta"):
        shapes = dict(run(spec.build(image_of(image), 10), image_of(image)))
    found = [f"{tap} {'×'.join(map(str, shapes[path][1:]))}" for tap, path in spec.taps().items()]
    assert ", ".join(found) == taps


def test_every_published_architecture_is_documented():
    ours = {name for name in models if models.package_of(name) == "kdstudio"}
    made_here = {name for name in ours if not models[name].library and not models[name].runs_code}
    assert {row[0] for row in rows("Sizes")} == made_here
    assert {row[0] for row in rows("Taps")} == made_here


def test_a_perceptron_has_the_count_by_hand():
    assert complexity(MLP(widths=(5,)), ImageShape(1, 2, 2), 3) == (4 * 5 + 5 + 5 * 3 + 3, 4 * 5 + 5 * 3)


def test_counting_leaves_the_random_state_alone():
    before = torch.random.get_rng_state()
    complexity(MLP(dropout=0.5), ImageShape(1, 8, 8), 10)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_network_that_needs_numbers_is_built_and_run(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n"
        "def build(classes):\n"
        "    linear = nn.Linear(4, classes)\n"
        "    linear.weight.sum().item()\n"
        "    return nn.Sequential(nn.Flatten(), linear)\n"
    )
    before = torch.random.get_rng_state()
    assert complexity(Python(path=f"{tmp_path}/mine.py:build"), ImageShape(1, 2, 2), 3) == (15, 12)
    assert torch.equal(torch.random.get_rng_state(), before)
