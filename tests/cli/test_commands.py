import json
import subprocess
import sys
from pathlib import Path

import pytest

from kdstudio.cli.commands import run_command_line
from kdstudio.cli.lists import LISTS
from kdstudio.runs.folder import RunFolder, run_folders
from kdstudio.runs.presets import load_experiment
from kdstudio.runs.session import new_session
from kdstudio.runs.weights import load_network
from tests.small import run_in, same_states, small_experiment, weights_in
from tests.waiting import wait_until

QUICK = (
    "--set", "compute.threads=1", "--set", "networks.teacher.training.epochs=1",
    "--set", "networks.student.training.epochs=2",
)  # fmt: skip
MODULES = """if True:
    import importlib, pkgutil, sys
    import kdstudio.cli.commands, kdstudio.engine.experiment
    for name in ("kdstudio.data.sources", "kdstudio.models", "kdstudio.engine.strategies"):
        package = importlib.import_module(name)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{name}.{module.name}")
    from kdstudio.cli.commands import run_command_line
    code = run_command_line(["list", "presets"])
    print(code, [name for name in ("torch", "torchvision", "sklearn", "PySide6") if name in sys.modules])
"""


@pytest.fixture
def folder(runs):
    """A finished run called ``run``."""
    return run_in(runs, small_experiment(), "run")


def python(*arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, **options
    )


def test_a_run_ends_with_the_path_of_its_folder(runs, capfd):
    assert run_command_line(["run", "digits-hinton", *QUICK, "--name", "mine"]) == 0
    out, err = capfd.readouterr()
    assert out == f"{runs / 'mine'}\n"
    assert "teacher" in err
    assert "of the test images right" in err
    folder = RunFolder(runs / "mine")
    assert folder.summary().status == "finished"
    chosen = "compute.precision=float32"  # for steps are small
    assert folder.experiment() == load_experiment("digits-hinton", [*QUICK[1::2], chosen])


def test_quiet_prints_the_path_alone(runs, capfd):
    assert run_command_line(["run", "digits-hinton", *QUICK, "--name", "mine", "--quiet"]) == 0
    assert capfd.readouterr() == (f"{runs / 'mine'}\n", "")


@pytest.mark.slow
def test_the_program_runs_in_a_process_of_its_own(tmp_path, runs):
    changes = (*QUICK, "--set", "seed=3", "--device", "cpu")
    out = python("-m", "kdstudio", "run", "digits-hinton", *changes, "--runs-dir", str(tmp_path / "there"))
    assert out.returncode == 0, out.stderr
    folder = RunFolder(Path(out.stdout.splitlines()[-1]))
    assert folder.path.parent == tmp_path / "there"
    assert folder.summary().status == "finished"
    assert same_states(weights_in(folder), weights_in(run_in(runs, folder.experiment())))


def test_listing_presets_and_importing_declarations_does_without_torch():
    out = python("-c", MODULES)
    assert out.returncode == 0, out.stderr
    assert out.stdout.splitlines()[-1] == "0 []"


def setting(text):
    return ["run", "digits-hinton", "--set", text]


BAD = {
    "an unknown preset": (["run", "digits-hinten"], "no preset 'digits-hinten'; there are digits-hinton"),
    "a missing file": (["run", "nowhere/mine.toml"], "no file 'nowhere/mine.toml'"),
    "a setting without value": (setting("seed"), "--set seed: write path=value"),
    "a misspelt field": (setting("strategy.temprature=2"), "did you mean 'temperature'?"),
    "a value out of range": (setting("strategy.alpha=2"), "strategy.alpha: must be less"),
    "very many": (
        ["run", "digits-born-again", "--set", "strategy.generations=100000000"],
        "strategy.generations: must be less",
    ),
    "a wrong type": (setting("seed=soon"), "seed: must be a valid integer"),
    "an unknown strategy": (setting("strategy.name=magic"), "no 'magic'; there are"),
    "an unknown device": (["run", "digits-hinton", "--device", "gpu"], "no device 'gpu'"),
    "a device that is absent": (setting("compute.device=cuda:99"), "'cuda:99' is not on this machine"),
    "a name with a slash": (["run", "digits-hinton", "--name", "../out"], "'../out' is no name for a run"),
    "a name that is taken": (["run", "digits-hinton", "--name", "run"], "there is a run 'run'"),
    "weights that are not there": (
        setting("networks.teacher.weights={origin='file', path='none.safetensors'}"),
        "no weights file '{here}/none.safetensors'",
    ),
    "an unknown run": (["show", "nothing"], "no run 'nothing' in"),
    "a run that is finished": (["resume", "run"], "run 'run' is finished; there is nothing to resume"),
    "an unknown network": (["export", "run", "--network", "peer", "--out", "x"], "has no network 'peer'"),
    "an unknown format": (["export", "run", "--format", "pickle", "--out", "x"], "no format 'pickle'"),
    "a run that cannot be held": (["pause", "run"], "run 'run' is not running, so it cannot pause"),
    "a run that cannot go on": (["unpause", "run"], "run 'run' is not running, so it cannot go on"),
    "a run that cannot be stopped": (["stop", "latest"], "run 'run' is not running, so it cannot stop"),
    "an unknown run to watch": (["watch", "nothing"], "no run 'nothing' in"),
    "an unknown command": (["distil"], "No such command 'distil'"),
    "an unknown option": (["run", "digits-hinton", "--sett", "seed=1"], "No such option"),
    "a missing argument": (["run"], "Missing argument"),
    "an unknown list": (["list", "planets"], "'planets' is not one of"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_input_is_one_line_and_exit_code_two(bad, folder, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments, reason = BAD[bad]
    before = sorted(folder.path.parent.iterdir())
    assert run_command_line(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("kdstudio: ")
    assert reason.replace("{here}", str(tmp_path)) in err
    assert err.count("\n") == 1
    assert sorted(folder.path.parent.iterdir()) == before


def test_a_runs_folder_that_cannot_be_written_is_bad_input(tmp_path, capfd):
    (tmp_path / "file").write_text("")
    assert run_command_line(["run", "digits-hinton", "--runs-dir", str(tmp_path / "file" / "runs")]) == 2
    assert capfd.readouterr().err.startswith("kdstudio: the runs folder ")


def test_bad_input_shows_no_traceback_in_a_process_of_its_own():
    out = python("-m", "kdstudio", "show", "nothing")
    assert out.returncode == 2
    assert out.stderr.startswith("kdstudio: no run 'nothing'")
    assert len(out.stderr.splitlines()) == 1


def test_a_run_that_fails_has_exit_code_one_and_tells_why(runs, capfd, monkeypatch):
    from kdstudio.engine.stage_run import StageRun

    def fail(run, *_arguments, **_options):
        raise MemoryError

    monkeypatch.setattr(StageRun, "take_step", fail)
    assert run_command_line(["run", "digits-hinton", *QUICK, "--name", "mine", "--quiet"]) == 1
    out, err = capfd.readouterr()
    assert out == f"{runs / 'mine'}\n"
    assert err.startswith("kdstudio: out of memory: choose a smaller batch size")


@pytest.mark.parametrize("what", [*LISTS, "runs"])
def test_lists_are_readable_by_people_and_programs(what, folder, capfd):
    assert run_command_line(["list", what, "--json"]) == 0
    rows = json.loads(capfd.readouterr().out)
    assert rows
    assert run_command_line(["list", what]) == 0
    shown = capfd.readouterr().out
    assert all(row["name"] in shown for row in rows)


def test_no_runs_are_no_error(capfd):
    assert run_command_line(["list", "runs", "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == []
    assert run_command_line(["list", "runs"]) == 0
    assert "no runs in" in capfd.readouterr().out


def test_show_prints_the_summary(folder, capfd):
    assert run_command_line(["show", "latest", "--json"]) == 0
    shown = json.loads(capfd.readouterr().out)
    assert shown.pop("outcome").startswith("teacher ")
    assert shown == {**json.loads(folder.summary_file.read_text()), "exports": []}
    assert run_command_line(["show", "run"]) == 0
    out = capfd.readouterr().out
    test = folder.summary().networks["student"].test
    assert f"{test.accuracy:.2%}" in out
    assert str(test.errors) in out


def test_export_ends_with_the_path_of_a_file_that_can_be_loaded(folder, capfd, tmp_path):
    assert run_command_line(["export", "run", "--network", "teacher", "--out", str(tmp_path / "out")]) == 0
    path = tmp_path / "out" / "run-teacher.safetensors"
    assert capfd.readouterr().out == f"{path}\n"
    assert load_network(path)[1].network == "teacher"


def test_a_network_of_the_users_code_is_exported_when_allowed(runs, capfd, tmp_path):
    code = "def build(classes):\n    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))\n"
    (tmp_path / "mine.py").write_text(f"from torch import nn\n{code}")
    model = f"networks.student.model={{name='python', path='{tmp_path}/mine.py:build'}}"
    session = new_session(small_experiment(model, strategy="supervised"), runs, "mine", allow_code=True)
    list(session.events())
    export = ["export", "mine", "--out", str(tmp_path / "out")]
    assert run_command_line(export) == 2
    assert "'python mine.py:build' runs code from a file" in capfd.readouterr().err
    assert not (tmp_path / "out").exists()
    assert run_command_line([*export, "--allow-code"]) == 0
    path = tmp_path / "out" / "mine-student.safetensors"
    assert capfd.readouterr().out == f"{path}\n"
    assert load_network(path, allow_code=True)[1].network == "student"


@pytest.mark.slow
def test_a_run_in_another_terminal_is_watched_held_and_stopped(runs, capfd):
    """The run goes on in a process of its own; so does whoever watches it."""
    options = ["--set", "networks.student.training.epochs=9999", "--quiet", "--name", "far"]
    run = [sys.executable, "-m", "kdstudio", "run", "digits-hinton", *QUICK[:4], *options]
    watch = [sys.executable, "-m", "kdstudio", "watch", "far"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    folder = RunFolder(runs / "far")
    with subprocess.Popen(run, **pipes) as running:
        try:
            wait_until(lambda: folder.summary_file.exists() and folder.is_running())
            with subprocess.Popen(watch, **pipes) as watching:
                wait_until(lambda: "teacher" in folder.summary().networks)
                assert run_command_line(["pause", "far"]) == 0
                wait_until(lambda: folder.summary().status == "paused")
                assert run_command_line(["unpause", "far"]) == 0
                wait_until(lambda: folder.summary().status == "running")
                assert run_command_line(["stop", "far"]) == 0
                told, complaints = watching.communicate(timeout=90)
            assert running.wait(90) == 130
        finally:
            running.kill()
    assert folder.summary().status == "stopped"
    kinds = [event.kind for event in folder.events()]
    assert kinds[kinds.index("run-paused") + 1] == "run-resumed"
    assert "far: stopped after" in told
    assert "of the test images right" in complaints
    assert "Traceback" not in complaints
    out, err = capfd.readouterr()
    assert out == ""
    assert "if that never ends, 'kdstudio stop far --now' ends its process at once" in err


def test_a_run_that_is_over_is_shown_by_whoever_watches_it(folder, capfd):
    assert run_command_line(["watch", "run"]) == 0
    out = capfd.readouterr().out
    assert out.startswith("! run: finished after")  # its teacher is at chance
    assert f"{folder.summary().networks['student'].test.accuracy:.2%}" in out


def test_the_version_is_told(capfd):
    import kdstudio

    assert run_command_line(["--version"]) == 0
    assert kdstudio.__version__ in capfd.readouterr().out


CROSSED = ("--seeds", "2", "--sweep", "strategy.temperature=1,8", "--set", "seed=3")
SHORT = ("--set", "networks.teacher.training.epochs=1", "--set", "networks.student.training.epochs=1")


def test_seeds_and_swept_values_are_trained_shown_and_exported(runs, tmp_path, capfd):
    arguments = ["run", "digits-hinton", *CROSSED, *SHORT, "--runs-dir", str(runs), "--name", "crossed", "-q"]
    assert run_command_line(arguments) == 0
    assert run_command_line(["show", "crossed", "--runs-dir", str(runs)]) == 0
    shown = capfd.readouterr().out
    for text in ("seeds 3 to 4", "swept: strategy.temperature 1, 8", "student T8", "What was swept"):
        assert text in shown
    networks = {file.stem for file in (runs / "crossed" / "networks").glob("*.safetensors")}
    assert networks == {
        "teacher", "baseline seed-3", "baseline seed-4",
        *(f"student T{t} seed-{seed}" for t in (1, 8) for seed in (3, 4)),
    }  # fmt: skip
    assert run_command_line(["export", "crossed", "--runs-dir", str(runs), "--out", str(tmp_path)]) == 0
    exported = {file.stem.removeprefix("crossed-") for file in tmp_path.glob("*.safetensors")}
    rows = json.loads((runs / "crossed" / "summary.json").read_text())["networks"]
    students = {n: row["last_epoch"]["validation"]["accuracy"] for n, row in rows.items() if "student" in n}
    (student,) = (name for name in students if name.replace(" ", "-") in exported)
    assert students[student] == max(students.values())
    assert exported == {"teacher", f"baseline-{student[-6:]}", student.replace(" ", "-")}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--seeds", "0"), "seeds: must be greater than or equal to 1, not 0"),
        (("--seeds", "many"), "'many' is not a valid integer"),
        (("--sweep", "strategy.temperature="), "no values for 'strategy.temperature'"),
        (
            ("--sweep", "strategy.temperature"),
            "write path=value,value, for instance strategy.temperature=1,4",
        ),
        (
            ("--sweep", "strategy.temprature=1,2"),
            "strategy.temprature: no such field; did you mean 'temperature'",
        ),
        (("--sweep", "strategy.name=hinton,hinten"), "no 'hinten'; there are"),
        (("--sweep", "data.classes=[1]"), "'data.classes' cannot be swept"),
    ],
)
def test_what_cannot_be_crossed_is_one_clear_line(options, message, runs, capfd):
    assert run_command_line(["run", "digits-hinton", *options, "--runs-dir", str(runs)]) == 2
    said = capfd.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not any(runs.glob("*"))


@pytest.mark.parametrize(
    ("name", "begins"), [("csv", "network,architecture"), ("markdown", "| network"), ("latex", "\\begin")]
)
def test_the_tables_of_a_run_are_printed_in_other_formats(runs, folder, capsys, name, begins):
    assert run_command_line(["show", "run", "--format", name]) == 0
    told = capsys.readouterr().out
    assert told.startswith(begins)
    assert "baseline" in told
    assert run_command_line(["show", "run", "--format", name, "--json"]) == 2
    assert f"--format {name} prints tables and --json all there is" in capsys.readouterr().err


def test_who_watches_a_killed_run_is_told_and_leaves(folder, capfd):
    text = folder.summary_file.read_text().replace('"status": "finished"', '"status": "running"')
    folder.summary_file.write_text(text)
    assert run_command_line(["watch", "run"]) == 1
    out, err = capfd.readouterr()
    assert "run: interrupted after" in out
    assert err.endswith("kdstudio: the process that ran 'run' has gone; 'kdstudio resume run' goes on\n")


def test_a_running_run_is_not_deleted_and_the_remedy_is_named(folder, capfd):
    run_in(folder.path.parent, small_experiment("seed=1"), "other")
    with folder.hold():
        assert run_command_line(["delete", "--yes", "other", "run"]) == 2
    assert "stop it first: 'kdstudio stop run'" in capfd.readouterr().err
    assert {run.name for run in run_folders(folder.path.parent)} == {"run", "other"}


@pytest.mark.parametrize("name", ["../evil", "/abs", "two\nlines", "run"])
def test_a_bad_name_is_refused_before_anything_is_loaded(folder, capfd, monkeypatch, name):
    from kdstudio.data.sources.digits import Digits

    monkeypatch.setattr(Digits, "load", lambda *_: pytest.fail("the data are loaded"))
    assert run_command_line(["run", "digits-hinton", "--name", name]) == 2
    assert run_command_line(["queue", "add", "digits-hinton", "--name", name]) == 2
    assert capfd.readouterr().err.count("\n") == 2
