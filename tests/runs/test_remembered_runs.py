"""Runs whose frozen networks are remembered: the same weights whatever is remembered, and where."""

import os
import sqlite3

import pytest

from kdstudio.engine import remembered
from kdstudio.engine.events import Preparing, RunNotice, StageStarted, StepDone
from kdstudio.runs.caches import answers_folder
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.session import new_session, resumed_session
from tests.small import same_states, small_experiment, weights_in

PERCEPTRONS = ("networks.teacher.model.dropout=0",)
CONVOLUTIONS = (
    "networks.student.model={name='resnet', depth=8}",
    "networks.teacher.model={name='lenet', channels=4, hidden=16}",
)
HINTS = ("strategy.stages=one", "networks.teacher.model={name='resnet', depth=8}", *CONVOLUTIONS[:1])
USUAL = (
    "strategy.baseline=false",
    "networks.student.training.epochs=3",
    "networks.teacher.training.epochs=1",
    "networks.student.training.augmentation={jitter=1, flip=true}",
)
SETTINGS = pytest.mark.parametrize(
    ("strategy", "settings", "precision"),
    [
        ("hinton", PERCEPTRONS, "float32"),
        ("hinton", PERCEPTRONS, "bfloat16"),
        ("hinton", CONVOLUTIONS, "float32"),
        ("hinton", CONVOLUTIONS, "bfloat16"),
        ("fitnet", HINTS, "float32"),
        ("fitnet", HINTS, "bfloat16"),
    ],
)


@pytest.fixture(autouse=True)
def everything_is_stored(monkeypatch):
    monkeypatch.setattr(remembered, "STORED_FROM", 0)


def run(runs, name, experiment, stop=lambda _event: False):
    """Run, or stop after an event; returns the folder and the events."""
    session, events = new_session(experiment, runs, name), []
    running = session.events()
    for event in running:
        events.append(event)
        if stop(event):
            running.close()
            break
    return session.folder, events


def forget():
    for file in answers_folder().iterdir():
        file.unlink()


def asked(events):
    return [event.what for event in events if isinstance(event, Preparing) and "predictions" in event.what]


@pytest.mark.slow
@SETTINGS
def test_the_weights_are_the_same_cold_warm_without_a_store_and_resumed(
    runs, monkeypatch, strategy, settings, precision
):
    experiment = small_experiment(*USUAL, *settings, f"compute.precision={precision}", strategy=strategy)
    cold, first = run(runs, "cold", experiment)
    expected = weights_in(cold)
    assert asked(first)
    warm, second = run(runs, "warm", experiment)
    assert not asked(second)
    forget()

    def in_the_middle(event):
        return isinstance(event, StepDone) and event.stage == 1 and event.step == 8

    folder, _events = run(runs, "part", experiment, in_the_middle)
    forget()
    for _event in resumed_session(RunFolder(folder.path)).events():
        pass
    before = list(answers_folder().iterdir())
    monkeypatch.setenv("KDSTUDIO_CACHE_GIB", "0")
    alone, third = run(runs, "alone", experiment)
    assert asked(third)
    assert list(answers_folder().iterdir()) == before
    for other in (warm, folder, alone):
        assert same_states(weights_in(other), expected), other.name


def test_experiments_with_other_settings_share_a_table(runs):
    experiment = small_experiment(*USUAL, *PERCEPTRONS)
    run(runs, "one", experiment)
    (file,) = answers_folder().iterdir()
    for number, setting in enumerate(("batch_size=64", "epochs=2", "views_per_image=3")):
        run(runs, f"other {number}", small_experiment(
            *USUAL, *PERCEPTRONS, f"networks.student.training.{setting}"))  # fmt: skip
    assert list(answers_folder().iterdir()) == [file]
    run(runs, "another teacher", small_experiment(
        *USUAL, *PERCEPTRONS, "networks.teacher.training.epochs=2"))  # fmt: skip
    assert len(list(answers_folder().iterdir())) == 2


def test_a_second_student_of_one_teacher_finds_what_the_first_has_asked(runs):
    settings = (*USUAL, "strategy.temperatures=[1, 4]", "strategy.alphas=[0.5]")
    _folder, events = run(runs, "sweep", small_experiment(*settings, strategy="sweep"))
    assert asked(events)
    assert len(list(answers_folder().iterdir())) == 1


def test_every_seed_of_a_run_finds_what_the_first_has_asked(runs):
    one_view = "networks.student.training.augmentation={jitter=0}"
    settings = (*USUAL, *PERCEPTRONS, one_view, "data.seed=0")
    _folder, events = run(runs, "seeds", small_experiment(*settings, "seeds=3"))
    students = [
        event for event in events if isinstance(event, StageStarted) and "teacher" in event.summary.frozen
    ]
    assert len(students) == 3
    assert len(asked(events)) == 9  # 1,077 images in blocks of 128, once


def damaged(file):
    file.write_bytes(b"garbage" * 1000)


def full(monkeypatch):
    opened = sqlite3.connect

    def small(*arguments, **options):
        table = opened(*arguments, **options)
        table.execute("PRAGMA max_page_count = 1")
        return table

    monkeypatch.setattr(sqlite3, "connect", small)


@pytest.mark.parametrize("what", ["damaged", "full", "no folder"])
def test_what_cannot_be_kept_is_told_once_and_changes_no_bit(runs, monkeypatch, what):
    experiment = small_experiment(*USUAL, *PERCEPTRONS)
    expected, events = run(runs, "one", experiment)
    assert not any(isinstance(event, RunNotice) for event in events)
    (file,) = answers_folder().iterdir()
    if what == "damaged":
        damaged(file)
    else:
        forget()
    if what == "full":
        full(monkeypatch)
    if what == "no folder":
        os.rmdir(answers_folder())
        answers_folder().write_text("a file where the folder should be")
    folder, events = run(runs, "other", experiment)
    (notice,) = (event for event in events if isinstance(event, RunNotice))
    assert str(file) in notice.message
    assert "its results are the same" in notice.message
    assert same_states(weights_in(folder), weights_in(expected))
    assert folder.summary().status == "finished"
