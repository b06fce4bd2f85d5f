"""What an earlier run has trained is not trained again: the same bits, the same log, the same results."""

import json
import shutil

import pytest

from kdstudio.engine import circumstances
from kdstudio.engine.events import RunNotice, StageTaken
from kdstudio.runs.preview import Previewer
from kdstudio.runs.recorder import Recorder
from kdstudio.runs.reuse import read_stages
from kdstudio.runs.session import new_session, resumed_session
from tests.small import run_in, same_states, small_experiment, weights_in

REUSE = "compute.reuse=true"
HINTS = ("strategy.hint_epochs=1", "networks.student.training.augmentation.jitter=1")


def hints(*settings):
    return small_experiment(*HINTS, *settings, strategy="fitnet")


def told(folder):
    """What the log says but for the clock, and where stages come from."""
    aside = {"seconds", "images_per_second"}
    left_out = ("preparing", "stage-taken", "notice", "checkpoint-saved")
    return [event.model_dump(exclude=aside) for event in folder.events() if event.kind not in left_out]


def same(one, other):
    """Tell whether two runs left the same."""
    return (
        same_states(weights_in(one), weights_in(other))
        and told(one) == told(other)
        and one.summary().networks == other.summary().networks
        and one.summary().warnings == other.summary().warnings
    )


def events_of(session):
    return list(session.events())


def taken(events):
    return [event.stage for event in events if isinstance(event, StageTaken)]


def test_a_run_takes_what_others_have_trained_under_its_own_names_and_needs_them_no_longer(runs):
    first = run_in(runs, hints("seeds=1"), "first")
    whole = run_in(runs, hints("seeds=2"), "whole")
    shutil.move(whole.path, runs.parent / "whole")  # so that nothing is taken from it
    planned = Previewer(runs).preview(hints("seeds=2", REUSE), lambda _what, _fraction: None)
    assert [planned.spoken_times(stage) for stage in planned.stages[:2]] == [
        "once, taken over from run 'first'", "2 times, 1 of them taken over from run 'first'",
    ]  # fmt: skip
    second = run_in(runs, hints("seeds=2", REUSE), "second")
    whole = type(whole)(runs.parent / "whole")
    assert same(second, whole)
    assert second.summary().taken == dict.fromkeys(
        ["teacher", "baseline seed-0", "kd seed-0", "hint seed-0", "student seed-0"], "first"
    )
    first.delete()
    third = run_in(runs, hints("seeds=2", REUSE), "third")
    assert same(third, whole)
    assert third.summary().taken["teacher"] == "first"  # which has trained it
    assert third.summary().taken["student seed-1"] == "second"


def test_without_reuse_everything_is_trained(runs):
    experiment = small_experiment(strategy="supervised")
    run_in(runs, experiment, "first")
    assert not taken(events_of(new_session(experiment, runs)))
    assert taken(events_of(new_session(small_experiment(REUSE, strategy="supervised"), runs))) == [0]
    other = small_experiment(REUSE, "seed=1", strategy="supervised")
    assert not taken(events_of(new_session(other, runs)))


def test_stopped_while_stages_are_taken_and_resumed_equals_uninterrupted(runs):
    whole = run_in(runs, small_experiment(strategy="fitnet"), "whole")
    experiment = small_experiment(REUSE, strategy="fitnet")
    session = new_session(experiment, runs, "pieces")
    for _ in range(99):
        events = session.events()
        kinds = [event.kind for event, _ in zip(events, range(3), strict=False)]
        events.close()
        if "run-done" in kinds:
            break
        session = resumed_session(session.folder)
    assert [*session.folder.summary().taken] == ["teacher", "baseline", "kd", "hint", "student"]
    without = [event for event in told(session.folder) if event["kind"] not in AGAIN]
    assert without == [event for event in told(whole) if event["kind"] not in AGAIN]
    assert same_states(weights_in(session.folder), weights_in(whole))


def test_a_run_does_not_take_over_from_itself_what_its_log_no_longer_tells(runs, monkeypatch):
    run_in(runs, small_experiment(strategy="supervised"), "first")
    session = new_session(small_experiment(REUSE, strategy="supervised"), runs, "killed")
    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "save_checkpoint", interrupt)  # the stage is kept, and no checkpoint says so
        with pytest.raises(KeyboardInterrupt):
            events_of(session)
    assert read_stages(session.folder)
    log = session.folder.events_file
    log.write_bytes(log.read_bytes().partition(b'{"kind":"stage-taken"')[0])
    events = events_of(resumed_session(session.folder))
    assert [event.run for event in events if isinstance(event, StageTaken)] == ["first"]
    assert not [event for event in events if isinstance(event, RunNotice)]


def test_killed_after_its_first_stage_before_any_checkpoint_a_run_goes_on_taking_over(runs, monkeypatch):
    run_in(runs, small_experiment(), "first")
    session = new_session(small_experiment(REUSE), runs, "killed")
    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "save_checkpoint", interrupt)
        with pytest.raises(KeyboardInterrupt):
            events_of(session)
    assert not session.folder.checkpoint_file.exists()
    assert '"kind":"stage-done"' in session.folder.events_file.read_text()
    events = events_of(resumed_session(session.folder))
    assert [event.run for event in events if isinstance(event, StageTaken)] == ["first", "first"]
    assert [*session.folder.summary().taken] == ["teacher", "baseline", "student"]
    assert not session.folder.summary().notes[1:]


def interrupt(*_arguments):
    raise KeyboardInterrupt


AGAIN = ("run-started", "stage-started", "run-stopped")


@pytest.mark.parametrize("harm", ["damaged", "vanished", "log"])
def test_what_cannot_be_read_is_trained_again_with_a_remark(runs, harm):
    first = run_in(runs, small_experiment(strategy="supervised"), "first")
    file = first.events_file if harm == "log" else first.network_file("student")
    if harm == "damaged":
        file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    else:
        file.unlink()
    session = new_session(small_experiment(REUSE, strategy="supervised"), runs, "second")
    events = events_of(session)
    (notice,) = (event for event in events if isinstance(event, RunNotice))
    assert "run 'first' has trained already cannot be taken over" in notice.message
    assert not taken(events)
    assert session.folder.summary().networks == first.summary().networks
    third = events_of(new_session(small_experiment(REUSE, strategy="supervised"), runs))
    assert taken(third) == [0]  # from the second


def test_a_list_of_stages_that_is_damaged_offers_nothing(runs):
    first = run_in(runs, small_experiment(strategy="supervised"), "first")
    for text in ("{", "[]", '{"0": 1}', json.dumps({"x": {}})):
        first.stages_file.write_text(text)
        session = new_session(small_experiment(REUSE, strategy="supervised"), runs)
        assert not taken(events_of(session))
        session.folder.delete()


def test_a_run_that_went_on_elsewhere_offers_nothing(runs, monkeypatch):
    experiment = small_experiment(REUSE, strategy="supervised")
    session = new_session(experiment, runs, "moved")
    events = session.events()
    for _ in range(5):
        next(events)
    events.close()
    with monkeypatch.context() as patch:
        patch.setattr(circumstances, "_machine", lambda: ["another"])
        events_of(resumed_session(session.folder))
    assert session.folder.summary().status == "finished"
    assert not taken(events_of(new_session(experiment, runs)))
