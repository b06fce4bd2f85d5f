"""Weights that an experiment names: found once, noted, read once, and the same again on resuming."""

import hashlib
import json
import os

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs import references
from kdstudio.runs.presets import to_toml
from kdstudio.runs.references import WeightsReader, resolved, weights_file
from kdstudio.runs.session import new_session, resumed_session
from kdstudio.runs.weights import load_tensors
from tests.small import run_in, same_state, same_states, small_experiment, weights_in

LATEST = ("networks.teacher.weights.origin=run", "networks.teacher.weights.run=latest")


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def from_file(path, role="teacher"):
    weights = f"networks.{role}.weights"
    return (f"{weights}.origin=file", f"{weights}.path={json.dumps(str(path))}")


def dated(folder, second):
    """Let the run have been made at ``second``."""
    os.utime(folder.path / "experiment.toml", (second, second))
    return folder


@pytest.fixture
def first(runs):
    return dated(run_in(runs, small_experiment("seed=1", "strategy.baseline=false"), "first"), 1)


@pytest.fixture
def second(runs, first):
    return dated(run_in(runs, small_experiment("seed=2", "strategy.baseline=false"), "second"), 2)


def stopped(runs, experiment, name="third"):
    """A run that was stopped in the middle."""
    session = new_session(experiment, runs, name)
    events = session.events()
    next(event for event in events if event.kind == "epoch-done")
    events.close()
    return session.folder


def test_latest_is_the_run_that_was_the_latest_before(runs, second):
    run = run_in(runs, small_experiment(*LATEST), "third")
    weights = run.experiment().networks["teacher"].weights
    assert weights.run == str(second.path.resolve())
    assert weights.sha256 == sha256(second.network_file("teacher"))
    kept, own = (load_tensors(folder.network_file("teacher")) for folder in (second, run))
    assert same_state(kept, own)


def test_a_run_is_resumed_with_its_own_teacher_after_newer_ones_were_made(runs, second):
    experiment = small_experiment(*LATEST)
    whole = run_in(runs, resolved(experiment, runs), "whole")
    dated(whole, 0)
    halted = stopped(runs, experiment)
    run_in(runs, small_experiment("seed=7"), "newer")
    list(resumed_session(halted).events())
    assert halted.summary().status == "finished"
    assert same_states(weights_in(whole), weights_in(halted))


def test_a_run_never_takes_itself_nor_what_came_later(runs, second):
    """A folder of the first version says ``latest``; it means what came before it."""
    experiment = small_experiment(*LATEST, "compute.precision=float32")
    halted = stopped(runs, experiment)
    (halted.path / "experiment.toml").write_text(to_toml(experiment))  # unresolved, as it was then
    run_in(runs, small_experiment("seed=7"), "newer")
    found = resolved(halted.experiment(), runs, halted).networks["teacher"].weights
    assert found.run == str(second.path.resolve())
    list(resumed_session(halted).events())
    assert halted.summary().status == "finished"


def test_the_first_run_of_all_has_no_latest_before_it(runs):
    with pytest.raises(KDStudioError, match=r"no run 'latest' in .*; there are none yet"):
        new_session(small_experiment(*LATEST), runs, "third")
    assert list(runs.iterdir()) == []


def test_a_file_is_noted_by_its_whole_path_and_content(runs, first, tmp_path, monkeypatch):
    monkeypatch.chdir(first.path)
    run = run_in(runs, small_experiment(*from_file("networks/teacher.safetensors")), "third")
    weights = run.experiment().networks["teacher"].weights
    file = first.network_file("teacher").resolve()
    assert (weights.path, weights.sha256) == (str(file), sha256(file))
    monkeypatch.chdir(tmp_path)
    halted = stopped(runs, run.experiment(), "fourth")
    list(resumed_session(halted).events())
    assert same_states(weights_in(run), weights_in(halted))


@pytest.mark.parametrize("origin", ["file", "run"])
def test_weights_that_have_changed_meanwhile_are_refused_by_name(runs, first, origin):
    file = first.network_file("teacher")
    experiment = small_experiment(*(LATEST if origin == "run" else from_file(file)))
    halted = stopped(runs, experiment)
    before, log = file.read_bytes(), halted.events_file.read_bytes()
    file.write_bytes(before[:-4] + b"\0\0\0\1")
    with pytest.raises(KDStudioError) as caught:
        resumed_session(halted)
    assert f"'{file.resolve()}' holds other weights than when this run began" in str(caught.value)
    assert halted.events_file.read_bytes() == log
    assert not halted.is_running()
    file.write_bytes(before)
    list(resumed_session(halted).events())
    assert halted.summary().status == "finished"


def test_weights_that_are_gone_are_named(runs, first):
    halted = stopped(runs, small_experiment(*from_file(first.network_file("teacher"))))
    first.network_file("teacher").unlink()
    with pytest.raises(KDStudioError, match=f"no weights file '{first.network_file('teacher')}'"):
        resumed_session(halted)


def test_each_file_is_read_once(runs, first, monkeypatch):
    read = []

    def load(path, class_names):
        read.append(path)
        return load_weights_file(path, class_names)

    load_weights_file = references.load_weights_file
    monkeypatch.setattr(references, "load_weights_file", load)
    settings = (*LATEST, *from_file(first.network_file("student"), "student"))
    run = run_in(runs, small_experiment(*settings), "third")
    assert sorted(read) == sorted(first.network_file(name).resolve() for name in ("student", "teacher"))
    assert run.summary().status == "finished"


def test_what_is_trained_here_refers_to_nothing(runs):
    experiment = small_experiment()
    assert resolved(experiment, runs) == experiment


def test_a_reader_gives_what_the_file_holds(runs, first):
    weights = resolved(small_experiment(*LATEST), runs).networks["teacher"].weights
    assert weights_file(weights) == first.network_file("teacher").resolve()
    found = WeightsReader()(weights, tuple("0123456789"))
    assert same_state(found, load_tensors(first.network_file("teacher")))


def test_weights_of_an_ensemble_are_no_single_architecture(runs):
    born_again = small_experiment("strategy.generations=2", strategy="born-again")
    folder = run_in(runs, born_again, "family")
    ensemble = next(name for name, row in folder.summary().networks.items() if row.kind == "ensemble")
    settings = (*LATEST, f"networks.teacher.weights.network={ensemble}")
    with pytest.raises(KDStudioError, match="the weights given for the teacher do not fit its architecture"):
        new_session(small_experiment(*settings), runs, "third")
