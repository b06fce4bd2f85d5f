import inspect
import re
from collections import Counter
from copy import deepcopy
from itertools import zip_longest
from threading import Event, Thread

import pytest
import torch
from torch import nn

from kdstudio.engine import trainer as loop
from kdstudio.engine.events import EpochDone, Preparing, RunDone, RunStarted, RunWarning, StageDone, StepDone
from kdstudio.engine.learning import learn_labels
from kdstudio.engine.losses.response import cross_entropy, soft_kl
from kdstudio.engine.stage import Stage
from kdstudio.engine.stage_run import StageRun
from kdstudio.engine.strategy import strategies
from kdstudio.engine.terms import LABELS, LossTerm, label_loss, soft_loss
from kdstudio.engine.trainer import Trainer
from kdstudio.engine.training import TrainingSpec
from kdstudio.errors import KDStudioError
from kdstudio.models.complexity import complexity
from kdstudio.models.declaration import ImageShape
from kdstudio.models.heads.classifier import Classifier
from kdstudio.models.python import Python
from kdstudio.runs.preview import Previewer
from kdstudio.runs.weights import load_network
from tests.small import (
    digits,
    interrupted,
    kept,
    planned,
    resumed,
    run_in,
    same_state,
    same_states,
    small_context,
    small_experiment,
    train,
    with_batch_norm,
)

JITTER = "networks.student.training.augmentation.jitter=1"
ADAMW = (
    "networks.student.training.optimizer.name=adamw",
    "networks.teacher.training.optimizer.name=adamw",
)


def with_batch_norm_teacher(training=None):
    """Plan: a teacher with batch norm that is frozen untrained, and a student of the same kind."""
    training = training or TrainingSpec(epochs=2, batch_size=256)

    def plan(_bench):
        teacher, student = with_batch_norm("teacher", seed=1).freeze(), with_batch_norm("student", seed=2)
        terms = [
            LossTerm("label loss", cross_entropy, "student.logits", (LABELS,), 0.5),
            LossTerm("soft loss", lambda s, t: soft_kl(s, t, 4.0), "student.logits", ("teacher.logits",)),
        ]
        yield Stage("student", networks=[teacher, student], updates=[terms], training=training)

    return plan


def steps_of(events):
    return [event for event in events if isinstance(event, StepDone)]


@pytest.fixture
def stand_ins(monkeypatch):
    """Names of the networks whose answers are remembered, of every stage."""
    found = []
    make = loop.remembered

    def watched(*arguments):
        made = make(*arguments)
        found.extend(network.name for network in made)
        return made

    monkeypatch.setattr(loop, "remembered", watched)
    return found


def told(events):
    """What events say that does not depend on the clock."""
    timing = {"images_per_second", "seconds"}
    return [event.model_dump(exclude=timing) for event in events if not isinstance(event, Preparing)]


def happened(events):
    """The same, without the events that a resumed run repeats."""
    return [event for event in told(events) if event["kind"] not in ("run-started", "stage-started")]


@pytest.fixture
def steps_taken(monkeypatch):
    """Every step of every run: the stage, as ``take_step`` finds it."""
    seen = []
    take_step = StageRun.take_step

    def watched(run, *arguments, **options):
        seen.append({name: network.training for name, network in run.stage.networks.items()})
        take_step(run, *arguments, **options)

    monkeypatch.setattr(StageRun, "take_step", watched)
    return seen


def test_the_loop_names_no_strategy():
    source = inspect.getsource(loop)
    named = set(strategies) | {entry.__name__ for entry in strategies.values()}
    assert {"hinton", "Supervised"} <= named
    assert not [name for name in named if re.search(rf"\b{re.escape(name)}\b", source, re.IGNORECASE)]


def test_events_come_in_order_and_count_every_step():
    events, _states = train(small_experiment())
    kinds = [event.kind for event in events if not isinstance(event, Preparing | RunWarning)]
    epoch = ["step-done"] * 5 + ["epoch-done"]
    stage = ["stage-started", *epoch, *epoch, "stage-done"]
    assert kinds == ["run-started", *stage * 3, "run-done"]
    assert [event.step for event in steps_of(events)] == list(range(1, 11)) * 3
    assert isinstance(events[0], RunStarted)
    assert [stage.name for stage in events[0].stages] == ["teacher", "baseline", "student"]
    assert (events[0].training_images, events[0].validation_images, events[0].test_images) == (1077, 270, 450)


def test_the_losses_of_an_epoch_and_of_its_steps_are_means_over_images(monkeypatch):
    """The digits' 1,077 training images in batches of 500, 500 and 77.

    The loss of a batch is its first label: the mean over images is known without any network.
    """
    batches = []
    monkeypatch.setattr(loop, "REPORTS_PER_EPOCH", 1)  # one event for two batches, one for the last
    monkeypatch.setattr(loop, "LONGEST_SILENCE", 1e9)

    def first_label(logits, labels):
        batches.append((len(labels), labels[0].item()))
        return labels[0] + 0 * logits.sum()

    def plan(run):
        yield run.stage("student", [LossTerm("first", first_label, run.network("student").logits, (LABELS,))])

    size = "networks.student.training.batch_size=500"
    events, _states = train(planned(plan, size))
    batches = [batch for batch in batches if batch[0] > 4]  # the others are tried before the run
    assert [count for count, _label in batches] == [500, 500, 77] * 2
    for number in (1, 2):
        epoch = batches[3 * number - 3 : 3 * number]
        by_hand = sum(count * label for count, label in epoch) / 1077
        (done,) = (e for e in events if isinstance(e, EpochDone) and e.epoch == number)
        assert done.losses["first"] == pytest.approx(by_hand, rel=1e-6)
        (steps,) = (e for e in steps_of(events) if e.epoch == number)
        assert steps.losses["first"] == pytest.approx(by_hand, rel=1e-6)


def test_a_last_batch_of_one_image_is_left_out_of_the_mean():
    def plan(run):
        ones = LossTerm("one", lambda z, _labels: 0 * z.sum() + 1, run.network("student").logits, (LABELS,))
        yield run.stage("student", [ones])

    events, _states = train(planned(plan, "networks.student.training.batch_size=538"))  # 538 + 538 + 1
    told_losses = [e.losses["one"] for e in events if isinstance(e, EpochDone | StepDone)]
    assert told_losses == [1.0] * len(told_losses)


def test_the_same_seed_gives_the_same_run_bit_for_bit():
    one, other = train(small_experiment(JITTER)), train(small_experiment(JITTER))
    assert told(one[0]) == told(other[0])
    assert same_states(one[1], other[1])


def test_another_seed_gives_another_run():
    one, other = train(small_experiment())[1], train(small_experiment("seed=1"))[1]
    assert all(not same_state(one[name], other[name]) for name in one)


def test_frozen_networks_are_bit_identical_before_and_after():
    trainer = Trainer(small_context(planned(with_batch_norm_teacher())))
    running = trainer.events()
    next(e for e in running if e.kind == "stage-started")
    teacher = trainer._run.stage.networks["teacher"]
    before = deepcopy(teacher.state_dict())
    assert any("running_mean" in key for key in before)
    list(running)
    assert same_state(before, teacher.state_dict())


def test_a_teacher_trained_in_the_run_is_not_changed_by_its_student():
    trainer = Trainer(small_context(small_experiment()))
    found = {}
    for event in trainer.events():
        if isinstance(event, StageDone) and event.stage == 0:
            found = kept(trainer, event)["teacher"]
        if isinstance(event, EpochDone) and event.stage == 2:
            teacher = trainer._run.stage.networks["teacher"]
            assert same_state(found, teacher.module.state_dict())
    assert found


def test_the_student_is_in_training_and_the_teacher_is_not_at_every_step(steps_taken):
    train(planned(with_batch_norm_teacher()))
    assert steps_taken == [{"teacher": False, "student": True}] * 10


def test_two_interleaved_runs_equal_two_runs_alone():
    experiments = [small_experiment(JITTER, "seed=1"), small_experiment(*ADAMW, "seed=2")]
    alone = [train(experiment)[1] for experiment in experiments]
    trainers = [Trainer(small_context(experiment)) for experiment in experiments]
    together = [{}, {}]
    for events in zip_longest(*(trainer.events() for trainer in trainers)):
        for event, trainer, states in zip(events, trainers, together, strict=True):
            if isinstance(event, StageDone):
                states |= kept(trainer, event)
    assert all(same_states(one, other) for one, other in zip(alone, together, strict=True))


CONVOLUTIONS = (
    "compute.precision=bfloat16",
    "networks.student.model={name='resnet', depth=8}",
    "networks.teacher.training.epochs=1",
)


@pytest.mark.parametrize(("jitter", "views"), [(0, 0), (1, 0), (2, 2)])
def test_remembered_answers_of_the_teacher_change_no_loss(monkeypatch, stand_ins, jitter, views):
    augmentation = {"jitter": jitter}
    training = TrainingSpec(epochs=11, batch_size=512, augmentation=augmentation, views_per_image=views)
    experiment = planned(with_batch_norm_teacher(training))
    remembered, _states = train(experiment)
    assert stand_ins
    monkeypatch.setattr(loop, "remembered", lambda *_arguments: [])
    computed, _states = train(experiment)
    pairs = zip(steps_of(remembered), steps_of(computed), strict=True)
    for one, other in pairs:
        assert one.losses == pytest.approx(other.losses, rel=1e-4, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings", [(), (*ADAMW, JITTER), CONVOLUTIONS], ids=["sgd", "adamw", "convolutions in bfloat16"]
)
def test_stopped_at_any_event_and_resumed_equals_uninterrupted(settings):
    """Mid-epoch, at the end of epochs and stages, before the first step and after the last."""
    experiment = small_experiment(*settings, "networks.student.training.epochs=2", "strategy.baseline=false")
    events, expected = train(experiment)
    stops = range(len(events)) if not settings else range(3, len(events), 4)
    for stop in stops:
        rest, states = interrupted(experiment, lambda number, _, stop=stop: number == stop)
        assert same_states(states, expected), f"stopped at event {stop}, {events[stop].kind}"
        after = happened(rest)
        assert after == happened(events)[len(happened(events)) - len(after) :]


def test_stopped_twice_at_the_very_beginning_still_goes_on_from_the_first_stop():
    experiment = small_experiment(strategy="supervised")
    trainer = Trainer(small_context(experiment))
    running = trainer.events()
    for _number, _event in zip(range(9), running, strict=False):
        pass
    first = trainer.checkpoint()
    running.close()
    again = resumed(experiment, first, {})
    running = again.events()
    next(running)
    second = again.checkpoint()
    running.close()
    assert second.progress.step == first.progress.step > 0
    assert same_state(second.tensors, first.tensors)


def test_the_best_epoch_is_chosen_on_validation_and_both_are_reported():
    settings = ("networks.student.training.epochs=6", "networks.student.training.optimizer.learning_rate=1.5")
    context = small_context(small_experiment(*settings, strategy="supervised"))
    trainer, epochs, weights = Trainer(context), [], []
    for event in trainer.events():
        if isinstance(event, EpochDone):
            epochs.append(event.validation["student"])
            weights.append(deepcopy(trainer._run.learners["student"].state_dict()))
        if isinstance(event, StageDone):
            (result,), (delivered,) = event.networks.values(), trainer.delivered
    best = max(range(6), key=lambda number: (epochs[number].accuracy, -epochs[number].loss))
    assert result.best_epoch.epoch == best + 1
    assert result.best_epoch.validation == epochs[best]
    assert (delivered.best_epoch, delivered.card.epoch) == (best + 1, 6)
    assert same_state(delivered.best, weights[best])
    assert same_state(delivered.last, weights[-1])
    assert result.last_epoch.epoch == 6
    assert result.last_epoch.validation == epochs[-1]
    for found, state in ((result.best_epoch, weights[best]), (result.last_epoch, weights[-1])):
        assert found.test.accuracy == pytest.approx(accuracy_on_the_test_set(context, state))


def always(*answers):
    """Plan: a student that gives one answer to everything after each epoch, whatever it has learned."""

    def plan(run):
        student = run.network("student")

        @torch.no_grad()
        def answer(epoch):
            for parameter in student.parameters():
                parameter.zero_()
            list(student.parameters())[-1][answers[epoch - 1]] = 1.0

        yield run.stage("student", [label_loss("student")], after_epoch=answer)

    return plan


LEAVE_OUT = 'networks.student.training.leave_out=["3"]'


@pytest.mark.parametrize(("settings", "best"), [((), 1), ((LEAVE_OUT,), 2)], ids=["all seen", "no threes"])
def test_labels_of_a_class_left_out_choose_no_epoch(settings, best):
    """All threes of the validation images are right, then all eights, of which there are fewer."""
    trainer = Trainer(small_context(planned(always(3, 8), *settings)))
    events = list(trainer.events())
    labels = trainer.context.data.validation.part.labels
    threes, eights = ((labels == digit).sum().item() for digit in (3, 8))
    assert threes > eights
    assert [e.validation["student"].accuracy for e in events if isinstance(e, EpochDone)] == [
        pytest.approx(threes / 270),
        pytest.approx(eights / 270),
    ]
    ((result,),) = (e.networks.values() for e in events if isinstance(e, StageDone))
    assert result.best_epoch.epoch == best
    assert result.best_epoch.validation.accuracy == pytest.approx((threes, eights)[best - 1] / 270)
    if settings:
        assert result.selection.count == 270 - threes
        assert result.selection.accuracy == pytest.approx(eights / (270 - threes))
        assert result.best_epoch.seen.accuracy == result.selection.accuracy
    else:
        assert (result.last_epoch.seen, result.best_epoch.seen) == (None, None)
        assert result.selection == result.validation


def test_a_class_that_no_training_image_is_of_chooses_no_epoch_either():
    """``data.classes`` without new numbers keeps the others in validation and test."""
    classes = ('data.classes=["7", "8"]', "data.renumber=false")
    ((result,),) = (
        e.networks.values() for e in train(planned(always(3, 8), *classes))[0] if isinstance(e, StageDone)
    )
    assert result.best_epoch.epoch == 2


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_scores_are_those_of_the_kept_weights_in_float32_whatever_a_run_trains_in(precision):
    context = small_context(small_experiment(f"compute.precision={precision}", strategy="supervised"))
    trainer = Trainer(context)
    for event in trainer.events():
        if isinstance(event, StageDone):
            (result,), (delivered,) = event.networks.values(), trainer.delivered
    module = delivered.card.build().eval()
    module.load_state_dict(delivered.last)
    for part, found in ((context.data.validation, result.validation), (context.data.test, result.test)):
        with torch.no_grad():
            logits = torch.cat([module(batch.images) for batch in part.in_order()])
        expected = nn.functional.cross_entropy(logits, part.part.labels).item()
        assert found.loss == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("depthwise", "chosen"), [(False, "bfloat16"), (True, "float32")])
def test_one_stage_that_convolves_channels_alone_keeps_the_whole_run_in_float32(
    monkeypatch, depthwise, chosen
):
    monkeypatch.setattr("kdstudio.engine.device.computes_in_bfloat16", lambda _device: True)
    monkeypatch.setattr("kdstudio.engine.device.SMALL_STEP", 0)
    model = "{name='shufflenet-v2'}" if depthwise else "{name='resnet', depth=8}"
    settings = (f"networks.teacher.model={model}", "seeds=2", "compute.precision=auto")
    trainer = Trainer(small_context(small_experiment(*settings)))
    assert trainer.settled().compute.precision == chosen
    using = [stage.name for stage in trainer.summaries if stage.depthwise]
    assert bool(using) is depthwise
    assert len(using) < len(trainer.summaries)


def accuracy_on_the_test_set(context, state):
    module = deepcopy(context.networks["student"].module).eval()
    module.load_state_dict(state)
    test, mean, std = digits().test, digits().mean[0], digits().std[0]
    with torch.no_grad():
        return (module((test.images / 255 - mean) / std).argmax(1) == test.labels).double().mean().item()


def test_the_best_epoch_does_not_change_the_last_weights():
    settings = ("networks.student.training.epochs=6", "networks.student.training.optimizer.learning_rate=1.5")
    trainer = Trainer(small_context(small_experiment(*settings, strategy="supervised")))
    for event in trainer.events():
        if isinstance(event, EpochDone):
            last = deepcopy(trainer._run.learners["student"].state_dict())
    (delivered,) = trainer.delivered
    assert delivered.best is not None
    assert same_state(delivered.last, last)


def test_the_baseline_starts_from_the_students_initial_weights():
    started = {}
    trainer = Trainer(small_context(small_experiment()))
    for event in trainer.events():
        if event.kind == "stage-started":
            learners = trainer._run.learners
            started |= {name: deepcopy(module.state_dict()) for name, module in learners.items()}
    assert same_state(started["baseline"], started["student"])
    assert not same_state(started["teacher"], started["student"])


def test_a_loss_that_is_no_number_fails_with_a_remedy():
    settings = ("networks.student.training.optimizer.learning_rate=100", "networks.student.training.epochs=9")
    experiment = planned(lambda context: iter([diverging(context)]), *settings)
    with pytest.raises(KDStudioError, match=r"label loss of stage 'student' is (nan|-?inf).*learning rate"):
        train(experiment)


def diverging(context):
    logits = context.network("student").logits
    return context.stage(
        "student", [LossTerm("label loss", lambda z, _labels: -z.exp().sum(), logits, (LABELS,))]
    )


def test_a_plan_that_does_not_fit_fails_before_anything_is_trained(steps_taken):
    def plan(context):
        yield learn_labels(context, context.network("student"))
        term = LossTerm("soft loss", soft_kl, "student.logits", ("nobody.logits",))
        yield context.stage("second", [term])

    with pytest.raises(KDStudioError, match=r"stage 'second', term 'soft loss': no address 'nobody.logits'"):
        Trainer(small_context(planned(plan)))
    assert not steps_taken


def test_code_after_a_yield_sees_the_trained_network():
    seen = []

    def plan(context):
        student = context.network("student")
        seen.append(deepcopy(student.module.state_dict()))
        yield learn_labels(context, student)
        seen.append(deepcopy(student.module.state_dict()))

    _events, states = train(planned(plan))
    rehearsed_start, rehearsed_end, start, end = seen
    assert same_state(rehearsed_start, rehearsed_end)
    assert same_state(rehearsed_start, start)
    assert same_state(end, states["student"])
    assert not same_state(start, end)


def test_closing_the_events_ends_the_run():
    trainer = Trainer(small_context(small_experiment()))
    running = trainer.events()
    next(e for e in running if isinstance(e, StepDone))
    running.close()
    assert list(running) == []


def test_time_between_events_does_not_count(monkeypatch):
    now = 0.0
    monkeypatch.setattr(loop.time, "monotonic", lambda: now)
    trainer = Trainer(small_context(small_experiment(strategy="supervised")))
    for event in trainer.events():
        now += 1000.0  # whoever iterates takes their time
        last = event
    assert isinstance(last, RunDone)
    assert last.seconds == 0.0


def test_a_new_strategy_runs_without_a_change_to_the_loop():
    from typing import ClassVar, Literal

    from kdstudio.engine.strategy import Strategy

    try:

        @strategies.register
        class Halves(Strategy):
            """Half the weight for each of two label losses."""

            name: Literal["halves"] = "halves"

            describes: ClassVar = ("student",)

            def formula(self):
                return "L = CE/2 + CE/2"

            def plan(self, context):
                terms = [
                    LossTerm(name, cross_entropy, "student.logits", (LABELS,), 0.5) for name in ("a", "b")
                ]
                context.network("student")
                yield context.stage("student", terms)

        halves = small_experiment(strategy="supervised").model_copy(
            update={"strategy": strategies["halves"]()}
        )
        states = train(halves)[1]
    finally:
        strategies._entries.pop("halves")
    whole = train(small_experiment(strategy="supervised"))[1]
    torch.testing.assert_close(states["student"], whole["student"], rtol=1e-3, atol=1e-5)


# Networks that strategies change between epochs, or copy


def mean_teacher(run):
    """A teacher that follows the student's weights; what a mean of them is, by hand, is left in the run."""
    student = run.network("student")
    teacher = run.network("student", "average", start_from=student).freeze()
    run.followed, run.epochs = [deepcopy(student.module.state_dict())], []

    @torch.no_grad()
    def follow_student(epoch):
        run.epochs.append(epoch)
        run.followed.append(deepcopy(student.module.state_dict()))
        for own, other in zip(teacher.parameters(), student.parameters(), strict=True):
            own.lerp_(other, 0.4)

    terms = [label_loss("student"), soft_loss("student", [teacher.logits], 2.0)]
    yield run.stage("student", terms, after_epoch=follow_student, changes=[teacher])
    yield learn_labels(run, run.control())


EPOCHS = "networks.student.training.epochs=12"


def test_a_teacher_that_follows_the_student_is_delivered_and_never_remembered(stand_ins):
    """With more epochs than views, where a teacher that stays as it is would be looked up."""
    trainer = Trainer(small_context(planned(mean_teacher, EPOCHS)))
    assert trainer.summaries[0].trained == ("average", "student")
    delivered, events, rows = {}, [], {}
    for event in trainer.events():
        events.append(event)
        if isinstance(event, StageDone):
            delivered |= {delivery.card.network: delivery for delivery in trainer.delivered}
            rows |= event.networks
    assert stand_ins == []
    states = trainer.context.followed
    assert (len(states), trainer.context.epochs) == (13, list(range(1, 13)))
    for key, expected in states[0].items():
        for later in states[1:]:
            expected = expected + 0.4 * (later[key] - expected)
        torch.testing.assert_close(delivered["average"].last[key], expected)
    assert not same_state(delivered["average"].last, delivered["student"].last)
    assert (rows["average"].kind, rows["average"].last_epoch.epoch) == ("average", 12)
    scored = [e.validation.keys() for e in events if isinstance(e, EpochDone) and e.stage == 0]
    assert scored == [{"student", "average"}] * 12


def test_a_frozen_teacher_that_nobody_changes_is_remembered_where_that_saves_work(stand_ins):
    def plan(run):
        teacher = run.network("student", "average").freeze()
        run.network("student")
        yield run.stage("student", [soft_loss("student", [teacher.logits], 2.0)])

    train(planned(plan, EPOCHS))
    assert stand_ins == ["average"]


def own_snapshots(run):
    """Three stages: the labels, then twice the labels and the network as it was when the stage began."""
    student = run.network("student")
    yield learn_labels(run, student)
    for number in (1, 2):
        snapshot = run.network("student", "snapshot", start_from=student, snapshot=number).freeze()
        terms = [label_loss("student", 0.5), soft_loss("student", [snapshot.logits], 2.0, 0.5)]
        yield run.stage(f"round {number}", terms)


def test_a_snapshot_is_the_student_as_it_was_after_the_stage_before():
    trainer, after = Trainer(small_context(planned(own_snapshots))), {}
    for event in trainer.events():
        if isinstance(event, StageDone):
            after[event.stage] = kept(trainer, event)
    for number in (1, 2):
        assert same_state(after[number][f"snapshot-{number}"], after[number - 1]["student"])
        assert not same_state(after[number]["student"], after[number - 1]["student"])
    assert same_state(after[0]["0/student"], after[0]["student"])
    assert "2/student" not in after[2]  # nobody goes on from it


@pytest.mark.slow
@pytest.mark.parametrize("plan", [mean_teacher, own_snapshots])
def test_stopped_at_any_event_a_plan_with_copies_goes_on_bit_for_bit(plan):
    experiment = planned(plan, *ADAMW[:1])
    events, expected = train(experiment)
    for stop in range(len(events)):
        rest, states = interrupted(experiment, lambda number, _, stop=stop: number == stop)
        assert same_states(states, expected), f"stopped at event {stop}, {events[stop].kind}"
        after = happened(rest)
        assert after == happened(events)[len(happened(events)) - len(after) :]


def test_a_run_whose_parts_share_weights_goes_on_bit_for_bit():
    """One head, declared once, on two networks in one update."""

    def plan(run):
        shared = Classifier(features=(8,), classes=10).build()
        names = [run.network("student").name, run.control().name]
        heads = [run.head(f"{name} exit", lambda: shared, f"{name}.block1") for name in names]
        yield run.stage("both", [LossTerm(h.name, cross_entropy, h.name, (LABELS,)) for h in heads])

    def same_start(run):
        torch.manual_seed(3)
        yield from plan(run)

    experiment = planned(same_start)
    events, expected = train(experiment)
    for stop in range(1, len(events), 3):
        _rest, states = interrupted(experiment, lambda number, _, stop=stop: number == stop)
        assert same_states(states, expected), stop


# Beside a run


def test_a_run_is_the_same_bit_for_bit_whatever_other_threads_build_and_look_at_meanwhile(tmp_path, runs):
    """Dropout and permuted predictions draw in every step; others build, count, preview and load."""
    settings = ("strategy.variant=permuted", "strategy.generations=1", "networks.student.training.epochs=6")
    experiment = small_experiment(*settings, strategy="born-again")
    events, alone = train(experiment)
    folder = run_in(runs, small_experiment(strategy="supervised"), "other")
    over, counts, failures = Event(), Counter(), []
    (tmp_path / "odd.py").write_text(
        "import torch\nfrom torch import nn\n"
        "def build(classes):\n"
        "    layer = nn.Linear(64, classes)\n"
        "    layer.bias = nn.Parameter(torch.rand_like(layer.bias) + torch.rand(()).item())\n"
        "    return nn.Sequential(nn.Flatten(), layer)\n"
    )
    odd = Python(path=f"{tmp_path}/odd.py:build")

    def preview():
        Previewer().preview(experiment, lambda _what, _fraction: None)

    def build():
        context = small_context(experiment)
        network = context.network("student")
        context.head("head", lambda: nn.Linear(8, 10), "student.block1")
        context.scorable[network.name].card.build()

    work = {
        "preview": preview,
        "build": build,
        "count": lambda: complexity(odd, ImageShape(1, 8, 8), 10),
        "load": lambda: load_network(folder.network_file("student")),
    }

    def others():
        try:
            while not over.is_set():
                for name, do in work.items():
                    do()
                    counts[name] += 1
        except Exception as error:
            failures.append(error)

    threads = [Thread(target=others) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        beside = []
        while not failures and min(counts[name] for name in work) < 6:
            beside.append(train(experiment))
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not failures
    for told_beside, states in beside:
        assert told(told_beside) == told(events)
        assert same_states(states, alone)
