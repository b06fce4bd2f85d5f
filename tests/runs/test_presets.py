from dataclasses import replace

import pytest
import tomli_w
from torch.nn.functional import interpolate

from kdstudio.data.declaration import LabelledImages
from kdstudio.engine.context import RunContext
from kdstudio.engine.dry_run import dry_run
from kdstudio.engine.experiment import Experiment
from kdstudio.errors import KDStudioError
from kdstudio.runs.presets import (
    load_experiment,
    override,
    preset_group,
    preset_names,
    read_raw,
    read_values,
    save_experiment,
    to_toml,
    write_values,
)
from kdstudio.shipped import shipped
from tests.small import CPU, digits, run_in

DIGITS = "data.source.name=digits"
PAPERS_SHAPES = {"mnist-fitnet": (1, 28), "cifar10-fitnet": (3, 32)}
"""Channels and side of the images that networks cannot do without."""
SMALLER = {
    "mnist-fitnet": (
        *(f"networks.{role}.model={{name='resnet', depth=8}}" for role in ("teacher", "student")),
        *(f"strategy.{role}_tap=block2" for role in ("teacher", "student")),
        "strategy.hint_epochs=2",
    )
}
"""What makes a preset's networks fit the digits."""
every_preset = pytest.mark.parametrize("name", preset_names())


def shortened(name):
    """The preset with one seed on a tenth of the digits, two epochs for each network."""
    roles = load_experiment(name).networks
    epochs = (f"networks.{role}.training.epochs=2" for role in roles)
    settings = (DIGITS, "data.fraction=0.1", "compute.threads=1", *epochs, *SMALLER.get(name, ()))
    return load_experiment(name, settings, seeds=1)


def enlarged_digits(channels, side):
    """The digits in the shape of another data set's images."""
    data = digits()
    train, test = (
        LabelledImages(interpolate(part.images, side).expand(-1, channels, -1, -1), part.labels)
        for part in (data.train, data.test)
    )
    return replace(data, train=train, test=test, mean=data.mean * channels, std=data.std * channels)


def test_presets_ship_and_the_default_comes_first():
    files = {file.name for file in shipped("presets").iterdir()}
    assert {f"{name}.toml" for name in preset_names()} == files
    assert preset_names()[0] == "digits-hinton"


@every_preset
def test_a_preset_is_called_as_its_file_and_tells_what_it_is(name):
    experiment = load_experiment(name)
    assert experiment.name == name
    assert experiment.about.title
    assert experiment.about.source
    assert experiment.about.shows


@every_preset
def test_a_preset_survives_toml(name, tmp_path):
    experiment = load_experiment(name)
    save_experiment(experiment, tmp_path / "copy.toml")
    assert load_experiment(str(tmp_path / "copy.toml")) == experiment


@pytest.mark.slow
@every_preset
def test_a_presets_stages_can_be_rehearsed(name):
    data = enlarged_digits(*PAPERS_SHAPES[name]) if name in PAPERS_SHAPES else digits()
    assert dry_run(RunContext(load_experiment(name, (DIGITS,)), data, CPU))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in preset_names() if preset_group(name) != "cifar"])
def test_a_shortened_preset_runs_on_the_digits(name, runs):
    """Those made for a GPU are dry-run alone."""
    folder = run_in(runs, shortened(name))
    summary = folder.summary()
    assert (summary.status, summary.error) == ("finished", "")
    stages = [event.summary for event in folder.events() if event.kind == "stage-started"]
    assert {network for stage in stages for network in stage.parameters} <= {*summary.networks}


def test_an_unknown_preset_is_answered_with_those_there_are():
    with pytest.raises(KDStudioError, match="no preset 'digits-hinten'; there are digits-hinton, "):
        load_experiment("digits-hinten")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(KDStudioError, match=f"no file '{tmp_path}/mine.toml'; presets are digits-hinton"):
        load_experiment(str(tmp_path / "mine.toml"))


@pytest.mark.parametrize("content", [b"name = ", b"= 3", b"a = 1\na = 2", b"\xff\xfe", b"[a", b"\0"])
def test_a_broken_file_is_named(tmp_path, content):
    (tmp_path / "mine.toml").write_bytes(content)
    with pytest.raises(KDStudioError, match=r"mine.toml' (is not valid TOML|cannot be read as TOML)"):
        load_experiment(str(tmp_path / "mine.toml"))


def test_a_folder_is_no_experiment(tmp_path):
    (tmp_path / "mine.toml").mkdir()
    with pytest.raises(KDStudioError, match="cannot be read as TOML"):
        load_experiment(str(tmp_path / "mine.toml"))


@pytest.mark.parametrize(
    ("setting", "value"),
    [("strategy.temperature=8", 8.0), ("strategy.temperature = 2.5", 2.5),
     ("strategy.alpha=1e-2", 0.01), ("strategy.baseline=false", False),
 ("strategy.divergence=ce", "ce"), ("strategy.divergence='ce'", "ce")],
)  # fmt: skip
def test_a_setting_is_toml_or_else_plain_text(setting, value):
    field = setting.partition("=")[0].strip().rpartition(".")[2]
    assert getattr(load_experiment("digits-hinton", [setting]).strategy, field) == value


def test_settings_reach_into_networks_and_lists():
    settings = ("networks.student.model.widths=[7, 5]", "networks.teacher.training.augmentation.jitter=2")
    experiment = load_experiment("digits-hinton", settings)
    assert experiment.networks["student"].model.widths == (7, 5)
    assert experiment.networks["teacher"].training.augmentation.jitter == 2
    assert experiment.networks["teacher"].training.max_norm == 3.5


def test_another_choice_drops_the_options_of_the_old_one():
    settings = ("networks.teacher.model.name=lenet", "networks.teacher.training.schedule.name=step")
    teacher = load_experiment("digits-hinton", settings).networks["teacher"]
    assert (teacher.model.name, teacher.model.dropout) == ("lenet", 0.0)
    assert teacher.training.schedule.milestones == (150, 180, 210)


def test_the_same_choice_keeps_its_options():
    experiment = load_experiment("digits-hinton", ["networks.teacher.model.name=mlp"])
    assert experiment == load_experiment("digits-hinton")


def test_later_settings_win_and_the_raw_preset_is_left_alone():
    raw = read_raw("digits-hinton")
    changed = override(raw, ("seed=1", "seed=2"))
    assert (changed["seed"], raw["seed"]) == (2, 0)


@pytest.mark.parametrize("setting", ["seed", "=3", ""])
def test_a_setting_without_path_or_value_is_refused(setting):
    with pytest.raises(KDStudioError, match=f"--set {setting}: write path=value"):
        load_experiment("digits-hinton", [setting])


def test_all_that_is_wrong_is_told_in_one_line():
    with pytest.raises(KDStudioError) as caught:
        load_experiment("digits-hinton", ["strategy.temprature=4", "strategy.alpha=7", "seed=no"])
    message = str(caught.value)
    assert "did you mean 'temperature'" in message
    assert "strategy.alpha: must be less than or equal to 1, not 7" in message
    assert "seed: must be a valid integer, not 'no'" in message
    assert "\n" not in message


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(KDStudioError, match=f"'{tmp_path}/no/such.toml' cannot be written: there is no"):
        save_experiment(load_experiment("digits-hinton"), tmp_path / "no" / "such.toml")


HOSTILE = [
    ("seed", "__import__('os').system('touch {mark}')"),
    ("name", "../../escape"),
    ("name", "$(touch {mark})"),
    ("strategy", {"name": "os.system", "command": "touch {mark}"}),
    ("strategy", {"name": "hinton", "__class__": "subprocess.Popen", "args": ["touch", "{mark}"]}),
    ("strategy", "!!python/object/apply:os.system ['touch {mark}']"),
    ("networks", {"teacher": {"model": {"name": "!call torch.load"}}}),
    ("dependencies", [{"name": "os", "init": "system"}]),
    ("compute", {"device": "__import__('os').system('touch {mark}')"}),
]


@pytest.mark.parametrize(("key", "value"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_preset_is_refused_and_runs_nothing(tmp_path, key, value):
    mark = tmp_path / "mark"
    raw = load_experiment("digits-hinton").model_dump(mode="json", exclude_none=True) | {key: value}
    text = tomli_w.dumps(raw).replace("{mark}", str(mark))
    (tmp_path / "hostile.toml").write_text(text)
    with pytest.raises(KDStudioError, match=r"hostile.toml' cannot be run: "):
        load_experiment(str(tmp_path / "hostile.toml"))
    assert not mark.exists()


def test_yaml_with_python_tags_is_no_toml(tmp_path):
    (tmp_path / "hostile.toml").write_text("model: !!python/object/apply:os.system ['touch mark']\n")
    with pytest.raises(KDStudioError, match="is not valid TOML"):
        load_experiment(str(tmp_path / "hostile.toml"))


def test_toml_is_written_in_full():
    experiment = load_experiment("digits-hinton")
    assert Experiment.model_validate(experiment.model_dump()) == experiment
    assert "momentum" in to_toml(load_experiment("digits-hinton"))


@pytest.mark.slow
def test_a_shortened_mnist_hinton_trains_teacher_and_student(mnist_folder, runs, monkeypatch):
    monkeypatch.setenv("KDSTUDIO_DATA", str(mnist_folder))
    short = (
        "networks.teacher.training.epochs=3",
        "networks.student.training.epochs=2",
        "data.validation=0.5",
    )
    summary = run_in(runs, load_experiment("mnist-hinton", short)).summary()
    networks = summary.networks
    assert summary.status == "finished"
    assert networks["teacher"].parameters == 2_395_210
    assert networks["student"].parameters == networks["baseline"].parameters == 1_276_810
    assert networks["teacher"].test.accuracy > 0.95
    assert networks["student"].test.accuracy > 0.95
    assert networks["student"].test != networks["baseline"].test


READ = [
    ("1,4,20", [1, 4, 20]),
    (" 1, .5, 1e-3, ", [1, 0.5, 0.001]),
    ("kl, ce", ["kl", "ce"]),
    ("true,false", [True, False]),
    ("[300, 300], [800]", [[300, 300], [800]]),
    ("[block1, block2], [block3]", [["block1", "block2"], ["block3"]]),
    ("{name = 'sgd'}, {name = 'adamw'}", [{"name": "sgd"}, {"name": "adamw"}]),
    ("1, 4, 2e", [1, 4, "2e"]),
    ("", []),
    ("[" * 900 + "1" + "]" * 900, ["[" * 900 + "1" + "]" * 900]),
]


@pytest.mark.parametrize(("text", "values"), READ)
def test_values_of_a_sweep_are_read_between_commas(text, values):
    found = read_values(text)
    assert found == values
    assert list(map(type, found)) == list(map(type, values))


WRITTEN = [
    ([1, 4.5, 1e-5], "1, 4.5, 1e-05"),
    (["kl", "ce"], "kl, ce"),
    (["1", "true"], '"1", "true"'),
    (["a, b", "c"], '"a, b", "c"'),
    ([[300, 300], []], "[300, 300], []"),
    ([["block1", "block2"]], "[block1, block2]"),
    ([True, False], "true, false"),
    ([{"name": "sgd", "nesterov": True}], '{"name" = "sgd", "nesterov" = true}'),
]


@pytest.mark.parametrize(("values", "text"), WRITTEN)
def test_values_of_a_sweep_are_written_so_that_they_can_be_read_again(values, text):
    assert write_values(values) == text
    assert read_values(text) == values
