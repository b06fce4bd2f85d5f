import numpy as np
import pytest
import torch

from kdstudio.engine.matching.jacobian import Jacobian
from kdstudio.engine.stage_run import StageRun
from tests.engine.matching.pairs import NARROW, RESNET, WIDE, WIDE_RESNET, pair_of, stage_of
from tests.small import CPU, random_batch


def gradients(network, images, tops):
    """Of the chosen logit to the images, by central differences in float64."""
    network = network.module.double()
    found = np.zeros(images.shape)
    with torch.no_grad():
        for place in np.ndindex(images.shape[1:]):
            step = torch.zeros_like(images)
            step[(slice(None), *place)] = 1e-5
            ends = [network(images + sign * step)[range(len(images)), tops] for sign in (1, -1)]
            found[(slice(None), *place)] = (ends[0] - ends[1]).numpy() / 2e-5
    network.float()
    return found.reshape(len(images), -1)


@pytest.mark.parametrize(("student", "teacher"), [(NARROW, WIDE), (RESNET, WIDE_RESNET)])
def test_the_loss_equals_finite_differences_of_both_networks(student, teacher):
    stage, batch = stage_of(pair_of(student, teacher), Jacobian()), random_batch(3)
    images = batch.images.double()
    tops = stage.networks["teacher"].module(batch.images).argmax(1)
    own, other = (gradients(stage.networks[n], images, tops) for n in ("student", "teacher"))
    own, other = (g / np.linalg.norm(g, axis=1, keepdims=True) for g in (own, other))
    expected = ((own - other) ** 2).sum(1).mean()
    assert stage(batch)["matched"].item() == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    "student",
    ["{name='mlp', widths=[16], dropout=0.3}", RESNET, "{name='wide-resnet', depth=10, dropout=0.2}"],
)
def test_students_with_dropout_and_batch_norm_learn_in_train_mode(student):
    stage, batch = stage_of(pair_of(student, WIDE_RESNET), Jacobian()), random_batch(16)
    run, losses = StageRun(stage, CPU, "float32"), []
    stage.train()
    for _step in range(15):
        before = run.losses["matched"].item()
        torch.manual_seed(0)
        run.take_step(batch, 0.05, run.weights())
        losses.append(run.losses["matched"].item() - before)
    assert losses[-1] < losses[0]
