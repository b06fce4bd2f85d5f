import json
import re

import pytest
import torch

from kdstudio.engine.events import Preparing
from kdstudio.engine.outline import rehearse
from kdstudio.engine.strategy import strategies
from kdstudio.runs.presets import load_experiment, to_toml
from kdstudio.runs.session import new_session
from tests.small import run_in, same_states, small_bench, small_experiment, weights_in

every_strategy = pytest.mark.parametrize("name", list(strategies))


@every_strategy
def test_an_experiment_survives_toml(name, tmp_path):
    experiment = small_experiment(strategy=name)
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
    outlines = rehearse(small_bench(small_experiment(strategy=name)))
    assert outlines
    assert all(outline.trained and outline.terms and outline.flops_per_step > 0 for outline in outlines)
    assert len({outline.name for outline in outlines}) == len(outlines)


@every_strategy
def test_a_run_leaves_a_complete_folder(name, runs):
    experiment = small_experiment(strategy=name)
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
    assert {*experiment.networks} <= {*summary["networks"]}
    for network, found in summary["networks"].items():
        assert found["parameters"] == 64 * 8 + 8 + 8 * 10 + 10
        assert found["test"] == found["last_epoch"]["test"]
        assert found["validation"] == found["last_epoch"]["validation"]
        assert found["last_epoch"]["epoch"] == 2
        assert found["best_epoch"]["epoch"] in (1, 2)
        check_test_scores(found["test"])
        assert (path / "networks" / f"{network}.safetensors").is_file()
        card = json.loads((path / "networks" / f"{network}.json").read_text())
        assert (card["network"], card["epoch"]) == (network, 2)


def check_test_scores(test):
    confusion = torch.tensor(test["confusion"])
    assert confusion.sum() == test["count"] == 450
    assert test["errors"] == 450 - confusion.diag().sum()
    assert test["accuracy"] == pytest.approx(confusion.diag().sum().item() / 450)
    assert test["per_class"] == pytest.approx((confusion.diag() / confusion.sum(1)).tolist())


@every_strategy
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(name, runs):
    one, same, other = (
        weights_in(run_in(runs, small_experiment(f"seed={seed}", strategy=name), f"run{number}"))
        for number, seed in enumerate((3, 3, 4))
    )
    assert same_states(one, same)
    for network in one.keys() & other.keys():
        assert not torch.equal(one[network]["classifier.weight"], other[network]["classifier.weight"])
