"""Every command that reads weights, over runs that have lost some: refused by name, or done."""

import shutil

import pytest
from PIL import Image

from kdstudio.cli.commands import run_command_line
from kdstudio.runs import early_exits
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.kept_networks import lost_networks
from tests.fuzz.test_commands import untimed
from tests.small import run_in, small_experiment

SMALL = (
    "strategy.exits=['block1']",
    "networks.student.model.widths=[8,8]",
    "networks.student.training.epochs=1",
)
FROM = ("run", "run/experiment.toml", "--from-run", "run", "--name", "more", "--quiet")
COMMANDS = {
    "exits": ("exits", "run"),
    "temperature": ("temperature", "run"),
    "explain": ("explain", "run"),
    "try": ("explain", "run", "--image", "picture.png"),
    "export": ("export", "run", "--out", "out"),
    "export one": ("export", "run", "--network", "student", "--out", "out"),
    "from run": FROM,
}
WHOLE, EXIT, ALL = ("student",), ("exit-1",), ("baseline", "exit-1", "student", "ensemble")
"""Networks whose weights are lost."""
REFUSED = {
    WHOLE: {*COMMANDS},
    EXIT: {"exits"},
    ALL: {*COMMANDS},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    return run_in(folder, small_experiment(*SMALL, strategy="self-distillation"), "run")


@pytest.fixture
def copied(trained, runs, tmp_path, monkeypatch):
    shutil.copytree(trained.path, runs / "run")
    Image.new("L", (8, 8), 128).save(runs / "picture.png")
    monkeypatch.chdir(runs)
    monkeypatch.setattr(early_exits, "measure_latencies", untimed)
    return RunFolder(runs / "run")


def lose(run, networks, ending):
    for name in networks:
        for file in run.path.glob(f"networks/{name}{ending}"):
            file.unlink()


@pytest.mark.parametrize("ending", [".safetensors", ".json"])
@pytest.mark.parametrize("networks", REFUSED)
def test_what_needs_lost_weights_is_refused_and_names_them(copied, capfd, networks, ending):
    lose(copied, networks, ending)
    assert {*lost_networks(copied)} <= {*networks}
    for name in REFUSED[networks]:
        assert run_command_line([*COMMANDS[name]]) == 2, name
        out, err = capfd.readouterr()
        assert (out, len(err.splitlines())) == ("", 1), name
        assert err.startswith("kdstudio: run 'run' has lost the weights of "), name
        assert any(f"'{lost}'" in err for lost in networks), name
        assert "train it anew: kdstudio run " in err
    assert run_command_line(["show", "run"]) == 0
    assert run_command_line(["check", "run"]) == 1


@pytest.mark.parametrize("name", ["temperature", "try"])
def test_what_does_without_them_is_done(copied, capfd, name):
    lose(copied, EXIT, ".*")
    assert run_command_line([*COMMANDS[name]]) == 0
    assert "student" in capfd.readouterr().out


def test_a_run_that_has_trained_nothing_has_lost_nothing(copied, capfd):
    text = copied.summary_file.read_text().replace('"status": "finished"', '"status": "stopped"')
    copied.summary_file.write_text(text)
    shutil.rmtree(copied.path / "networks")
    copied.stages_file.unlink()
    assert run_command_line(["temperature", "run"]) == 2
    assert "has no trained network yet" in capfd.readouterr().err
