import json
import shutil
from itertools import pairwise

import pytest

from kdstudio.runs import recorder as recorders
from kdstudio.runs.checkpoints import read_checkpoint
from kdstudio.runs.folder import RunFolder
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


class Clock:
    """Time as the recorder sees it."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(recorders, "monotonic", clock)
    return clock


EVERY = "compute.checkpoint_every=60"


def test_a_checkpoint_is_kept_within_an_epoch_once_it_is_time(runs, clock):
    session = new_session(small_experiment(EVERY), runs, "run")
    events = session.events()
    next(events)
    steps = (event for event in events if event.kind == "step-done")
    for seconds, kept in ((59.9, None), (0.2, (0, 0, 2)), (59.9, (0, 0, 2)), (0.2, (0, 0, 4))):
        clock.now += seconds
        next(steps)
        found = stand(session) if session.folder.checkpoint_file.exists() else None
        assert found == kept
    clock.now += 61
    next(event for event in events if event.kind == "epoch-done")
    assert stand(session) == (0, 0, 5)  # the last step's, a moment ago
    events.close()


def test_checkpoints_take_two_percent_of_the_time_at_most(runs, clock, monkeypatch):
    """Each takes 3 s, so that 150 s lie between them, though they are wished every 60 s."""
    write, kept = recorders.write_checkpoint, []

    def slowly(folder, checkpoint, *more):
        if checkpoint.tensors:  # within a stage
            clock.now += 3
            kept.append(clock.now)
        write(folder, checkpoint, *more)

    monkeypatch.setattr(recorders, "write_checkpoint", slowly)
    session = new_session(small_experiment(EVERY, "networks.teacher.training.epochs=40"), runs, "run")
    for event in session.events():
        if event.kind == "step-done":
            clock.now += 10
    assert kept[0] == 63
    assert len(kept) > 6
    assert all(153 <= later - earlier < 175 for earlier, later in pairwise(kept))
    assert 3 * len(kept) <= 0.02 * (clock.now + 90)


def test_whoever_is_killed_at_any_event_goes_on_from_a_checkpoint_within_an_epoch(runs, clock):
    """The folder as it is found after a kill is a copy of what it was at the event."""
    settings = (EVERY, "networks.student.training.augmentation.jitter=1")
    whole = run_in(runs, small_experiment(*settings), "whole")
    session = new_session(small_experiment(*settings), runs, "run")
    killed, stands = [], set()
    for number, _event in enumerate(session.events()):
        clock.now += 25
        if number % 4 == 0 and session.folder.checkpoint_file.exists():
            killed.append(shutil.copytree(session.folder.path, runs / f"killed-{number}"))
            stands.add(stand(session))
    assert sum(step not in (0, 5) for _stage, _epoch, step in stands) > 3
    for path in killed[::2]:
        again = resumed_session(RunFolder(path))
        list(again.events())
        assert again.folder.summary().networks == whole.summary().networks
        assert same_states(weights_in(whole), weights_in(again.folder))


def stand(session):
    """Stage, epoch and step of the checkpoint."""
    progress = read_checkpoint(session.folder.checkpoint_file).checkpoint.progress
    return progress.stage, progress.epoch, progress.step
