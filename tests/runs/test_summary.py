import pytest

from kdstudio.engine.events import (
    EpochDone,
    EpochScores,
    NetworkResult,
    RunDone,
    RunFailed,
    RunStarted,
    RunStopped,
    StageDone,
)
from kdstudio.runs.summary import NetworkSummary, Summary
from tests.small import some_scores

EMPTY = Summary(name="run", started="2025-01-01T00:00:00+00:00", experiment={})


def epoch_done(epoch, **accuracies):
    return EpochDone(
        stage=0, epoch=epoch, step=5, losses={}, weights={}, learning_rate=0.1, images_per_second=1.0,
        seconds=2.0 * epoch, validation={name: some_scores(share) for name, share in accuracies.items()},
    )  # fmt: skip


def result():
    last = EpochScores(epoch=4, validation=some_scores(0.5), test=some_scores(0.6))
    best = EpochScores(epoch=2, validation=some_scores(0.8), test=some_scores(0.7))
    return NetworkResult(parameters=9, architecture="mlp 8", last_epoch=last, best_epoch=best)


@pytest.mark.parametrize(
    ("event", "status"),
    [(RunDone(seconds=3.0), "finished"), (RunStopped(seconds=3.0), "stopped"),
     (RunFailed(message="why", details="…"), "failed")],
)  # fmt: skip
def test_the_status_is_how_the_run_ended(event, status):
    assert EMPTY.status == "running"
    assert EMPTY.after(event).status == status


def test_a_failed_run_tells_why():
    assert EMPTY.after(RunFailed(message="why", details="…")).error == "why"


def test_the_latest_accuracy_of_every_network_is_kept():
    summary = EMPTY.after(epoch_done(1, teacher=0.3)).after(epoch_done(2, teacher=0.4))
    summary = summary.after(epoch_done(1, student=0.2))
    assert summary.validation == {"teacher": 0.4, "student": 0.2}
    assert (summary.epoch, summary.seconds) == (1, 2.0)


def test_scores_are_the_last_epochs_and_the_best_stand_beside_them():
    found = NetworkSummary.of(result())
    assert (found.validation.accuracy, found.test.accuracy) == (0.5, 0.6)
    assert (found.best_epoch.epoch, found.best_epoch.test.accuracy) == (2, 0.7)
    summary = EMPTY.after(StageDone(stage=0, seconds=5.0, networks={"teacher": result()}))
    summary = summary.after(StageDone(stage=1, seconds=9.0, networks={"student": result()}))
    assert summary.networks == {"teacher": found, "student": found}


def test_device_and_classes_come_from_the_start():
    started = RunStarted(
        device="cpu", threads=1, precision="float32", class_names=("a", "b"), training_images=1,
        validation_images=1, test_images=1, stages=(),
    )  # fmt: skip
    summary = EMPTY.after(started)
    assert (summary.device, summary.class_names) == ("cpu", ("a", "b"))


def test_a_summary_survives_json():
    summary = EMPTY.after(StageDone(stage=0, seconds=5.0, networks={"teacher": result()}))
    assert Summary.model_validate_json(summary.model_dump_json()) == summary
