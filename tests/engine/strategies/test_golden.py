"""Golden numbers: the summed loss of every strategy's first step, as others compute it.

Each number was computed once, in float64, by code that is not ours, on the same weights and images:
RepDistiller's resnet14 as the teacher, resnet8 as all others (10 classes, 6 images of 32×32), and the
formulas of the papers on their logits and features, written afresh. Teachers are in eval mode, their batch
norm has the statistics of these images; what learns is in training mode. Beside each sum stands the length
of its gradient to the weights of the networks that learn by it. All options have their defaults, but for
those in ``CASES``.
"""

from itertools import islice
from typing import NamedTuple

import pytest
import torch

from kdstudio.engine.context import RunContext
from kdstudio.engine.network import Network
from kdstudio.engine.strategy import strategies
from kdstudio.packages import OURS
from tests.recipe import blank_photographs, calibrate, fill, some_batch
from tests.small import CPU, refuse_weights, small_experiment

COUNT, CLASSES = 6, 10
CASES = {name: (name,) for name in strategies if strategies.package_of(name) == OURS}
CASES |= {
    "born-again": ("born-again", "strategy.generations=1"),
    "temperature-sweep": ("temperature-sweep", "strategy.temperatures=[2.0, 8.0]"),
    "self-distillation of the paper": ("self-distillation", "strategy.feature_loss='squared norm'"),
    "specialise of the authors' code": (
        "specialise",
        "strategy.temperature=1",
        "strategy.alpha=0.2",
        "strategy.label_weight=1",
        "strategy.variance=0.2",
        "strategy.variance_over=features",
        "strategy.orthogonality=0.2",
    ),
}
"""Every strategy with its defaults, but for what would take long; further choices. Name and settings."""
STAGES = {"fitnet": 2, "hinton-mistakes": 7}
"""How many of the last stages are held; else the last alone."""


class Golden(NamedTuple):
    value: float
    gradient: float


GOLDEN = {
    # Furlanello et al. 2018, BAN: CE(softmax(z_t), softmax(z_s))
    "born-again": [Golden(2.46309723, 1.76080341)],
    # Romero et al. 2015: the hint behind a convolution and the hint layer's ReLU, its squared error averaged;
    # then CE + 4·CE(soft), τ = 3
    "fitnet": [Golden(1.82059437, 0.525583164), Golden(11.5361665, 2.38235074)],
    # Hinton et al. 2015: 0.1·CE + 0.9·T²·KL, T = 4
    "hinton": [Golden(0.637476589, 1.40437386)],
    # the same; torch's kl_div without T², with reduction="mean", with exchanged arguments, of a teacher in
    # training mode; of two peers, with and without detach()
    "hinton-mistakes": [
        Golden(0.637476589, 1.40437386),
        Golden(0.251089762, 0.246893392),
        Golden(0.266545235, 0.277551084),
        Golden(0.62489275, 1.34398738),
        Golden(0.922307735, 1.80822531),
        Golden(0.910629835, 1.48080427),
        Golden(0.910629835, 2.83290598),
    ],
    # the same: soft targets are the default
    "match": [Golden(0.637476589, 1.40437386)],
    # Zhang et al. 2018, equation 7, for two networks
    "mutual": [Golden(2.49441514, 2.52242088), Golden(2.68706534, 2.93263652)],
    # the same loss of rounded logits (Jacob et al. 2018): 8 bits from layer to layer, 8 bits of a weight
    "quantise": [Golden(0.627089031, 1.36852649)],
    # ArchipLab-LinfengZhang/pytorch-self-distillation-final, train.py: CE + Σ [0.7·CE + 0.3·CE(soft, T = 3)
    # + 0.03·torch.dist(linear(f_i), f_C)]; there the last exit but the deepest has no feature loss
    "self-distillation": [Golden(7.97718732, 2.44885418)],
    # Zhang et al. 2019, section 3.2: with 0.0001·Σ (F_i − F_C)²/B instead
    "self-distillation of the paper": [Golden(7.98849159, 2.44754073)],
    # Wang et al. 2022: 0.1·CE + 0.9·T²·KL of the logits of classes 0 and 1
    "specialise": [Golden(0.543632071, 3.25551212)],
    # its further terms with T = 1 and weights 1 and 0.2: Σ_c ‖unbiased variance over features‖, and
    # (1 − s) + |d|/2 of the mean cosines within and between the classes
    "specialise of the authors' code": [Golden(1.05855591, 2.58128799)],
    # cross-entropy
    "supervised": [Golden(2.2533064, 2.1293108)],
    # CE of the first student, and Hinton's loss of two more, at T = 2 and 8
    "temperature-sweep": [Golden(3.5690266, 2.95063041)],
}


def first_losses(case):
    """Value and gradient of every update of the plan's last stages."""
    strategy, *settings = CASES[case]
    model = "{{name='resnet', depth={}, shortcut='projection'}}"
    models = [
        f"networks.{role}.model={model.format(14 if role == 'teacher' else 8)}"
        for role in small_experiment(strategy=strategy).networks
    ]
    experiment = small_experiment(*models, *settings, strategy=strategy)
    context = RunContext(experiment, blank_photographs(100, CLASSES), CPU, refuse_weights)
    many = len([*context.plan()])
    stages = [*islice(context.plan(), many)]  # not beyond the last, where its student would be frozen
    return [found for stage in stages[-STAGES.get(case, 1) :] for found in losses_of(stage)]


def losses_of(stage):
    batch = some_batch(COUNT, len(stage.classes) or CLASSES)
    networks, heads = stage.networks.values(), stage.heads.values()
    for network in networks:
        if network.frozen:
            calibrate(fill(network.module, 1), batch.images)
    for number, network in enumerate(network for network in networks if not network.frozen):
        fill(network.module, 10 + number)
    for number, head in enumerate(heads):
        fill(head.module, 100 + number)
    stage.train()
    for number, update in enumerate(stage.updates):
        losses = stage(batch, number)
        total = sum(term.weight_at(0.0) * losses[term.name] for term in update)
        learners = [part for part in stage.learners(number).values() if isinstance(part, Network)]
        weights = [weight for part in learners for weight in part.parameters()]
        found = torch.autograd.grad(total, weights, allow_unused=True)
        length = torch.cat([gradient.flatten() for gradient in found if gradient is not None]).norm()
        yield Golden(total.item(), length.item())


def test_every_strategy_has_golden_numbers():
    assert CASES.keys() == GOLDEN.keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", GOLDEN)
def test_the_first_loss_is_that_of_the_paper(name):
    found = first_losses(name)
    assert len(found) == len(GOLDEN[name])
    for ours, theirs in zip(found, GOLDEN[name], strict=True):
        assert tuple(ours) == pytest.approx(tuple(theirs), rel=1e-6)
