"""What is written is what was trained; nothing else lies about afterwards, whatever happens."""

import importlib
import json
import os
import shutil
import sys
from pathlib import Path
from unittest.mock import ANY

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from kdstudio.errors import KDStudioError
from kdstudio.runs.dark_knowledge import DarkKnowledgeReader
from kdstudio.runs.exporting.choice import usual_networks, weights_of
from kdstudio.runs.exporting.export import ROUNDED, export_networks
from kdstudio.runs.exporting.placing import file_name
from kdstudio.runs.exporting.records import keep, measured_files, records_file
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.formats.declaration import formats
from kdstudio.runs.formats.onnx import Onnx
from kdstudio.runs.formats.onnx_int8 import OnnxInt8
from kdstudio.runs.formats.safetensors import Safetensors
from kdstudio.runs.predictions import read_predictions
from kdstudio.runs.session import new_session
from kdstudio.runs.weights import load_network, load_tensors, read_card, save_tensors
from tests.runs.exporting.rows import some_row
from tests.small import run_in, small_experiment

ALONE = ("strategy.baseline=false",)
PLAIN = [Safetensors()]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run with a teacher, a baseline and a student, to be copied."""
    runs = tmp_path_factory.mktemp("runs")
    epochs = [f"networks.{role}.training.epochs=8" for role in ("teacher", "student")]
    return run_in(runs, small_experiment(*epochs), "deep run")


@pytest.fixture
def run(trained, tmp_path):
    return RunFolder(Path(shutil.copytree(trained.path, tmp_path / "runs" / "run")))


def names_in(folder):
    return {file.name for file in folder.iterdir()}


@pytest.mark.slow
def test_every_file_is_the_runs_network_by_its_own_runtime(run, tmp_path):
    card = read_card(run.network_file("student"))
    predictions = read_predictions(run)
    expected = predictions.logits["student"].numpy()
    made = export_networks(run, ["student"], [Safetensors(), Onnx(), OnnxInt8()], tmp_path / "out" / "deep")
    out = tmp_path / "out" / "deep"
    run_copy = run.path.rename(run.path.with_name("gone"))
    assert made.refusals == ()
    assert names_in(out) == {
        "run-student.safetensors", "run-student.json", "run-student.onnx", "run-student-int8.onnx",
    }  # fmt: skip
    assert made.paths == tuple(out / f"run-student{end}" for end in (".safetensors", ".onnx", "-int8.onnx"))
    images = (predictions.pixels.float() / 255 - card.mean[0]) / card.std[0]
    for row in made.rows:
        if not row.path:
            continue
        if row.title == "safetensors":
            answers = load_network(Path(row.path))[0](images).detach().numpy()
        else:
            answers = onnxruntime.InferenceSession(row.path).run(None, {"images": images.numpy()})[0]
        right = (answers.argmax(1) == predictions.labels.numpy()).mean()
        same = (answers.argmax(1) == expected.argmax(1)).mean()
        assert row.images == len(images) == 450
        assert row.accuracy == pytest.approx(right, abs=1 / 450 + 1e-9)
        assert row.agreement == pytest.approx(same, abs=1 / 450 + 1e-9)
        assert row.largest_difference == pytest.approx(np.abs(answers - expected).max(), abs=1e-5)
        assert row.largest_difference <= 1e-4 or row.precision == "int8"
        assert [found.batch for found in row.latencies] == [1, 32]
        assert all(0 < found.median <= found.percentile_95 for found in row.latencies)
        assert all(found.repeats >= 20 for found in row.latencies)
        assert (row.threads, row.processor != "") == (1, True)
    plain, weights, onnx, int8 = made.rows
    assert plain.title == "in the run"
    assert plain.runtime.startswith("torch ")
    assert (weights.largest_difference, plain.largest_difference) == (0.0, 0.0)
    assert onnx.size == (out / "run-student.onnx").stat().st_size
    assert weights.size == sum((out / f"run-student.{end}").stat().st_size for end in ("safetensors", "json"))
    assert int8.agreement > 0.9
    assert measured_files(RunFolder(run_copy)) == made.rows


def test_what_was_measured_last_takes_the_place_of_what_was_measured_before(run, tmp_path):
    keep(run, [other := some_row("teacher")])
    first = export_networks(run, ["student"], PLAIN, tmp_path).rows
    assert measured_files(run) == (other, *first)
    with pytest.raises(
        KDStudioError, match=r"run-student.safetensors' and 1 more is there already; .*--replace"
    ):
        export_networks(run, ["student"], PLAIN, tmp_path)
    (tmp_path / "run-student.json").write_text("mine")
    again = export_networks(run, ["student"], PLAIN, tmp_path, replace=True, threads=2).rows
    assert json.loads((tmp_path / "run-student.json").read_text())["network"] == "student"
    assert measured_files(run) == (other, *again)
    assert {row.threads for row in again} == {2}


def test_damaged_records_are_named_and_replaced_by_the_next(run):
    records_file(run).write_text("[{")
    with pytest.raises(KDStudioError, match=r"exports.json' is damaged; delete it"):
        measured_files(run)
    keep(run, [])
    assert measured_files(run) == ()


def test_a_run_is_about_its_teacher_its_baseline_and_its_result(run, runs):
    assert usual_networks(run, run.summary()) == ["teacher", "baseline", "student"]
    alone = run_in(runs, small_experiment(strategy="supervised"), "alone")
    assert usual_networks(alone, alone.summary()) == ["student"]


def test_a_files_name_has_no_spaces(run):
    assert file_name(run, "student seed-1") == "run-student-seed-1"


def test_the_best_epoch_is_exported_when_asked_for(run):
    best = run.network_file("student", best=True)
    best.unlink(missing_ok=True)  # the last was the best
    assert weights_of(run, "student", best=True) == run.network_file("student")
    shutil.copy(run.network_file("student"), best)
    assert weights_of(run, "student", best=True) == best
    assert weights_of(run, "student", best=False) == run.network_file("student")


@pytest.mark.slow
def test_a_specialist_is_asked_the_images_of_its_classes(runs, tmp_path):
    settings = ("strategy.classes=[7, 2, 5]", "strategy.baseline=false")
    run = run_in(runs, small_experiment(*settings, strategy="specialise"))
    test = run.summary().networks["student"].test
    own, exported = export_networks(run, ["student"], [OnnxInt8()], tmp_path).rows
    assert own.images == exported.images == test.count < 450
    assert own.accuracy == pytest.approx(test.accuracy)


BAD = {
    "an unknown network": (lambda run, out: export_networks(run, ["peer"], PLAIN, out),
        "run 'run' has no network 'peer' to export; it has baseline, student, teacher"),
    "a file in the way": (lambda run, out: export_networks(run, ["student"], PLAIN, out / "file" / "deep"),
        "the export folder .*file/deep cannot be written"),
    "the run's own folder": (lambda run, out: export_networks(run, ["student"], PLAIN, run.path / "networks"),
        "is in the run's own folder; choose another"),
    "weights that do not fit": (lambda run, out: spoilt(run, out), "do not fit its architecture"),
    "a damaged file": (lambda run, out: damaged(run, out), "is not a readable safetensors file"),
}  # fmt: skip


def spoilt(run, out):
    other = load_tensors(run.network_file("student")) | {"classifier.bias": torch.zeros(3)}
    save_tensors(other, run.network_file("student"), {})
    return export_networks(run, ["student"], PLAIN, out)


def damaged(run, out):
    run.network_file("student").write_bytes(b"\xff" * 99)
    return export_networks(run, ["student"], PLAIN, out)


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_one_message_and_leaves_nothing(what, run, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "file").write_text("")
    act, message = BAD[what]
    with pytest.raises(KDStudioError, match=message):
        act(run, out)
    assert names_in(out) == {"file"}
    assert not records_file(run).exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_named(run, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(KDStudioError, match=r"locked cannot be written \(no permission\)"):
        export_networks(run, ["student"], PLAIN, tmp_path / "locked")


def test_a_run_that_goes_on_is_waited_for(run, tmp_path):
    with run.hold(), pytest.raises(KDStudioError, match="run 'run' is still going on; wait for its end"):
        export_networks(run, ["student"], PLAIN, tmp_path / "out")
    assert not (tmp_path / "out").exists()


class Stopped(BaseException):
    """Raised where somebody cancels."""


@pytest.mark.parametrize(
    "when", ["loading", "writing", "opening", pytest.param("latency", marks=pytest.mark.slow)]
)
def test_whoever_cancels_finds_the_folder_as_it_was(when, run, tmp_path):
    def progress(what, _fraction):
        if what.startswith(when) or when == "loading":
            raise Stopped

    with pytest.raises(Stopped):
        export_networks(run, ["student"], PLAIN, tmp_path / "out", progress)
    assert not (tmp_path / "out").exists() or names_in(tmp_path / "out") == set()
    assert not records_file(run).exists()


STUBBORN = """
import errno, os
from pathlib import Path
from typing import ClassVar, Literal
import numpy as np
from kdstudio.runs.formats.declaration import ExportFormat, formats

@formats.register
class Stubborn(ExportFormat):
    title: ClassVar[str] = "Stubborn"
    runtime: ClassVar[str] = "numpy"
    name: Literal["stubborn"] = "stubborn"
    how: str = ""

    def files(self, name):
        return (f"{name}-{self.how.replace(' ', '-')}.txt",)

    def write(self, shipment, folder):
        path = folder / self.files(shipment.name)[0]
        path.write_text("half")
        if self.how == "raises":
            raise RuntimeError("no operator 'aten::fold'\\nat line 7")
        if self.how == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        if self.how == "crashes":
            os._exit(11)
        path.write_text(str(len(shipment.card.class_names)))

    def open(self, path, threads, *, allow_code=False):
        classes = int(path.read_text())
        if self.how == "cannot be opened":
            raise ValueError("unknown opset")
        if self.how == "one image alone":
            def answer(images):
                assert len(images) == 1, "the batch size is frozen"
                return np.zeros((1, classes), np.float32)
            return answer
        return lambda images: np.full((len(images), classes), np.nan, np.float32)
"""
REFUSED = {
    "raises": "RuntimeError: no operator 'aten::fold'",
    "crashes": "its process ended with code 11",
    "cannot be opened": "ValueError: unknown opset",
    "one image alone": "AssertionError: the batch size is frozen",
    "answers nonsense": "read back, it answers otherwise than the run's network: ",
}


@pytest.fixture
def stubborn(tmp_path, monkeypatch):
    """A format of another package, which fails as it is told to."""
    package = tmp_path / "package"
    (package / "stubborn-1.dist-info").mkdir(parents=True)
    (package / "stubborn.py").write_text(STUBBORN)
    (package / "stubborn-1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: stubborn\nVersion: 1\n"
    )
    (package / "stubborn-1.dist-info" / "entry_points.txt").write_text(
        "[kdstudio.formats]\nstubborn = stubborn\n"
    )
    monkeypatch.syspath_prepend(package)
    monkeypatch.setattr(formats, "_entries", dict(formats._entries))
    yield importlib.import_module("stubborn").Stubborn
    del sys.modules["stubborn"]


def test_what_formats_refuse_is_told_and_the_others_are_written(stubborn, run, tmp_path):
    told = []
    wanted = [*(stubborn(how=how) for how in REFUSED), Safetensors()]
    made = export_networks(run, ["student"], wanted, tmp_path / "out", lambda _what, done: told.append(done))
    assert [str(refusal).partition(": ")[::2] for refusal in made.refusals] == [
        ("'student' cannot be exported as Stubborn", ANY) for _ in REFUSED
    ]
    for refusal, reason in zip(made.refusals, REFUSED.values(), strict=True):
        assert refusal.reason.startswith(reason)
    assert names_in(tmp_path / "out") == {"run-student.safetensors", "run-student.json"}
    assert [row.title for row in made.rows] == ["in the run", "safetensors"]
    after_loading = told[told.index(0.0) :]
    assert after_loading == sorted(after_loading)
    assert 0.5 < max(after_loading) <= 1


@pytest.mark.slow
def test_integers_are_kept_where_a_format_can_hold_them(runs, tmp_path):
    folder = run_in(runs, small_experiment("strategy.epochs=1", strategy="quantise"))
    assert "int8 aware" in folder.networks()
    made = export_networks(folder, ["int8 aware"], [Onnx(), OnnxInt8()], tmp_path)
    (refusal,) = made.refusals
    assert (refusal.title, refusal.reason) == ("ONNX int8", ROUNDED)
    assert [(row.title, row.precision) for row in made.rows] == [("in the run", "int8"), ("ONNX", "int8")]
    assert made.rows[1].agreement > 0.95
    operations = {node.op_type for node in onnx.load(made.paths[0]).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= operations


def test_a_full_disk_leaves_the_folder_as_it_was(stubborn, run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run-student.json").write_text("mine")
    wanted = [*PLAIN, stubborn(how="full")]
    with pytest.raises(KDStudioError, match=r"nothing can be written to '.*out' \(No space left on device\)"):
        export_networks(run, ["student"], wanted, tmp_path / "out", replace=True)
    assert {file.name: file.read_text() for file in (tmp_path / "out").iterdir()} == {
        "run-student.json": "mine"
    }


def test_what_a_missing_package_needs_is_told_first(run, tmp_path, monkeypatch):
    monkeypatch.setattr(Onnx, "packages", ("onnx", "onnx_of_tomorrow"))
    with pytest.raises(
        KDStudioError, match=r"ONNX needs onnx_of_tomorrow; 'uv pip install \"kdstudio\[onnx\]\"'"
    ):
        export_networks(run, ["student"], [Onnx()], tmp_path / "out")
    assert not (tmp_path / "out").exists()


MINE = """
from torch import nn

def build(image, classes):
    with open({mark!r}, "a") as mark:
        mark.write("built ")
    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))
"""


def test_a_network_of_the_users_code_is_exported_by_leave_alone(runs, tmp_path):
    mark, out = tmp_path / "mark", tmp_path / "out"
    (tmp_path / "mine.py").write_text(MINE.format(mark=str(mark)))
    model = f"networks.student.model={{name='python', path='{tmp_path}/mine.py:build'}}"
    session = new_session(small_experiment(model, strategy="supervised"), runs, "mine", allow_code=True)
    list(session.events())
    mark.unlink()
    with pytest.raises(KDStudioError, match=r"'python mine.py:build' runs code from a file; .*--allow-code"):
        export_networks(session.folder, ["student"], PLAIN, out)
    assert not mark.exists()
    assert not out.exists()
    made = export_networks(session.folder, ["student"], PLAIN, out, allow_code=True)
    assert {row.largest_difference for row in made.rows} == {0.0}
    assert read_card(made.paths[0]).runs_code == "python mine.py:build"


COMPOSITIONS = {
    "an early exit": ("exit-1", "self-distillation", ("networks.student.model.widths=[8, 8]",)),
    "an ensemble of exits": ("ensemble", "self-distillation", ("networks.student.model.widths=[8, 8]",)),
    "an ensemble": ("ensemble generation-2", "born-again", ("strategy.generations=2",)),
    "a selection": ("selected teacher", "specialise", ("strategy.classes=[7, 2, 5]",)),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", COMPOSITIONS)
def test_a_composition_stands_alone_too(what, runs, tmp_path):
    name, strategy, settings = COMPOSITIONS[what]
    folder = run_in(runs, small_experiment(*settings, strategy=strategy))
    row, own = folder.summary().networks[name], read_predictions(folder).of_network(name)
    expected = own.logits[name]
    made = export_networks(folder, [name], [Safetensors(), Onnx()], tmp_path / "out")
    shutil.rmtree(folder.path)
    module, card = load_network(made.paths[0])
    assert (card.network, card.identity.kind, card.model) == (name, row.kind, None)
    assert card.class_names == own.class_names
    mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (card.mean, card.std))
    images = (own.pixels.float() / 255 - mean) / std
    (answers,) = onnxruntime.InferenceSession(made.paths[1]).run(None, {"images": images.numpy()})
    assert torch.allclose(module(images), expected, atol=1e-5)
    assert torch.allclose(torch.from_numpy(answers), expected, atol=1e-5)
    assert (answers.argmax(1) != own.labels.numpy()).sum() == row.test.errors


@pytest.mark.parametrize("what", COMPOSITIONS)
def test_a_compositions_temperatures_can_be_looked_at(what, runs):
    name, strategy, settings = COMPOSITIONS[what]
    folder = run_in(runs, small_experiment(*settings, strategy=strategy))
    other = next(n for n in folder.networks() if n != name)
    found = DarkKnowledgeReader().read(folder, (1.0, 4.0), name, other)
    assert found.networks == (other, name)
    assert found.softened(0, 4.0)[name].sum() == pytest.approx(1.0)
    assert len(found.distances) == 2
