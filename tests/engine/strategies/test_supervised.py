import numpy as np
import pytest
import torch

from tests.small import random_batch, small_context, small_experiment


def only_stage():
    context = small_context(small_experiment(strategy="supervised"))
    (stage,) = context.plan()
    return stage


def test_one_network_learns_in_one_stage():
    stage = only_stage()
    assert stage.name == "student"
    assert list(stage.networks) == list(stage.learners(0)) == ["student"]


def test_the_loss_is_the_mean_cross_entropy_to_the_labels():
    stage, batch = only_stage().eval(), random_batch()
    with torch.no_grad():
        logits = stage.networks["student"].module(batch.images).double().numpy()
    predictions = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    by_hand = -np.log(predictions[range(len(batch)), batch.labels]).mean()
    assert stage(batch)["label loss"].item() == pytest.approx(by_hand, abs=1e-6)
