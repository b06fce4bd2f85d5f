"""Every matching term, from first to last, on photographs."""

import math
import os
import shutil
from pathlib import Path

import pytest

from kdstudio.engine.events import EpochDone
from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.runs.presets import load_experiment
from tests.small import run_in

IMAGES_OF_A_CLASS = {"train": 10, "test": 5}
RECIPE = ("epochs=2", "optimizer.learning_rate=0.01")


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """A few of the CIFAR-10 photographs; skips where there are none."""
    named = os.environ.get("KDSTUDIO_DATA")
    if not named or not Path(named, "cifar10-small", "train").is_dir():
        pytest.skip("KDSTUDIO_DATA names no folder with cifar10-small")
    folder = tmp_path_factory.mktemp("photographs")
    for part, count in IMAGES_OF_A_CLASS.items():
        for kind in Path(named, "cifar10-small", part).iterdir():
            (folder / part / kind.name).mkdir(parents=True)
            for image in sorted(kind.iterdir())[:count]:
                shutil.copy(image, folder / part / kind.name)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", list(matching_terms))
def test_a_term_trains_a_student_on_photographs(name, photographs, runs):
    training = (f"networks.{role}.training.{field}" for role in ("teacher", "student") for field in RECIPE)
    settings = (
        f"data.source.path={photographs}",
        "data.validation=0.25",
        f"strategy={{name='match', initialisation_epochs=2, terms={{matched={{name='{name}'}}}}}}",
        "compute.threads=1",
        *training,
    )
    folder = run_in(runs, load_experiment("folder-resnet", settings))
    summary = folder.summary()
    assert (summary.status, summary.error) == ("finished", "")
    assert {"baseline", "student"} <= {*summary.networks}
    assert ("teacher" in summary.networks) == matching_terms[name].reads_teacher
    told = [event.losses for event in folder.events() if isinstance(event, EpochDone)]
    assert sum("matched" in losses for losses in told) == 2
    assert all(math.isfinite(value) for losses in told for value in losses.values())
