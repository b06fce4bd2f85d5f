import numpy as np
import pytest
import torch

from kdstudio.models.modules.mean_prediction import LogMeanSoftmax, MeanLogits


def softmax(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_its_softmax_is_the_mean_of_the_probabilities(count):
    logits = [np.random.default_rng(seed).normal(0, 4, (7, 5)) for seed in range(count)]
    together = LogMeanSoftmax()(*(torch.tensor(z) for z in logits))
    assert together.softmax(1).numpy() == pytest.approx(sum(softmax(z) for z in logits) / count)


def test_it_is_finite_at_huge_gaps_and_has_no_weights():
    sure = torch.tensor([[1e4, 0.0, -1e4]])
    together = LogMeanSoftmax()(sure, sure.flip(1)).softmax(1)
    assert together.numpy() == pytest.approx(np.array([[0.5, 0.0, 0.5]]))
    assert not LogMeanSoftmax().state_dict()


def test_the_mean_of_logits_is_theirs():
    logits = [np.random.default_rng(seed).normal(0, 4, (7, 5)) for seed in range(3)]
    together = MeanLogits()(*(torch.tensor(z) for z in logits))
    assert together.numpy() == pytest.approx((logits[0] + logits[1] + logits[2]) / 3)
    assert not MeanLogits().state_dict()
