"""What a search is after, of finished runs and of runs that go on."""

import pytest

from kdstudio.engine.events import EpochDone, RunStarted
from kdstudio.errors import KDStudioError
from kdstudio.runs.log import RunFollower
from kdstudio.runs.studies.goal import Progress, reached
from kdstudio.runs.summary import blank
from tests.small import run_in, small_experiment


def test_it_is_the_mean_over_the_seeds_on_validation(runs):
    summary = run_in(runs, small_experiment("seeds=2")).summary()
    students = [row for row in summary.networks.values() if row.kind == "student"]
    assert len(students) == 2
    for goal in ("accuracy", "errors", "loss"):
        values = [getattr(row.last_epoch.validation, goal) for row in students]
        assert reached(summary, goal) == pytest.approx(sum(values) / 2)


def test_classes_that_were_left_out_do_not_count(runs):
    summary = run_in(runs, small_experiment("networks.student.training.leave_out=[3]")).summary()
    student = summary.networks["student"].last_epoch
    assert reached(summary, "accuracy") == student.seen.accuracy != student.validation.accuracy


def test_a_run_without_scores_is_refused():
    with pytest.raises(KDStudioError, match="no network of the kind 'student'"):
        reached(blank("empty"), "accuracy")


@pytest.mark.parametrize("goal", ["accuracy", "errors", "loss"])
def test_each_epoch_of_the_student_is_told_in_order(runs, goal):
    follower = RunFollower(run_in(runs, small_experiment("seeds=2")))
    events = follower.poll()
    told = list(Progress(goal).values(events, follower.state))
    epochs = [event for event in events if isinstance(event, EpochDone)]
    scores = [s for event in epochs for name, s in event.validation.items() if name.startswith("student")]
    assert told == [(number, getattr(each, goal)) for number, each in enumerate(scores, start=1)]
    assert len(told) == 4
    started = next(event for event in events if isinstance(event, RunStarted))
    assert Progress.planned(started) == 4


def test_nothing_is_told_of_stages_that_leave_classes_out(runs):
    follower = RunFollower(run_in(runs, small_experiment("networks.student.training.leave_out=[3]")))
    events = follower.poll()
    assert list(Progress("accuracy").values(events, follower.state)) == []
    assert Progress.planned(next(event for event in events if isinstance(event, RunStarted))) == 0
