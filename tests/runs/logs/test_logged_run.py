import pytest

from kdstudio.engine.events import EpochDone, StageDone, StepDone
from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.logs.logged_run import LoggedRun, settings_of, spoken
from tests.runs.logs.recorded import RECORDED, copied, cut_after


@pytest.fixture(scope="module")
def run():
    return LoggedRun(RECORDED)


def test_every_event_is_in_the_curves(run):
    stages = [stage.name for stage in run._state.stages]
    steps = epochs = rows = 0
    for event in RECORDED.events():
        if isinstance(event, StepDone):
            stage, steps = stages[event.stage], steps + 1
            for term, value in event.losses.items():
                assert run.points[f"loss/{stage}/{term}", event.step].value == value
            total = sum(event.weights[term] * value for term, value in event.losses.items())
            assert run.points[f"weighted loss/{stage}", event.step].value == total
            assert run.points[f"learning rate/{stage}", event.step].value == event.learning_rate
        elif isinstance(event, EpochDone):
            epochs += 1
            for network, scores in event.validation.items():
                found = run.points[f"validation accuracy/{network}", event.epoch]
                assert (found.value, found.seconds) == (scores.accuracy, event.seconds)
        elif isinstance(event, StageDone):
            for name, row in event.networks.items():
                rows += 1
                epoch = row.last_epoch.epoch
                assert run.points[f"test accuracy/{name}", epoch].value == row.test.accuracy
                found = run.points[f"validation loss/{name}", epoch]  # as told after the epoch, rounded here
                assert found.value == pytest.approx(row.validation.loss, rel=1e-4)
                if row.unseen:
                    assert run.points[f"unseen classes accuracy/{name}", epoch].value == row.unseen_accuracy
    assert min(steps, epochs, rows) > 0


def test_what_is_new_is_told_once(runs):
    folder = copied(runs)
    rest = cut_after(folder, 40)
    run = LoggedRun(folder)
    before = dict(run.points)
    assert run.poll() == []
    with folder.events_file.open("ab") as file:
        file.writelines(rest)
    new = run.poll()
    assert new
    assert before | {point[:2]: point for point in new} == run.points == LoggedRun(RECORDED).points


def test_a_log_that_begins_anew_is_told(runs):
    folder = copied(runs)
    run = LoggedRun(folder)
    cut_after(folder, 40)
    assert run.poll() is None
    assert run.points == LoggedRun(folder).points
    assert run.poll() == []


def test_settings_are_those_that_tell_runs_apart(run):
    settings = settings_of(run.summary)
    assert settings["strategy.name"] == run.summary.experiment["strategy"]["name"]
    assert not any(path.startswith(("about", "claim", "name")) for path in settings)


def test_the_verdict_is_told_once(run):
    told = spoken(run.summary)
    assert told.count(run.summary.claim.statement.rstrip(".")) == 1


def test_settings_that_cannot_be_read_are_none(runs):
    folder = copied(runs)
    folder.experiment_file.unlink()
    assert LoggedRun(folder).settings_text() == ""


def test_a_damaged_run_is_refused(runs):
    folder = copied(runs)
    folder.summary_file.write_text("{")
    with pytest.raises(KDStudioError, match="run 'run' is damaged"):
        LoggedRun(RunFolder(folder.path)).summary  # noqa: B018
