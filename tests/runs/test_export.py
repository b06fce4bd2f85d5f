import shutil

import pytest
import torch

from kdstudio.errors import KDStudioError
from kdstudio.runs import export
from kdstudio.runs.dark_knowledge import DarkKnowledgeReader
from kdstudio.runs.export import export_network
from kdstudio.runs.predictions import read_predictions
from kdstudio.runs.session import new_session
from kdstudio.runs.weights import load_network, load_tensors, read_card, save_tensors
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


COMPOSITIONS = {
    "an early exit": ("exit-1", "self-distillation", ("networks.student.model.widths=[8, 8]",)),
    "an ensemble of exits": ("ensemble", "self-distillation", ("networks.student.model.widths=[8, 8]",)),
    "an ensemble": ("ensemble generation-2", "born-again", ("strategy.generations=2",)),
    "a selection": ("selected teacher", "specialise", ("strategy.classes=[7, 2, 5]",)),
}


@pytest.mark.parametrize("what", COMPOSITIONS)
def test_a_composition_stands_alone_too(what, runs, tmp_path):
    name, strategy, settings = COMPOSITIONS[what]
    folder = run_in(runs, small_experiment(*settings, strategy=strategy))
    row, own = folder.summary().networks[name], read_predictions(folder).of_network(name)
    expected = own.logits[name]
    made = export_network(folder, name, tmp_path / "out")
    shutil.rmtree(folder.path)
    module, card = load_network(made.path)
    assert made.largest_difference == 0.0
    assert (card.network, card.identity.kind, card.model) == (name, row.kind, None)
    assert card.class_names == own.class_names
    mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (card.mean, card.std))
    answers = module((own.pixels.float() / 255 - mean) / std)
    assert torch.allclose(answers, expected, atol=1e-5)
    assert (answers.argmax(1) != own.labels).sum() == row.test.errors


@pytest.mark.parametrize("what", COMPOSITIONS)
def test_a_compositions_temperatures_can_be_looked_at(what, runs):
    name, strategy, settings = COMPOSITIONS[what]
    folder = run_in(runs, small_experiment(*settings, strategy=strategy))
    other = next(n for n in folder.networks() if n != name)
    found = DarkKnowledgeReader().read(folder, (1.0, 4.0), name, other)
    assert found.networks == (other, name)
    assert found.softened(0, 4.0)[name].sum() == pytest.approx(1.0)
    assert len(found.distances) == 2


MINE = """
from torch import nn

def build(image, classes):
    with open({mark!r}, "a") as mark:
        mark.write("built ")
    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))
"""


@pytest.fixture
def of_the_users(runs, tmp_path):
    """A run with a network of the user's code, and the file that tells when the code has been run."""
    mark = tmp_path / "mark"
    (tmp_path / "mine.py").write_text(MINE.format(mark=str(mark)))
    model = f"networks.student.model={{name='python', path='{tmp_path}/mine.py:build'}}"
    session = new_session(small_experiment(model, strategy="supervised"), runs, "mine", allow_code=True)
    list(session.events())
    mark.unlink()
    return session.folder, mark


def test_a_network_of_the_users_code_is_exported_by_leave(of_the_users, tmp_path):
    folder, mark = of_the_users
    made = export_network(folder, "student", tmp_path / "out", allow_code=True)
    assert made.largest_difference == 0.0
    assert mark.exists()
    assert read_card(made.path).runs_code == "python mine.py:build"
    assert same_state(load_tensors(made.path), load_tensors(folder.network_file("student")))


def test_without_leave_no_code_is_run_and_nothing_is_written(of_the_users, tmp_path):
    folder, mark = of_the_users
    with pytest.raises(KDStudioError, match=r"'python mine.py:build' runs code from a file; .*--allow-code"):
        export_network(folder, "student", tmp_path / "out")
    assert not mark.exists()
    assert not (tmp_path / "out").exists()


def before_and_after(run, out, make):
    """Export once, let ``make`` spoil the second export; what lies in the folder must stay as it was."""
    export_network(run, "student", out)
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    make()
    with pytest.raises(KDStudioError) as caught:
        export_network(run, "student", out)
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    return str(caught.value)


def test_weights_that_do_not_fit_their_card_leave_what_was_exported(run, tmp_path):
    other = load_tensors(run.network_file("student"))
    other["classifier.bias"] = torch.zeros(3)

    def spoil():
        save_tensors(other, run.network_file("student"), {})

    assert "do not fit its architecture" in before_and_after(run, tmp_path / "out", spoil)


def test_a_disk_that_is_full_leaves_what_was_exported(run, tmp_path, monkeypatch):
    def spoil():
        def full(*_arguments):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(export, "save_network", full)

    assert "cannot be written: No space left on device" in before_and_after(run, tmp_path / "out", spoil)
