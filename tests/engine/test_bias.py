import numpy as np
import pytest
import torch
from scipy.optimize import brentq, minimize

from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.engine.bias import classes_of, fitted_biases, with_biases
from kdstudio.engine.context import RunContext
from kdstudio.engine.events import StageDone
from kdstudio.engine.trainer import Trainer
from kdstudio.errors import KDStudioError
from tests.small import CPU, digits, follow, small_experiment, train

CLASSES = 5
SHARES = torch.tensor([0.1, 0.15, 0.2, 0.25, 0.3])
LEAVE_OUT = "networks.student.training.leave_out=[3]"


def predictions(count=300, seed=0, scale=3.0):
    """Logits of a network that believes in class 3 hardly ever."""
    logits = np.random.default_rng(seed).normal(0, scale, (count, CLASSES))
    logits[:, 3] -= 6
    return logits


def probabilities(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def fitted(logits, shifted, shares=SHARES):
    return fitted_biases(torch.tensor(logits), shares, shifted)


def test_one_bias_is_the_root_of_mean_probability_less_share():
    logits = predictions()

    def excess(bias):
        return probabilities(logits + bias * np.eye(CLASSES)[3])[:, 3].mean() - 0.25

    found = fitted(logits, [3])
    assert found.keys() == {3}
    assert found[3] == pytest.approx(brentq(excess, -50, 50, xtol=1e-12), abs=1e-5)


def test_the_bias_of_equal_answers_is_the_log_odds_ratio_by_hand():
    logits = np.log([[0.2, 0.8]]).repeat(4, axis=0)
    found = fitted(logits, [0], torch.tensor([0.6, 0.4]))
    assert found[0] == pytest.approx(np.log((0.6 / 0.4) / (0.2 / 0.8)), abs=1e-5)


@pytest.mark.parametrize("shifted", [[1, 3], [0, 2, 4], [0, 1, 2, 3]])
def test_several_biases_are_the_minimum_of_the_convex_function(shifted):
    logits = predictions()

    def spread(biases):
        row = np.zeros(CLASSES)
        row[shifted] = biases
        return logits + row

    def f(biases):
        return np.log(np.exp(spread(biases)).sum(1)).mean() - SHARES.double().numpy()[shifted] @ biases

    def gradient(biases):
        return probabilities(spread(biases)).mean(0)[shifted] - SHARES.double().numpy()[shifted]

    found = list(fitted(logits, shifted).values())
    best = minimize(f, np.zeros(len(shifted)), jac=gradient, method="BFGS", options={"gtol": 1e-9})
    assert found == pytest.approx(best.x, abs=1e-4)
    assert probabilities(spread(found)).mean(0)[shifted] == pytest.approx(SHARES.numpy()[shifted], rel=1e-5)


def test_all_biases_together_have_mean_0_and_give_every_share():
    logits = predictions()
    found = fitted(logits, range(CLASSES))
    assert sum(found.values()) == pytest.approx(0, abs=1e-9)
    means = probabilities(logits + np.array(list(found.values()))).mean(0)
    assert means == pytest.approx(SHARES.numpy(), rel=1e-5)


@pytest.mark.parametrize("depth", [0.0, 40.0, 800.0])
def test_a_class_that_is_believed_impossible_is_raised_all_the_same(depth):
    logits = predictions()
    deeper = logits - depth * np.eye(CLASSES)[3]
    assert fitted(deeper, [3])[3] == pytest.approx(fitted(logits, [3])[3] + depth, abs=1e-4)


def test_answers_too_sure_to_be_shifted_smoothly_are_told():
    logits = 1e6 * np.eye(CLASSES)[np.arange(100) % 2]
    with pytest.raises(KDStudioError, match=r"class number 0 did not settle in 10,000 rounds.*by hand"):
        fitted(logits, [0])


def test_a_class_without_images_is_told():
    with pytest.raises(KDStudioError, match="no training image is of class number 2"):
        fitted(predictions(), [1, 2], torch.tensor([0.5, 0.5, 0.0, 0.0, 0.0]))


@pytest.mark.parametrize(
    ("group", "unseen", "expected"),
    [
        ("fewer", [3], (3,)),
        ("fewer", [4, 0, 1], (2, 3)),
        ("left-out", [4, 0, 1], (0, 1, 4)),
        ("seen", [3], (0, 1, 2, 4)),
        ("all", [3], (0, 1, 2, 3, 4)),
    ],
)
def test_the_classes_to_shift(group, unseen, expected):
    assert classes_of(group, unseen, SHARES) == expected


def test_classes_that_the_data_lack_are_in_no_group():
    shares = torch.tensor([0.0, 0.5, 0.5, 0.0, 0.0])
    assert classes_of("seen", [2], shares) == (1,)
    assert classes_of("all", [2], shares) == (1, 2)


def test_biases_are_added_to_their_columns():
    logits = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert with_biases(logits, {0: 10.0, 2: -1.0}).tolist() == [[11.0, 2.0, 2.0], [14.0, 5.0, 5.0]]


LONGER = [
    f"networks.{role}.training.{setting}"
    for role in ("teacher", "student")
    for setting in ("epochs=8", "batch_size=32")
]


def results_on(data, *settings):
    """Final results of every network, the student and its control without threes; and the run's context."""
    context = RunContext(small_experiment(LEAVE_OUT, *settings), data, CPU)
    events, _ = follow(Trainer(context))
    results = {name: r for e in events if isinstance(e, StageDone) for name, r in e.networks.items()}
    return results, context


def test_networks_that_left_classes_out_carry_their_shift_and_the_scores_after_it():
    found, _context = results_on(digits())
    assert (found["teacher"].unseen, found["teacher"].shifted) == ((), None)
    for name in ("baseline", "student"):
        assert found[name].unseen == (3,)
        assert found[name].shifted.biases.keys() == {3}
        assert found[name].shifted.biases[3] > 0
        assert found[name].shifted.validation.count == 270
        assert found[name].shifted.test.count == 450
    test = found["student"].shifted.test
    assert test.loss < found["student"].last_epoch.test.loss


def test_the_share_of_unseen_images_answered_is_that_of_the_trained_networks_own_logits():
    results, context = results_on(digits(), *LONGER)
    found = results["student"]
    test, module = context.data.test, context.networks["student"].module.eval()
    with torch.no_grad():
        logits = torch.cat([module(batch.images) for batch in test.in_order()]).double().numpy()
    threes = logits[test.part.labels.numpy() == 3]
    assert found.unseen_accuracy == pytest.approx((threes.argmax(1) == 3).mean())
    shifted = threes + found.shifted.biases[3] * np.eye(10)[3]
    assert found.shifted.unseen_accuracy == pytest.approx((shifted.argmax(1) == 3).mean())
    assert 0 < found.unseen_accuracy < 1


def test_no_test_label_is_read_by_the_fit():
    data = digits()
    wrong = LabelledImages(data.test.images, data.test.labels.flip(0))
    blind = ImageData(data.train, wrong, data.class_names, data.mean, data.std)
    (found, _), (expected, _) = results_on(blind), results_on(data)
    found, expected = found["student"], expected["student"]
    assert found.shifted.biases == expected.shifted.biases
    assert found.shifted.test.errors != expected.shifted.test.errors


def test_runs_that_leave_nothing_out_carry_no_shift():
    done = [event for event in train(small_experiment())[0] if isinstance(event, StageDone)]
    assert all(r.shifted is None and r.unseen == () for e in done for r in e.networks.values())
