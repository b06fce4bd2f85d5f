import math
from dataclasses import replace

import pytest
import torch

from kdstudio.data.declaration import LabelledImages
from kdstudio.engine.context import RunContext
from kdstudio.engine.events import EpochDone, RunWarning, StageDone, StageStarted, StepDone
from kdstudio.engine.learning import learn_labels
from kdstudio.engine.losses.response import cross_entropy
from kdstudio.engine.stage import Stage
from kdstudio.engine.stage_run import StageRun
from kdstudio.engine.terms import LABELS, LossTerm, label_loss, soft_loss
from kdstudio.engine.trainer import Trainer
from kdstudio.engine.training import TrainingSpec
from kdstudio.engine.warnings import (
    answers,
    diverging,
    loss_not_falling,
    repeated_test_images,
    small_validation,
)
from tests.small import (
    CPU,
    digits,
    follow,
    interrupted,
    perceptron,
    planned,
    small_context,
    small_experiment,
    train,
)

LONG = ("networks.student.training.epochs=12", "networks.student.training.optimizer.learning_rate=0.1")


def warnings(events):
    return [event for event in events if isinstance(event, RunWarning)]


def told(events):
    return [(event.code, event.stage, event.network) for event in warnings(events)]


@torch.no_grad()
def forget(network):
    """Make ``network`` answer 3 to everything."""
    for parameter in network.parameters():
        parameter.zero_()
    list(network.parameters())[-1][3] = 1.0


# One network, by its confusion


def test_what_always_answering_the_most_common_class_gives_is_read_off_the_rows():
    """50 images, 30 of class 1; 5 + 24 + 9 right, and 1 is answered 24 + 3 times."""
    found = answers([[5, 0, 1], [0, 24, 6], [2, 3, 9]])
    assert (found.images, found.accuracy) == (50, pytest.approx(38 / 50))
    assert (found.common, found.share) == (1, 0.6)
    assert (found.usual, found.usually) == (1, 27)


def test_rows_of_classes_left_out_do_not_count():
    found = answers([[0, 90, 0], [0, 6, 0], [0, 0, 4]], (1, 2))
    assert (found.images, found.accuracy, found.common, found.share) == (10, 1.0, 1, 0.6)


@pytest.mark.parametrize(("usually", "collapsed"), [(98, True), (97, False), (100, True)])
def test_a_network_has_collapsed_where_it_answers_98_of_100_alike(usually, collapsed):
    assert answers([[usually - 50, 100 - usually], [50, 0]]).has_collapsed is collapsed


@pytest.mark.parametrize(("right", "chance"), [(50, True), (60, True), (61, False), (100, False)])
def test_chance_ends_two_standard_errors_above_the_most_common_class(right, chance):
    """100 images in two halves: sqrt(0.5 · 0.5 / 100) = 0.05, so 60 right are chance and 61 are not."""
    first = min(right, 50)
    second = right - first
    assert answers([[first, 50 - first], [50 - second, second]]).is_chance is chance


def test_nothing_can_be_better_than_the_only_class():
    assert not answers([[7, 1], [0, 0]]).is_chance


# The stages of a run


def test_a_network_that_learned_is_warned_of_nothing():
    assert warnings(train(small_experiment(*LONG, strategy="supervised"))[0]) == []


def forgets(run, network):
    """After the last epoch, make ``network`` answer 3 to everything."""
    epochs = run.recipe("student").epochs

    def after_epoch(epoch):
        if epoch == epochs:
            forget(network)

    return after_epoch


def collapsed(run):
    """A student that answers 3 to everything."""
    student = run.network("student")
    yield run.stage("student", [label_loss("student")], after_epoch=forgets(run, student))


def test_a_network_that_gives_one_answer_is_told_with_its_figures():
    events, _states = train(planned(collapsed, *LONG))
    (warning,) = warnings(events)
    assert (warning.code, warning.stage, warning.network) == ("network-at-chance", "student", "student")
    assert warning.title == "student has collapsed to the answer '3'"
    assert warning.message == (
        "10.4% of 270 validation images are right, where always answering '3' gives 10.4%. "
        "It answers '3' to all of them."
    )
    assert "learning rate" in warning.remedy
    assert events.index(warning) < next(n for n, e in enumerate(events) if isinstance(e, StageDone))


def test_a_network_is_held_against_the_classes_that_it_has_seen():
    """Two digits of ten are a fifth of the images, and not chance for who has learned these two."""
    seen = 'networks.student.training.leave_out=["0", "1", "2", "3", "4", "5", "6", "9"]'
    events, _states = train(small_experiment(*LONG, seen, strategy="supervised"))
    assert {code for code, *_ in told(events)} == {"small-validation"}  # 54 images of 7 and 8


def collapsed_teacher(run):
    """A teacher that answers 3 to everything teaches a student, beside a control that it does not teach."""
    teacher = run.network("student", "master")
    yield run.stage("master", [label_loss("master")], after_epoch=forgets(run, teacher))
    teacher.freeze()
    yield learn_labels(run, run.control())
    run.network("student")
    yield run.stage("student", [label_loss("student"), soft_loss("student", [teacher.logits], 2.0)])


TAUGHT = [("teacher-at-chance", "master", "master"), ("taught-at-chance", "student", "student")]


def test_a_teacher_at_chance_is_told_before_it_teaches_and_so_is_who_learned_from_it():
    events, _states = train(planned(collapsed_teacher, *LONG))
    assert told(events) == TAUGHT
    began = [n for n, event in enumerate(events) if isinstance(event, StageStarted)]
    ended = [n for n, event in enumerate(events) if isinstance(event, StageDone)]
    first, second = (events.index(warning) for warning in warnings(events))
    assert began[0] < first < ended[0] < began[2] < second < ended[2]
    assert "noise" in events[first].remedy
    assert events[second].title == "student was taught by master, at chance"


def test_who_learned_from_it_in_an_earlier_stage_is_told_of_too():
    def plan(run):
        teacher = run.network("student", "master")
        yield run.stage("master", [label_loss("master")], after_epoch=forgets(run, teacher))
        teacher.freeze()
        run.network("student")
        yield run.stage("imitates", [soft_loss("student", [teacher.logits], 2.0)], scored=[])
        yield run.stage("student", [label_loss("student")])

    events, _states = train(planned(plan, *LONG))
    assert told(events) == TAUGHT
    middle = next(n for n, event in enumerate(events) if isinstance(event, StageDone) and event.stage == 1)
    again, _states = interrupted(planned(plan, *LONG), lambda number, _event: number == middle)
    assert told(again) == TAUGHT[1:]


def test_a_teacher_that_came_with_its_weights_is_looked_at_before_the_first_step():
    def plan(run):
        teacher = run.network("student", "master").freeze()
        forget(teacher)
        run.network("student")
        yield run.stage("student", [label_loss("student"), soft_loss("student", [teacher.logits], 2.0)])

    events, _states = train(planned(plan, *LONG))
    assert told(events) == [("teacher-at-chance", "student", "master"), TAUGHT[1]]
    first = events.index(warnings(events)[0])
    assert first < next(n for n, event in enumerate(events) if isinstance(event, StepDone))
    assert "Load other weights" in events[first].remedy
    (done,) = (event for event in events if isinstance(event, StageDone))
    assert [*done.networks] == ["master", "student"]
    assert done.networks["master"].last_epoch.epoch == 0


@pytest.mark.slow
@pytest.mark.parametrize("plan", [collapsed, collapsed_teacher])
def test_stopped_at_any_event_each_warning_is_told_once(plan):
    experiment = planned(plan)
    events, _states = train(experiment)
    assert warnings(events)
    for stop in range(len(events)):
        rest, _states = interrupted(experiment, lambda number, _event, stop=stop: number == stop)
        assert told(events[: stop + 1]) + told(rest) == told(events), f"at {stop}, {events[stop].kind}"


# Losses


def run_with(first, last, *terms, epochs=5):
    """A stage's run that is over, with given losses in its first epoch and in its last."""
    names = dict(terms) or {"label loss": 1.0}
    made = [LossTerm(name, cross_entropy, "student.logits", (LABELS,), w) for name, w in names.items()]
    stage = Stage(
        "student", networks=[perceptron("student")], updates=[made], training=TrainingSpec(epochs=epochs)
    )
    run = StageRun(stage, CPU, "float32")
    for number in range(epochs):
        losses = first if number == 0 else last
        run.end_epoch(dict(zip(names, losses, strict=True)), {})
    return run


@pytest.mark.parametrize(
    ("first", "last", "warned"),
    [(2.3, 2.2, 0), (2.3, 2.3, 1), (2.3, 2.4, 1), (-1.0, -1.2, 0), (-1.0, -0.9, 1)],
)
def test_a_loss_must_be_lower_in_the_last_epoch_than_in_the_first(first, last, warned):
    """Losses below 0 too: VID's is a log-likelihood."""
    found = loss_not_falling(run_with([first], [last]))
    assert [(w.code, w.stage, w.network) for w in found] == [
        ("loss-not-falling", "student", "student")
    ] * warned
    for warning in found:
        assert f"{first:.4g} over the first epoch and {last:.4g} over epoch 5" in warning.message


@pytest.mark.parametrize(
    ("first", "last", "warned"), [(2.3, 4.7, 1), (2.3, 4.5, 0), (-2.0, -1.0, 0), (-1.0, 9.0, 0)]
)
def test_a_loss_diverges_beyond_twice_the_first_epochs(first, last, warned):
    """Twice a negative loss is lower: of those only what does not fall is told."""
    found = diverging(run_with([first], [last]))
    assert [w.about for w in found] == [("loss-diverging", "student", "student")] * warned


def test_a_run_that_diverges_is_told_in_the_midst_of_it_and_once():
    def plan(run):
        logits = run.network("student").logits
        rising = LossTerm("rising", lambda z, _labels: 1 + (z**2).mean(), logits, (LABELS,))
        yield run.stage("student", [rising], scored=[], after_epoch=lambda _epoch: swell(run))

    def swell(run):
        with torch.no_grad():
            for parameter in run.networks["student"].parameters():
                parameter += 5.0

    experiment = planned(plan, "networks.student.training.epochs=4")
    events, _states = train(experiment)
    assert told(events) == [("loss-diverging", "student", "student")]
    at = events.index(warnings(events)[0])
    epochs = [n for n, event in enumerate(events) if isinstance(event, EpochDone)]
    assert epochs[1] < at < epochs[2]
    for stop in epochs[:3]:
        rest, _states = interrupted(experiment, lambda number, _event, stop=stop: number == stop)
        assert told(events[: stop + 1]) + told(rest) == told(events)


def test_a_stage_of_one_epoch_has_nothing_to_compare():
    assert loss_not_falling(run_with([2.3], [2.3], epochs=1)) == []


def test_one_term_may_rise_while_the_sum_falls():
    terms = (("label loss", 1.0), ("hint", 0.1))
    assert loss_not_falling(run_with([2.3, 1.0], [0.5, 9.0], *terms)) == []  # 2.4 and 1.4
    assert loss_not_falling(run_with([2.3, 1.0], [0.5, 20.0], *terms))  # 2.5


def test_a_weight_that_grows_makes_no_loss_rise_and_one_that_falls_hides_none():
    """Both epochs count with the weights of the last: 2 + 1 falls to 1 + 0.9, and 2 stays 2."""
    warm_up = (("label loss", 1.0), ("hint", lambda progress: progress))
    assert loss_not_falling(run_with([2.0, 1.0], [1.0, 0.9], *warm_up)) == []
    fading = (("label loss", 1.0), ("hint", lambda progress: 1 - progress))
    assert loss_not_falling(run_with([2.0, 5.0], [2.0, 1.0], *fading))


def test_a_run_whose_loss_cannot_fall_is_told():
    def plan(run):
        logits = run.network("student").logits
        flat = LossTerm("flat", lambda z, _labels: 0 * z.sum() + 1, logits, (LABELS,))
        yield run.stage("student", [flat], scored=[])

    (warning,) = warnings(train(planned(plan))[0])
    assert warning.about == ("loss-not-falling", "student", "student")


# The data


@pytest.mark.parametrize(("count", "warned"), [(99, 1), (100, 0)])
def test_fewer_than_a_hundred_images_choose_badly(count, warned):
    found = small_validation(count)
    assert len(found) == warned
    for warning in found:
        assert "99 validation images" in warning.message
        assert f"{100 * math.sqrt(0.09 / 99):.1f} points" in warning.message  # 3.0


def test_a_small_validation_split_is_told_once_for_all_stages():
    events, _states = train(
        small_experiment("data.validation=0.05", *LONG[1:], "networks.student.training.epochs=9")
    )
    assert [code for code, *_ in told(events)].count("small-validation") == 1


@pytest.mark.parametrize(("repeated", "count", "warned"), [
    (0, 450, 0), (1, 450, 1), (9, 10_000, 0), (10, 10_000, 1),
])  # fmt: skip
def test_test_images_among_the_training_images_are_told_from_one_in_a_thousand_on(repeated, count, warned):
    found = repeated_test_images(repeated, count)
    assert len(found) == warned
    assert all(f"{repeated:,} of {count:,} test images" in warning.message for warning in found)


def leaking(count):
    """The digits, ``count`` of the test images replaced by training images."""
    data = digits()
    images = data.test.images.clone()
    images[:count] = data.train.images[-count:]
    return replace(data, test=LabelledImages(images, data.test.labels))


def test_a_run_on_data_that_leak_says_so_before_anything_else():
    """Training and validation images alike are those of the training set."""
    context = RunContext(small_experiment(*LONG, strategy="supervised"), leaking(5), CPU)
    events, _states = follow(Trainer(context))
    assert told(events) == [("repeated-test-images", "", "")]
    assert events[1] == warnings(events)[0]
    assert "5 of 450 test images (1.1%)" in events[1].message


def test_a_run_that_goes_on_does_not_look_at_the_images_again(monkeypatch):
    experiment, looked = small_experiment(strategy="supervised"), []
    context = small_context(experiment)
    monkeypatch.setattr(type(context.data), "repeated_test_images", lambda _data: looked.append(1) or 0)
    interrupted(experiment, lambda _number, event: isinstance(event, EpochDone))
    assert looked == [1]
