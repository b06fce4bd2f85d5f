import json
import re

import pytest
import torch

from kdstudio.engine.dry_run import dry_run
from kdstudio.engine.events import Preparing
from kdstudio.engine.strategy import strategies
from kdstudio.runs.presets import load_experiment, to_toml
from kdstudio.runs.session import new_session
from kdstudio.runs.weights import load_tensors
from tests.small import run_in, same_states, small_context, small_experiment, weights_in

SETTINGS = {"self-distillation": ("networks.student.model.widths=[8, 8]",)}
"""What a strategy cannot do without."""
WIDER, TWO_OUTPUTS = 64 * 8 + 8 + 8 * 8 + 8 + 8 * 10 + 10, 64 * 8 + 8 + 8 * 2 + 2
WEIGHTS = {
    "self-distillation": {"student": WIDER, "baseline": WIDER},
    "specialise": {"student": TWO_OUTPUTS, "labels alone": TWO_OUTPUTS},
}
"""Of the networks that have not as many as ``mlp 8``."""
IMAGES = {"specialise": 91}
"""Test images that every network but the teacher predictions, where not all: here those of two classes."""
every_strategy = pytest.mark.parametrize("name", list(strategies))


def experiment_of(name, *settings):
    return small_experiment(*SETTINGS.get(name, ()), *settings, strategy=name)


@every_strategy
def test_an_experiment_survives_toml(name, tmp_path):
    experiment = experiment_of(name)
    (tmp_path / "experiment.toml").write_text(to_toml(experiment))
    assert load_experiment(str(tmp_path / "experiment.toml")) == experiment


@every_strategy
def test_its_formula_holds_its_numbers(name):
    strategy = strategies[name]()
    numbers = [value for value in strategy.model_dump().values() if isinstance(value, float)]
    formula = strategy.formula()
    assert formula.startswith("L = ")
    assert all(re.search(rf"(?<![\d.]){re.escape(f'{n:g}')}(?![\d.])", formula) for n in numbers if n)


@every_strategy
def test_it_tells_what_it_is(name):
    assert len(strategies[name].headline()) > 20
    for field, info in strategies[name].model_fields.items():
        assert field == "name" or (info.title and info.description), field


@every_strategy
def test_its_plan_can_be_rehearsed(name):
    outlines = dry_run(small_context(experiment_of(name)))
    assert outlines
    assert all(outline.trained and outline.terms and outline.flops_per_step > 0 for outline in outlines)
    assert len({outline.name for outline in outlines}) == len(outlines)


@every_strategy
def test_a_run_leaves_a_complete_folder(name, runs):
    experiment = experiment_of(name)
    session = new_session(experiment, runs, "run")
    events = [event for event in session.events() if not isinstance(event, Preparing)]
    path = session.folder.path
    assert path == runs / "run"
    assert {file.name for file in path.iterdir()} - {".lock"} == {
        "experiment.toml", "events.jsonl", "summary.json", "networks",
    }  # fmt: skip
    assert session.folder.experiment() == experiment
    lines = (path / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines] == [event.kind for event in events]
    summary = json.loads((path / "summary.json").read_text())
    assert summary["status"] == "finished"
    assert summary["experiment"]["strategy"]["name"] == name
    assert summary["seconds"] > 0
    networks = {
        name for event in events if event.kind == "stage-started" for name in event.outline.parameters
    }
    assert networks <= {*summary["networks"]}
    for network, found in summary["networks"].items():
        assert found["test"] == found["last_epoch"]["test"]
        assert found["validation"] == found["last_epoch"]["validation"]
        check_test_scores(found["test"], IMAGES.get(name, 450) if network != "teacher" else 450)
        if network not in networks:  # what several answer together, or a part of one
            continue
        weights = load_tensors(path / "networks" / f"{network}.safetensors")
        assert found["parameters"] == sum(weight.numel() for weight in weights.values())
        assert found["parameters"] == WEIGHTS.get(name, {}).get(network, 64 * 8 + 8 + 8 * 10 + 10)
        assert found["last_epoch"]["epoch"] == 2
        assert found["best_epoch"]["epoch"] in (1, 2)
        card = json.loads((path / "networks" / f"{network}.json").read_text())
        assert (card["network"], card["epoch"]) == (network, 2)


def check_test_scores(test, images):
    confusion = torch.tensor(test["confusion"])
    right, count = confusion.diag(), confusion.sum(1)
    assert count.sum() == test["count"] == images
    assert test["errors"] == images - right.sum()
    assert test["accuracy"] == pytest.approx(right.sum().item() / images)
    shares = [share for share in test["per_class"] if share is not None]
    assert shares == pytest.approx((right / count)[count > 0].tolist())


@every_strategy
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(name, runs):
    one, same, other = (
        weights_in(run_in(runs, experiment_of(name, f"seed={seed}"), f"run{number}"))
        for number, seed in enumerate((3, 3, 4))
    )
    assert same_states(one, same)
    for network in one.keys() & other.keys():
        matrices = [key for key, weight in one[network].items() if weight.ndim > 1]
        assert matrices
        assert not any(torch.equal(one[network][key], other[network][key]) for key in matrices)
