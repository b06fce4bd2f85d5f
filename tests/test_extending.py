"""The package of docs/extending.md, taken out of the page, is installed beside KD Studio and works."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from kdstudio.runs.exporting.export import export_networks
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.formats.safetensors import Safetensors
from kdstudio.runs.result_tables import tabulate
from kdstudio.runs.results import curves
from tests.conftest import MISSING

ROOT = Path(__file__).parents[1]
FILE = re.compile(r"^`([\w./-]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A file of the package: its path, then all of it."""
COMMAND = re.compile(r"^kdstudio run .*?(?<!\\)$", re.MULTILINE | re.DOTALL)
ROLES = ("teacher", "assistant-1", "student")
NETWORKS = ["teacher", "assistant-1", "baseline", "direct", "student"]
ENTRIES = {
    "terms": "reverse-kl",
    "models": "strided",
    "heads": "mean-logits",
    "datasets": "stripes",
    "optimizers": "adagrad",
    "schedules": "polynomial",
    "weightings": "until",
    "formats": "torchscript",
    "presets": "digits-chain",
}
LIST = """
import contextlib, io, json, sys
from kdstudio.cli.commands import run_command_line

found = {}
for what in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert run_command_line(["list", what, "--json"]) == 0
    rows = json.loads(out.getvalue())
    found[what] = [row["name"] for row in rows if row.get("package") == "kd-chain"]
print(json.dumps(found))
"""
FORM = """
import sys
from PySide6.QtWidgets import QApplication
from kdstudio.engine.experiment import Experiment
from kdstudio.engine.strategy import strategies
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.fields import default_values
from kdstudio.gui.forms.form import Form

app = QApplication([])
for draft in (Draft("digits-chain"), Draft("digits-hinton")):
    draft.choose(("strategy",), default_values(strategies["chain"]))
    form = Form(draft, (), Experiment, only=("strategy", "networks"))
    for field, info in strategies["chain"].model_fields.items():
        if field != "name":
            tip = form.editor("strategy", field).control.toolTip()
            assert info.description in " ".join(tip.split()), field
    assert list(draft.experiment.networks) == ["teacher", "assistant-1", "student"]
    draft.set(("strategy", "assistants"), 2)
    assert list(draft.experiment.networks) == ["teacher", "assistant-1", "assistant-2", "student"]
    assert draft.problems == []
    draft.set(("strategy", "assistants"), 0)
    assert [problem.path for problem in draft.problems] == [("strategy", "assistants")]
    assert "at least" in " ".join(form.editor("strategy", "assistants").control.toolTip().split())
"""
PLOT = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from kdstudio.gui.plots.results import ResultPlot
from kdstudio.gui.theme import Theme
from kdstudio.runs.axes import axes_of
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.results import curves

QSettings.setDefaultFormat(QSettings.Format.IniFormat)
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, sys.argv[2])
app = QApplication([])
plot = ResultPlot(Theme(app))
plot.resize(700, 500)
summary = RunFolder(Path(sys.argv[1])).summary()
view = summary.views[-1]
empty = plot.grab().toImage()
plot.show_curves(axes_of(view), curves(view, summary.networks.values()))
assert plot.heading.text() == "Test accuracy against size"
assert plot.plot.getAxis("bottom").labelText == "parameters (logarithmic)"
assert plot.grab().toImage() != empty
"""
RESUME = """
import sys
from pathlib import Path
from kdstudio.runs.presets import load_experiment
from kdstudio.runs.session import new_session, resumed_session

runs, *settings = sys.argv[1:]
experiment = load_experiment("digits-chain", settings)
whole = list(new_session(experiment, Path(runs), "whole").events())
for stage in range(5):
    stop = next(n for n, event in enumerate(whole) if event.kind == "epoch-done" and event.stage == stage)
    session = new_session(experiment, Path(runs), f"stopped in {stage}")
    running = session.events()
    for _ in range(stop + 2):
        next(running)
    running.close()
    assert session.folder.summary().status == "stopped"
    for _event in resumed_session(session.folder).events():
        pass
    assert session.folder.summary().status == "finished"
"""
TOGETHER = """
import torch
from kd_chain.mean_logits import MeanLogits
from kdstudio.engine.card import NetworkCard
from kdstudio.engine.identity import ENSEMBLE
from kdstudio.engine.terms import label_loss
from kdstudio.engine.trainer import Trainer
from tests.small import planned, random_batch, small_context

def plan(run):
    first, second = run.network("student"), run.network("student", draw=1, seed=1)
    together = run.head("mean", MeanLogits(), first.logits, second.logits)
    terms = [label_loss(network.name, name=f"labels of {network.name}") for network in (first, second)]
    yield run.stage("both", terms, scored=[first, second, run.compose(together, ENSEMBLE)])

trainer = Trainer(small_context(planned(plan)))
for event in trainer.events():
    if event.kind == "stage-done":
        kept = {delivery.card.network: delivery for delivery in trainer.delivered}
images, answers = random_batch().images, {}
for name, delivery in kept.items():
    network = NetworkCard.model_validate_json(delivery.card.model_dump_json()).build().eval()
    network.load_state_dict(delivery.last)
    answers[name] = network(images)
first, second, together = answers.values()
assert torch.allclose(together, (first + second) / 2)
"""


def short(*roles):
    """Settings by which each of ``roles`` learns for two epochs."""
    return [f"networks.{role}.training.epochs=2" for role in roles]


def as_options(settings):
    return [word for setting in settings for word in ("--set", setting)]


def files_of(page):
    return dict(FILE.findall((ROOT / "docs" / page).read_text("utf-8")))


def entry_points(groups):
    """As an installer writes them."""
    return "\n".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
        for group, points in groups.items()
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Folder with the package, as if it were installed, for whoever has it on the path."""
    folder = tmp_path_factory.mktemp("installed")
    files = files_of("extending.md") | files_of("matching.md")
    project = tomllib.loads(files.pop("pyproject.toml"))["project"]
    about = f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    files |= {f"{about}/METADATA": head, f"{about}/entry_points.txt": entry_points(project["entry-points"])}
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def python(installed, tmp_path_factory):
    """Python where the package is installed; returns what it has written to standard output."""
    where = {
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(installed))),
        "KDSTUDIO_RUNS": str(tmp_path_factory.mktemp("runs")),
        "QT_QPA_PLATFORM": "offscreen",
    }

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-W", "error", *arguments],
            capture_output=True, text=True, check=False, env={**os.environ, **where},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def finished(python):
    """Folder of a short run of the chain, made by the command line."""
    options = [*as_options(short(*ROLES)), "--quiet", "--name", "quick"]
    return RunFolder(Path(python("-m", "kdstudio", "run", "digits-chain", *options).strip()))


def test_its_strategy_is_listed_with_its_package(python):
    rows = json.loads(python("-m", "kdstudio", "list", "strategies", "--json"))
    assert [row["name"] for row in rows if row.get("package") == "kd-chain"] == ["chain"]
    assert "hinton" in [row["name"] for row in rows]


def test_everything_else_is_listed_with_its_package(python):
    assert json.loads(python("-c", LIST, *ENTRIES)) == {what: [name] for what, name in ENTRIES.items()}


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_its_form_has_an_editor_with_help_for_every_field(python):
    python("-c", FORM)


@pytest.mark.slow
def test_it_is_run_by_the_command_line(finished):
    summary = finished.summary()
    assert summary.status == "finished"
    assert list(summary.networks) == NETWORKS
    assert summary.networks["assistant-1"].kind == "assistant"
    assert summary.comparison.control == "direct"
    assert tomllib.loads((finished.path / "experiment.toml").read_text("utf-8"))["packages"] == {
        "strategy.chain": "kd-chain 0.1"
    }


@pytest.mark.slow
def test_stopped_in_any_stage_and_resumed_it_ends_with_the_same_weights(python, tmp_path):
    python("-c", RESUME, str(tmp_path), *short(*ROLES), "compute.reuse=false")
    weights = {
        run.name: {file.name: file.read_bytes() for file in (run / "networks").glob("*.safetensors")}
        for run in tmp_path.iterdir()
    }
    whole = weights.pop("whole")
    assert {f"{name}.safetensors" for name in NETWORKS} <= whole.keys()
    assert len(weights) == len(NETWORKS)
    assert all(again == whole for again in weights.values())


def test_its_table_is_shown(python, finished):
    lines = python("-m", "kdstudio", "show", finished.name).splitlines()
    assert any(line.startswith("Down the chain") for line in lines)
    table, _figure = finished.summary().views
    rows = tabulate(table, finished.summary().networks.values()).body
    assert [row[:3] for row in rows] == [
        ("teacher", "mlp 512-512", "teacher"),
        ("assistant-1", "mlp 16", "assistant"),
        ("student", "mlp 5", "baseline"),
        ("student", "mlp 5", "direct"),
        ("student", "mlp 5", "student"),
    ]
    for row in rows:
        assert any(all(cell in line for cell in row) for line in lines)


def test_its_figure_has_a_point_for_every_network_at_its_size(finished):
    networks = finished.summary().networks
    drawn = curves(finished.summary().views[-1], networks.values())
    points = {point.name: (point.x, point.y.mean) for curve in drawn for point in curve.points}
    assert points == {name: (row.parameters, row.test.accuracy) for name, row in networks.items()}
    assert len({curve.token for curve in drawn}) == len(NETWORKS)


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_its_figure_is_drawn(python, finished, tmp_path):
    python("-c", PLOT, str(finished.path), str(tmp_path))


def test_every_network_of_it_is_exported_and_loaded_without_the_package(finished, tmp_path):
    made = export_networks(finished, NETWORKS, [Safetensors()], tmp_path)
    assert made.paths == tuple(tmp_path / f"{finished.name}-{name}.safetensors" for name in NETWORKS)
    assert {row.largest_difference for row in made.rows} == {0.0}


@pytest.mark.slow
def test_its_file_format_is_proved_like_any_other(python, finished, tmp_path):
    wanted = ("--network", "student", "--format", "torchscript", "--out", str(tmp_path), "--json")
    made = json.loads(python("-m", "kdstudio", "export", finished.name, *wanted))
    assert made["refused"] == []
    plain, row = made["files"]
    assert (row["title"], row["accuracy"]) == ("TorchScript", plain["accuracy"])
    assert row["largest_difference"] < 1e-4
    assert Path(row["path"]) == tmp_path / f"{finished.name}-student.ts"


@pytest.mark.slow
def test_its_head_is_part_of_networks_that_are_kept(python):
    python("-c", TOGETHER)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "roles"), [("extending.md", ROLES), ("matching.md", ("teacher", "student"))]
)
def test_the_last_command_of_the_page_runs(python, page, roles):
    text = (ROOT / "docs" / page).read_text("utf-8")
    words = shlex.split(COMMAND.findall(text)[-1].replace("\\\n", ""))
    folder = python("-m", *words, *as_options(short(*roles)), "--quiet", "--name", page)
    summary = RunFolder(Path(folder.strip())).summary()
    assert summary.status == "finished"
    students = [row for row in summary.networks.values() if row.role == "student"]
    assert students
    assert all(row.test.accuracy > 0 for row in students)
