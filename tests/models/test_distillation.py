"""Every registered architecture learns for two epochs, as teacher and as student."""

from importlib.util import find_spec

import pytest
import torch

from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.engine.context import RunContext
from kdstudio.engine.trainer import Trainer
from kdstudio.models.declaration import models
from tests.small import CPU, follow, refuse_weights, small_experiment


def tiny_photographs() -> ImageData:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (24, 3, 32, 32), dtype=torch.uint8, generator=generator)
    part = LabelledImages(images, torch.arange(24) % 2)
    return ImageData(part, part, ("a", "b"), (0.5,) * 3, (0.25,) * 3)


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in models if not models[n].runs_code or n == "python"])
def test_it_teaches_and_it_learns(name, tmp_path):
    entry = models[name]
    if entry.library and not find_spec(entry.library):
        pytest.skip(f"{entry.library} is not installed; it is optional")
    model = entry.smallest()
    if entry.runs_code:
        code = tmp_path / "mine.py"
        code.write_text(
            "from torch import nn\n"
            "def build(image, classes):\n"
            "    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, classes))\n"
        )
        model = entry(path=f"{code}:build")
    experiment = small_experiment(
        "data.validation=0.25",
        *(f"networks.{role}.training.optimizer.learning_rate=0.001" for role in ("teacher", "student")),
    )
    networks = {
        role: spec.model_copy(
            update={"model": model, "training": spec.training.model_copy(update={"batch_size": 9})}
        )
        for role, spec in experiment.networks.items()
    }
    experiment = experiment.model_copy(update={"networks": networks})
    context = RunContext(experiment, tiny_photographs(), CPU, refuse_weights)
    before = context.network("student").module.state_dict()
    _events, states = follow(Trainer(context))
    assert states.keys() == {"teacher", "baseline", "student"}
    assert any(not torch.equal(before[key], states["student"][key]) for key in before)
    assert all(value.isfinite().all() for state in states.values() for value in state.values())
