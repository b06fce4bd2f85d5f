"""Class specialists: φ by hand, labels renumbered everywhere, the same images for all who are compared."""

import json

import numpy as np
import pytest
import torch

from kdstudio.engine import trainer as loop
from kdstudio.engine.dry_run import dry_run
from kdstudio.engine.events import Preparing, StageDone, StepDone
from kdstudio.engine.strategies.specialise import Specialise
from kdstudio.engine.trainer import Trainer
from kdstudio.errors import KDStudioError
from kdstudio.runs.dark_knowledge import soften
from kdstudio.runs.predictions import read_predictions
from kdstudio.runs.session import new_session, resumed_session
from kdstudio.runs.weights import load_network
from tests.small import (
    digits,
    interrupted,
    kept,
    random_batch,
    run_in,
    same_state,
    same_states,
    small_context,
    small_experiment,
    train,
)

WANTED = (7, 2, 5)
CLASSES = f"strategy.classes={list(map(str, WANTED))}"


def experiment(*settings):
    return small_experiment(CLASSES, *settings, strategy="specialise")


def stages(*settings):
    context = small_context(experiment(*settings))
    return list(context.plan())


def log_softmax(values):
    values = values - values.max(1, keepdims=True)
    return values - np.log(np.exp(values).sum(1, keepdims=True))


def batch_of_three_classes():
    batch = random_batch()
    return type(batch)(batch.images, batch.labels % 3, batch.index, batch.view)


@pytest.mark.parametrize("temperature", [1.0, 5.0])
def test_the_loss_is_that_of_the_selected_logits_renormalised(temperature):
    *_others, stage = stages(f"strategy.temperature={temperature}", "strategy.alpha=0.75")
    batch, t = batch_of_three_classes(), temperature
    losses = stage.eval()(batch)
    with torch.no_grad():
        teacher, student = (
            stage.networks[name].module(batch.images).double().numpy() for name in ("teacher", "student")
        )
    assert student.shape == (6, 3)
    p, q = log_softmax(teacher[:, list(WANTED)] / t), log_softmax(student / t)
    soft = t**2 * (np.exp(p) * (p - q)).sum(1).mean()
    label = -log_softmax(student)[range(6), batch.labels].mean()
    total = sum(term.weight_at(0) * losses[term.name].item() for term in stage.terms)
    assert total == pytest.approx(0.75 * soft + 0.25 * label, rel=1e-5)


def test_further_terms_are_there_when_they_have_a_weight():
    names = {
        term.name: term.weight
        for term in stages("strategy.variance=0.5", "strategy.orthogonality=2")[-1].terms
    }
    assert (names["variance"], names["orthogonality"]) == (0.5, 2)
    assert {term.name for term in stages()[-1].terms} == {"label loss", "soft loss"}


AUTHORS = (
    "strategy.temperature=1", "strategy.alpha=0.2", "strategy.label_weight=1", "strategy.variance=0.2",
    "strategy.variance_over=features", "strategy.orthogonality=0.2",
)  # fmt: skip


def test_the_loss_of_the_authors_code_can_be_told():
    """Written afresh: CE + 0.2·KL + 0.2·Σ_c ‖unbiased variances‖ + 0.2·OPL."""
    stage, batch = stages(*AUTHORS)[-1].eval(), batch_of_three_classes()
    losses = stage(batch)
    with torch.no_grad():
        values = stage.values(batch, {"teacher.logits", "student.logits", "student.block1"})
    z_t, z_s, f = (
        values[f"{name}"].double() for name in ("teacher.logits", "student.logits", "student.block1")
    )
    rows, labels = range(len(batch)), batch.labels
    p, q = z_t[:, list(WANTED)].log_softmax(1), z_s.log_softmax(1)
    expected = -q[rows, labels].mean() + 0.2 * (p.exp() * (p - q)).sum(1).mean()
    expected += 0.2 * sum(f[labels == c].var(1).square().sum().sqrt() for c in labels.unique())
    unit = f / f.norm(dim=1, keepdim=True)
    same = labels[:, None] == labels
    alike, cosines = same & ~torch.eye(len(batch), dtype=torch.bool), unit @ unit.T
    expected += 0.2 * (1 - cosines[alike].mean() + 0.5 * cosines[~same].mean())
    total = sum(term.weight_at(0) * losses[term.name].item() for term in stage.terms)
    assert total == pytest.approx(float(expected), rel=1e-5)


def test_the_formula_holds_what_is_on():
    assert (
        Specialise().formula()
        == "L = 0.1·CE(y, softmax(z_s)) + 0.9·4²·KL(softmax(φ(z_t)/4) ‖ softmax(z_s/4))"
    )
    assert "0.2·mean_c var(f_s of c)" in Specialise(variance=0.2).formula()
    assert "0.3·[(1 − s) + 0.5·|d|]" in Specialise(orthogonality=0.3).formula()


def test_the_stages_are_the_teacher_two_ways_to_compare_with_and_the_student():
    found = stages()
    assert [stage.name for stage in found] == ["teacher", "all outputs", "labels alone", "student"]
    assert [(stage.classes, stage.renumber) for stage in found] == [
        ((), False),
        (WANTED, False),
        (WANTED, True),
        (WANTED, True),
    ]
    assert [stage.name for stage in stages("strategy.baseline=false")] == ["teacher", "student"]


def test_outlines_tell_the_classes():
    outlines = dry_run(small_context(experiment()))
    assert [outline.classes for outline in outlines] == [(), WANTED, WANTED, WANTED]
    assert [outline.renumbered for outline in outlines] == [False, False, True, True]


@pytest.mark.parametrize("model", ["{name='mlp', widths=[8]}", "{name='resnet', depth=8}"])
def test_students_start_from_the_same_weights_wherever_shapes_agree(model):
    _teacher, whole, alone, student = (
        dict(stage.networks.items()) for stage in stages(f"networks.student.model={model}")
    )
    one, other = whole["all outputs"].module.state_dict(), student["student"].module.state_dict()
    same = [key for key in one if one[key].shape == other[key].shape]
    assert {key for key in one if key not in same} == {"classifier.weight", "classifier.bias"}
    assert all(torch.equal(one[key], other[key]) for key in same)
    assert same_state(alone["labels alone"].module.state_dict(), other)


def of_wanted(images, labels):
    index = [number for number, label in enumerate(labels.tolist()) if label in WANTED]
    return images[index], torch.tensor([WANTED.index(int(labels[number])) for number in index])


def normalised(pixels):
    data = digits()
    return (pixels / 255 - data.mean[0]) / data.std[0]


def test_labels_are_renumbered_everywhere(runs):
    folder = run_in(runs, experiment("networks.student.training.epochs=6"))
    summary = folder.summary()
    images, labels = of_wanted(digits().test.images, digits().test.labels)
    names = tuple(map(str, WANTED))
    for name in ("student", "labels alone"):
        module, card = load_network(folder.network_file(name))
        assert card.class_names == names
        with torch.no_grad():
            predictions = module(normalised(images)).argmax(1)
        confusion = torch.zeros(3, 3, dtype=torch.long)
        for label, answer in zip(labels, predictions, strict=True):
            confusion[label, answer] += 1
        assert json.loads(folder.confusion_file(name).read_text())["confusion"] == confusion.tolist()
        assert summary.networks[name].test.errors == len(labels) - confusion.trace()
        assert summary.networks[name].classes == WANTED
    module, card = load_network(folder.network_file("all outputs"))
    assert card.class_names == tuple("0123456789")
    with torch.no_grad():
        right = int((module(normalised(images)).argmax(1) == torch.tensor(WANTED)[labels]).sum())
    assert summary.networks["all outputs"].test.count == len(labels)
    assert summary.networks["all outputs"].test.errors == len(labels) - right
    check_answers(folder, summary, labels, names)


def check_answers(folder, summary, labels, names):
    predictions = read_predictions(folder)
    assert predictions.outputs == dict.fromkeys(("labels alone", "selected teacher", "student"), names)
    own = predictions.of_network("student")
    assert own.class_names == names
    assert torch.equal(own.labels, labels)
    assert torch.equal(
        own.logits["teacher"], predictions.logits["teacher"][answers_of(predictions)][:, list(WANTED)]
    )
    errors = int((own.logits["student"].argmax(1) != own.labels).sum())
    assert errors == summary.networks["student"].test.errors
    teacher = int((own.logits["teacher"].argmax(1) != own.labels).sum())
    assert teacher == summary.networks["selected teacher"].test.errors
    assert torch.equal(own.logits["selected teacher"], own.logits["teacher"])
    assert predictions.of_network("teacher") is predictions
    assert soften(predictions, (1.0,), "student").predictions.class_names == names


def answers_of(predictions):
    return [number for number, label in enumerate(predictions.labels.tolist()) if label in WANTED]


def test_training_sees_the_wanted_classes_alone():
    context = small_context(experiment())
    whole = context.data.training_feed(context.recipe("student")).part
    images, labels = of_wanted(whole.images, whole.labels)
    part = context.data.training_feed(context.recipe("student"), WANTED, True).part
    assert torch.equal(part.images, images)
    assert torch.equal(part.labels, labels)
    kept = context.data.training_feed(context.recipe("student"), WANTED, False).part
    assert torch.equal(kept.images, images)
    assert torch.equal(kept.labels, torch.tensor(WANTED)[labels])
    for feed, source in zip(
        context.data.evaluation_feeds(WANTED, True), context.data.evaluation_feeds(), strict=True
    ):
        images, labels = of_wanted(source.part.images, source.part.labels)
        assert torch.equal(feed.part.images, images)
        assert torch.equal(feed.part.labels, labels)


def test_mixed_labels_are_shares_of_the_wanted_classes():
    context = small_context(experiment("networks.student.training.mixing.kind=mixup"))
    batch = next(context.data.training_feed(context.recipe("student"), WANTED, True).shuffled(0))
    assert batch.labels.shape[1] == 3


def test_the_teacher_is_unchanged():
    context = small_context(experiment())
    trainer, before = Trainer(context), {}
    for event in trainer.events():
        if isinstance(event, StageDone) and event.stage == 0:
            before = kept(trainer, event)["teacher"]
            teacher = trainer
        if event.kind == "stage-started" and event.stage == 3:
            frozen = trainer._run.stage.networks["teacher"]
    assert teacher is trainer
    assert same_state(before, frozen.module.state_dict())


def test_remembered_answers_of_the_teacher_change_no_loss(monkeypatch):
    settings = ("networks.student.training.epochs=3", "strategy.baseline=false")
    remembered, _states = train(experiment(*settings))
    monkeypatch.setattr(loop, "remembered", lambda *_arguments: [])
    computed, _states = train(experiment(*settings))
    assert any(isinstance(event, Preparing) for event in remembered)
    for one, other in zip(
        *([e for e in run if isinstance(e, StepDone)] for run in (remembered, computed)), strict=True
    ):
        assert one.losses == pytest.approx(other.losses, rel=1e-4, abs=1e-6)


def test_stopped_and_resumed_equals_uninterrupted():
    chosen = experiment("strategy.baseline=false")
    events, expected = train(chosen)
    for stop in range(len(events) // 2, len(events), 2):
        _rest, states = interrupted(chosen, lambda number, _, stop=stop: number == stop)
        assert same_states(states, expected), stop


def test_a_run_in_a_folder_goes_on_where_it_stood(runs):
    whole = run_in(runs, experiment(), "whole")
    session = new_session(experiment(), runs, "part")
    running = session.events()
    next(e for e in running if isinstance(e, StepDone) and e.stage == 3)
    running.close()
    for _event in resumed_session(session.folder).events():
        pass
    for name in whole.networks():
        one, other = (load_network(run.network_file(name))[0].state_dict() for run in (whole, session.folder))
        assert same_state(one, other)


def test_leaving_classes_out_and_choosing_some_is_refused():
    with pytest.raises(KDStudioError, match=r"both choose what the network sees; empty leave_out \(3\)"):
        stages_rehearsed("networks.student.training.leave_out=['3']")


def stages_rehearsed(*settings):
    return dry_run(small_context(experiment(*settings)))


def test_an_unknown_class_is_named():
    with pytest.raises(KDStudioError, match="no class '12'"):
        stages_rehearsed("strategy.classes=['12', '3']")


def test_classes_without_training_images_are_named():
    with pytest.raises(KDStudioError, match=r"no training image is of 7, 2, 5; add them to data\.classes"):
        stages_rehearsed("data.classes=[1, 3]")
