"""What earlier versions have written is read under the names of now."""

import tomli_w

from kdstudio.runs.former import modernised
from kdstudio.runs.presets import load_experiment, plain, preset_names


def test_presets_are_found_by_their_former_names():
    for name in preset_names():
        former = name.replace("self-distillation", "own-teacher")
        assert load_experiment(former) == load_experiment(name)


def test_a_run_of_an_earlier_version_is_read(tmp_path):
    experiment = load_experiment("cifar100-self-distillation-resnet18")
    raw = plain(experiment)
    raw["strategy"]["name"] = "own-teacher"
    training = raw["networks"]["student"]["training"]
    training["usual_augmentation"] = not training.pop("default_augmentation")
    (tmp_path / "old.toml").write_text(tomli_w.dumps(raw))
    read = load_experiment(str(tmp_path / "old.toml"))
    assert read.strategy == experiment.strategy
    changed, before = (e.networks["student"].training for e in (read, experiment))
    assert changed.default_augmentation is not before.default_augmentation
    assert changed.optimizer == before.optimizer


def test_settings_by_former_names_are_taken():
    settings = ("strategy.name=own-teacher", "networks.student.training.usual_augmentation=true")
    experiment = load_experiment("digits-self-distillation", settings)
    assert experiment.strategy.name == "self-distillation"
    assert experiment.networks["student"].training.default_augmentation is True


def test_what_is_odd_stays_as_it_is():
    for raw in ({}, {"networks": 3}, {"networks": {"a": 3}}, {"networks": {"a": {"training": []}}}):
        assert modernised(raw) == raw
