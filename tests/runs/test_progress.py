import pytest
from kdstudio.runs.progress import STEP_OVERHEAD, RunProgress, spoken_duration

from kdstudio.engine.events import Preparing
from tests.small import small_experiment, train


def places(*settings):
    """The progress after each event of a real run."""
    progress, found = RunProgress(), []
    events, _states = train(small_experiment(*settings))
    for event in events:
        progress = progress.after(event)
        found.append((event, progress))
    return found


def test_the_fraction_rises_from_zero_to_one():
    fractions = [progress.fraction for _event, progress in places()]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions[-1] == 1.0
    assert len({round(f, 9) for f in fractions}) > 30


def test_stages_count_by_their_work():
    found = places("networks.teacher.model.widths=[2000]", "strategy.baseline=false")
    flops = (3 * 256 * 2 * 74 * 2000, 3 * 256 * 2 * 74 * 2008)  # the student's steps ask the teacher
    teacher, student = (10 * (each + STEP_OVERHEAD) for each in flops)
    done = [progress.fraction for event, progress in found if event.kind == "stage-done"]
    assert done == pytest.approx([teacher / (teacher + student), 1.0])


def test_it_tells_what_is_being_done():
    found = places()
    doing = list(dict.fromkeys(progress.doing for _event, progress in found))
    assert doing == ["preparing", "teacher", "baseline", "student", "predictions of the teacher", "done"]
    assert RunProgress().after(Preparing(what="downloading", fraction=0.5)).doing == "downloading"


def test_stage_and_epoch_are_those_of_the_event():
    for event, progress in places():
        if event.kind == "epoch-done":
            assert (progress.stage, progress.epoch) == (event.stage, event.epoch)
            assert progress.outline == progress.stages[event.stage]
    assert RunProgress().outline is None


@pytest.mark.parametrize(
    ("fraction", "seconds", "left"), [(0.25, 30, 90.0), (1.0, 30, 0.0), (0.001, 30, None), (0.5, 0.5, None)]
)
def test_the_rest_takes_as_long_as_the_first_part_did(fraction, seconds, left):
    assert RunProgress(fraction=fraction).seconds_left(seconds) == left


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "…"), (0, "0 s"), (42.4, "42 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"),
     (3599.7, "1 h 00 min"), (7800, "2 h 10 min"), (90000, "25 h 00 min")],
)  # fmt: skip
def test_durations_are_spoken(seconds, text):
    assert spoken_duration(seconds) == text
