import math

import numpy as np
import pytest
import torch

from kdstudio.engine.contrast import Contrast
from kdstudio.engine.losses.relation import contrastive

LABELS = torch.tensor([0, 0, 0, 1])
"""Whatever is drawn for the first three is the last one."""


def contrast(labels=LABELS, **changes):
    torch.manual_seed(0)
    options = {"size": 4, "negatives": 5, "temperature": 0.07, "momentum": 0.5} | changes
    return Contrast(3, 6, labels, **options)


def features(count, seed=1):
    torch.manual_seed(seed)
    return torch.randn(count, 3), torch.randn(count, 6)


def rows_of_one(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def by_hand(module, student, teacher, index, drawn):
    """Embeddings and log-odds of the first three images, in numpy; the last is ``drawn`` times over."""
    state = {key: value.double().numpy() for key, value in module.state_dict().items()}
    own = rows_of_one(student.double().numpy() @ state["student.weight"].T + state["student.bias"])
    other = rows_of_one(teacher.double().numpy() @ state["teacher.weight"].T + state["teacher.bias"])
    odds, count = [], len(state["memories"][0])
    for embedding, memory in ((own, state["memories"][1]), (other, state["memories"][0])):
        scores = np.exp(embedding @ memory.T / 0.07)
        seen = np.stack([np.array([scores[b, i], *[scores[b, 3]] * drawn]) for b, i in enumerate(index)])
        z = seen.mean() * count
        odds.append(np.log(seen / z) - math.log(drawn / count))
    return own, other, np.stack(odds)


def test_log_odds_and_memories_equal_the_reference():
    module, (student, teacher), index = contrast(negatives=2), features(3), torch.tensor([2, 0, 1])
    before = module.memories.double().numpy()
    own, other, odds = by_hand(module, student, teacher, [2, 0, 1], drawn=2)
    found = module.train()(student, teacher, index)
    assert found.shape == (2, 3, 1 + 2)
    assert found.detach().numpy() == pytest.approx(odds, abs=1e-4)
    after = module.memories.numpy()
    for way, embedding in enumerate((own, other)):
        assert after[way, index] == pytest.approx(
            rows_of_one(0.5 * before[way, [2, 0, 1]] + 0.5 * embedding), abs=1e-6
        )
        assert np.array_equal(after[way, 3], before[way, 3])


def test_gradients_reach_both_embeddings_and_equal_finite_differences():
    module, (student, teacher) = contrast().double(), (x.double() for x in features(3))
    module(student, teacher, torch.arange(3))  # fixes the normaliser
    module.eval()
    leaf = student.requires_grad_()
    assert torch.autograd.gradcheck(lambda s: contrastive(module(s, teacher, torch.arange(3))), leaf)
    contrastive(module(leaf, teacher, torch.arange(3))).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in module.parameters())


def test_memories_may_change_before_the_gradient_is_taken():
    module, (student, teacher), index = contrast(), features(3), torch.arange(3)
    module(student, teacher, index)
    fixed = contrast()
    fixed.load_state_dict(module.state_dict())
    expected = contrastive(fixed.eval()(student, teacher, index))
    expected.backward()
    contrastive(module.train()(student, teacher, index)).backward()
    assert torch.equal(module.student.weight.grad, fixed.student.weight.grad)


def test_the_normaliser_is_that_of_the_first_step():
    module = contrast()
    module(*features(3), torch.arange(3))
    first = module.normaliser.clone()
    assert (first > 0).all()
    module(*features(3, seed=2), torch.arange(3))
    assert torch.equal(module.normaliser, first)


def test_eval_mode_changes_nothing():
    module = contrast().eval()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    found = module(*features(3), torch.arange(3))
    assert found.isfinite().all()
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())


def test_others_are_of_other_classes_and_equally_likely():
    labels = torch.tensor([2, 0, 1, 0, 2, 2, 1, 0, 0, 2])
    module, index = contrast(labels, negatives=10), torch.arange(10)
    torch.manual_seed(3)
    drawn = torch.cat([module._others(index) for _ in range(2000)], 1)
    assert (labels[drawn] != labels[:, None]).all()
    for image, row in enumerate(drawn):
        counts = torch.bincount(row, minlength=10)
        allowed = labels != labels[image]
        share = counts[allowed] / len(row)
        assert share.tolist() == pytest.approx([1 / allowed.sum().item()] * len(share), abs=0.015)


def test_there_are_no_more_others_than_images():
    assert contrast(negatives=16384).negatives == 4
    assert contrast(negatives=2).negatives == 2


def test_images_of_one_class_cannot_be_told_apart():
    with pytest.raises(ValueError, match="there is one class only"):
        contrast(torch.zeros(5, dtype=torch.long))


def test_only_weights_memories_and_normaliser_are_saved():
    assert {*contrast().state_dict()} == {
        "memories", "normaliser", "student.weight", "student.bias", "teacher.weight", "teacher.bias",
    }  # fmt: skip


def test_it_computes_in_float32_under_autocast():
    module, (student, teacher) = contrast().eval(), features(3)
    expected = module(student, teacher, torch.arange(3))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(module(student, teacher, torch.arange(3)), expected)
