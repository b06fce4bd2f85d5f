import pytest
import torch

from kdstudio.engine.dry_run import dry_run
from kdstudio.engine.events import EpochDone, StageDone, StepDone
from kdstudio.engine.trainer import Trainer
from kdstudio.errors import KDStudioError
from tests.small import follow, kept, resumed, same_states, small_context, small_experiment, train

CRD = ('strategy.terms={crd={name="contrastive"}}', "strategy.baseline=false")


def experiment(*settings):
    return small_experiment(*CRD, *settings, strategy="match")


def student_stage(context):
    return list(context.plan())[-1]


def test_its_memories_hold_every_training_image_and_are_told_of():
    context = small_context(experiment())
    (head,) = student_stage(context).heads.values()
    assert head.inputs == ("student.block1", "teacher.block1", "index")
    assert head.module.memories.shape == (2, context.data.training_images, 128)
    assert head.module.negatives == context.data.training_images
    assert dry_run(context)[-1].heads["crd memory 1"].startswith("memories of 1,077 images")


def test_left_out_classes_have_no_memory():
    context = small_context(experiment("networks.student.training.leave_out=[3]"))
    (head,) = student_stage(context).heads.values()
    assert len(torch.unique(head.module.labels)) == 9
    assert train(context.experiment)[1]["student"]


def test_the_rehearsal_leaves_the_memories_alone():
    context = small_context(experiment())
    stage = student_stage(context)
    before = {key: value.clone() for key, value in stage.heads["crd memory 1"].state_dict().items()}
    stage.dry_run(next(context.data.training_feed(stage.training_spec).shuffled(0)).first(4))
    after = stage.heads["crd memory 1"].state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_one_class_alone_is_refused():
    with pytest.raises(KDStudioError, match="one class alone cannot be told from others"):
        experiment("data.classes=[3]")


def test_the_student_learns_to_tell_images_apart():
    settings = ("epochs=8", "optimizer.learning_rate=0.03", "batch_size=64")
    events, _ = train(experiment(*(f"networks.student.training.{setting}" for setting in settings)))
    losses = [e.losses["crd"] for e in events if isinstance(e, EpochDone) and "crd" in e.losses]
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.slow
@pytest.mark.parametrize("stop", [1, 3, 6])
def test_a_run_stopped_and_resumed_ends_bit_for_bit_the_same(stop):
    small = experiment("networks.student.training.optimizer.learning_rate=0.01")
    _, whole = train(small)
    trainer, finished = Trainer(small_context(small)), {}
    for event in trainer.events():
        if isinstance(event, StageDone):
            finished |= kept(trainer, event)
        if isinstance(event, StepDone) and (event.stage, event.step) == (1, stop):
            break
    checkpoint = trainer.checkpoint()
    assert {key for key in checkpoint.tensors if "memories" in key} >= {"networks/crd memory 1/memories"}
    _, states = follow(resumed(small, checkpoint, finished))
    assert same_states(finished | states, whole)
