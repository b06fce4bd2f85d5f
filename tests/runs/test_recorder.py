import json

import pytest

from kdstudio.runs import recorder as recorders
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.recorder import read_checkpoint, rewind
from kdstudio.runs.session import new_session, resumed_session
from kdstudio.runs.weights import read_card
from tests.small import run_in, same_states, small_experiment, weights_in


def test_of_quick_preparations_the_first_is_recorded_alone(runs):
    told = [e.kind for e in new_session(small_experiment(), runs, "run").events()].count("preparing")
    recorded = [e.what for e in RunFolder(runs / "run").events() if e.kind == "preparing"]
    assert (told > 1, recorded) == (True, ["predictions of the teacher"])


def test_confusions_stand_beside_the_log_the_latest_of_each_network(runs):
    session = new_session(small_experiment(), runs, "run")
    folder, lasting = session.folder, {}
    for event in session.events():
        for network, confusion in getattr(event, "confusions", {}).items():
            part = "test" if event.kind == "stage-done" else "validation"
            found = json.loads(folder.confusion_file(network).read_text())
            assert found == {"part": part, "confusion": [list(line) for line in confusion]}
            lasting[network] = found
    assert {name: found["part"] for name, found in lasting.items()} == dict.fromkeys(
        folder.networks(), "test"
    )
    scores = folder.summary().networks["student"].test
    counts = lasting["student"]["confusion"]
    assert sum(map(sum, counts)) == scores.count
    assert scores.count - sum(counts[k][k] for k in range(10)) == scores.errors
    assert "confusion" not in folder.events_file.read_text() + folder.summary_file.read_text()


def test_the_best_weights_are_kept_beside_the_last_when_they_differ(runs):
    settings = ("networks.student.training.epochs=6", "networks.student.training.optimizer.learning_rate=1.5")
    folder = run_in(runs, small_experiment(*settings, strategy="supervised"))
    student = folder.summary().networks["student"]
    assert student.best_epoch.epoch < 6, "the test needs a run whose last epoch is not its best"
    assert set(weights_in(folder)) == {"student.safetensors", "student.best.safetensors"}
    assert read_card(folder.network_file("student")).epoch == 6
    assert read_card(folder.network_file("student", best=True)).epoch == student.best_epoch.epoch


def test_a_checkpoint_is_made_within_a_stage_when_the_time_has_come(runs, monkeypatch):
    monkeypatch.setattr(recorders, "CHECKPOINT_SECONDS", 0.0)
    session = new_session(small_experiment(), runs, "run")
    events = session.events()
    assert next(e for e in events if e.kind == "epoch-done")
    assert rewind_progress(session) == (0, 1, 0)
    events.close()


def rewind_progress(session):
    from safetensors import safe_open

    from kdstudio.engine.checkpoint import Progress

    with safe_open(session.folder.checkpoint_file, framework="pt") as file:
        progress = Progress.model_validate_json(file.metadata()["progress"])
    return progress.stage, progress.epoch, progress.step


def test_events_after_the_checkpoint_are_taken_back(runs):
    session = new_session(small_experiment(), runs, "run")
    events = session.events()
    next(e for e in events if e.kind == "stage-done")
    checkpointed = session.folder.events_file.read_bytes()
    next(e for e in events if e.kind == "epoch-done")
    content = session.folder.checkpoint_file.read_bytes()
    events.close()
    session.folder.checkpoint_file.write_bytes(content)  # as if the process had died
    assert len(session.folder.events_file.read_bytes()) > len(checkpointed)
    checkpoint, length = read_checkpoint(session.folder)
    rewind(session.folder, length)
    assert (checkpoint.progress.stage, checkpoint.progress.epoch, checkpoint.tensors) == (1, 0, {})
    assert session.folder.events_file.read_bytes() == checkpointed
    assert [*session.folder.summary().networks] == ["teacher"]


def test_without_a_checkpoint_a_run_begins_anew(runs):
    whole = run_in(runs, small_experiment(), "whole")
    session = new_session(small_experiment(), runs, "run")
    events = session.events()
    next(e for e in events if e.kind == "epoch-done")
    events.close()
    session.folder.checkpoint_file.unlink()
    again = resumed_session(session.folder)
    assert [e.kind for e in again.folder.events()] == []
    list(again.events())
    assert same_states(weights_in(whole), weights_in(again.folder))


@pytest.mark.parametrize("damage", [b"", b"\xff" * 50])
def test_a_damaged_checkpoint_is_named(runs, damage):
    from kdstudio.errors import KDStudioError

    session = new_session(small_experiment(), runs, "run")
    events = session.events()
    next(e for e in events if e.kind == "epoch-done")
    events.close()
    session.folder.checkpoint_file.write_bytes(damage)
    with pytest.raises(KDStudioError, match=r"checkpoint.safetensors' is not a readable"):
        resumed_session(session.folder)
