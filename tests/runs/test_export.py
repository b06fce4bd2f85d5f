import shutil

import pytest
import torch

from kdstudio.errors import KDStudioError
from kdstudio.runs import export
from kdstudio.runs.export import export_network
from kdstudio.runs.weights import load_network, load_tensors
from tests.small import run_in, same_state, small_experiment


@pytest.fixture
def run(runs):
    return run_in(runs, small_experiment("strategy.baseline=false"), "run")


def test_an_export_stands_alone(run, tmp_path):
    original, _card = load_network(run.network_file("student"))
    made = export_network(run, "student", tmp_path / "out" / "deep")
    shutil.rmtree(run.path)
    module, card = load_network(made.path)
    images = torch.randn(9, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(module(images), original(images))
    assert card.class_names == tuple("0123456789")
    assert made.card == tmp_path / "out" / "deep" / "student.json"
    assert made.size == made.path.stat().st_size
    assert made.largest_difference == 0.0
    assert {file.name for file in made.path.parent.iterdir()} == {"student.safetensors", "student.json"}


def test_the_difference_is_that_of_the_logits(run, tmp_path):
    made = export_network(run, "student", tmp_path)
    state = load_tensors(made.path)
    state["classifier.bias"][3] += 0.5
    from safetensors.torch import save_file

    save_file(state, made.path)
    found = export.largest_difference(run.network_file("student"), made.path)
    assert found == pytest.approx(0.5, abs=1e-5)


def test_the_best_epoch_is_exported_when_asked_for(run, tmp_path):
    last = load_tensors(run.network_file("student"))
    best = {key: value + 1 for key, value in last.items()}
    from kdstudio.runs.weights import read_card, save_network

    save_network(best, read_card(run.network_file("student")), run.network_file("student", best=True))
    assert same_state(load_tensors(export_network(run, "student", tmp_path, best=True).path), best)
    assert same_state(load_tensors(export_network(run, "student", tmp_path).path), last)


def test_the_last_epoch_is_exported_when_it_was_the_best(run, tmp_path):
    run.network_file("student", best=True).unlink(missing_ok=True)
    made = export_network(run, "student", tmp_path, best=True)
    assert same_state(load_tensors(made.path), load_tensors(run.network_file("student")))


def test_an_unknown_network_is_answered_with_those_there_are(run, tmp_path):
    with pytest.raises(
        KDStudioError, match="run 'run' has no network 'peer' to export; it has student, teacher"
    ):
        export_network(run, "peer", tmp_path)


def test_an_unknown_format_is_answered_with_those_there_are(run, tmp_path):
    with pytest.raises(KDStudioError, match="no format 'pickle'; there are safetensors"):
        export_network(run, "student", tmp_path, file_format="pickle")


def test_a_folder_that_cannot_be_made_is_named(run, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KDStudioError, match=f"the export folder {tmp_path}/file/out cannot be written"):
        export_network(run, "student", tmp_path / "file" / "out")


def test_the_runs_own_files_are_not_overwritten(run):
    before = run.network_file("student").read_bytes()
    with pytest.raises(KDStudioError, match="is the run's own folder"):
        export_network(run, "student", run.path / "networks")
    assert run.network_file("student").read_bytes() == before


def test_a_damaged_network_is_not_exported(run, tmp_path):
    run.network_file("student").write_bytes(b"\xff" * 99)
    with pytest.raises(KDStudioError, match="is not a readable safetensors file"):
        export_network(run, "student", tmp_path)


def test_it_says_which_classes_the_outputs_stand_for(runs, tmp_path):
    settings = ("strategy.classes=[7, 2, 5]", "strategy.baseline=false")
    folder = run_in(runs, small_experiment(*settings, strategy="specialise"))
    made = export_network(folder, "student", tmp_path / "out")
    assert made.outputs() == "3 outputs: 7, 2, 5"
    network, card = load_network(made.path)
    assert card.class_names == ("7", "2", "5")
    assert network(torch.zeros(1, 1, 8, 8)).shape == (1, 3)
