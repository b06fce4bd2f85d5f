"""Golden numbers: every matching term between two networks, as others compute it.

Each number was computed once, in float64, by code that is not ours, on the same weights and images:
RepDistiller's networks (HobbitLong/RepDistiller, models/resnet.py and wrn.py) with the authors' losses where
there is code, else the paper's formula written afresh. All terms between ResNet-56 and ResNet-20; between
WRN-16-2 and WRN-16-1 those that read before the ReLU or bring channels together. Both networks have 100
classes and random weights, a few images of 32×32; the teacher is in eval mode, its batch norm has the
statistics of these images; the student is in training mode. The gradient is that of the bare term to all
weights of the student, its share that of the weighted gradient beside the label loss with the weight that
belongs to it, as on the Live page: ``w·g / (w·g + l·g_l)``. A wrong scale, weight, tap or head is a wrong
number here.
"""

from functools import cache
from typing import NamedTuple
from zlib import crc32

import pytest
import torch

from kdstudio.data.feed import Batch
from kdstudio.engine.context import RunContext
from kdstudio.engine.contrast import Contrast
from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.engine.matching.factor_transfer import FactorTransfer
from kdstudio.engine.stage import Stage
from kdstudio.engine.strategies.match import Match
from kdstudio.engine.weighting import Constant
from kdstudio.packages import OURS
from tests.recipe import blank_photographs, calibrate, draws, fill, some_batch, some_labels
from tests.small import CPU, refuse_weights, small_experiment

CLASSES, TRAINING_IMAGES = 100, 400
TERMS = {name: term() for name, term in matching_terms.items() if matching_terms.package_of(name) == OURS}
TERMS["library's factor transfer"] = FactorTransfer(compared="attention maps", weight=200)


AT_ONCE = {"during": "training", "weighting": Constant()}


class Golden(NamedTuple):
    value: float
    gradient: float
    share: float


RESNETS = {
    # torch's cross-entropy of RepDistiller's resnet20
    "label loss": Golden(5.17739198, 7.06390785, 0.5),
    # bhheo/AB_distillation and RepDistiller, ABLoss, without its factor 3/1000, which is the
    # weight; features before the ReLU, no connector where the shapes agree
    "activation-boundary": Golden(22042.5537, 10715.0734, 0.8198402),
    # ours: binary cross-entropy of the sigmoid, written out with torch
    "activation-pattern": Golden(0.687303151, 0.399908292, 0.0535796),
    # RepDistiller, Attention, β = 1000
    "attention": Golden(0.0033762212, 0.0188899146, 0.7278278),
    # Tian et al. 2020, equations 17 and 18 written afresh for the drawn negatives; weight 0.8 of
    # RepDistiller, whose code adds 1e-7 to the denominators
    "contrastive": Golden(14.7890724, 6.70988892, 0.4317881),
    # RepDistiller, Correlation, of the embeddings as they are (there: embedded in 128 numbers), β = 0.02
    "correlation": Golden(56.5897509, 67.6469009, 0.1607417),
    # mdistiller, dkd_loss with α = 1, β = 8, T = 4
    "decoupled": Golden(21.9740171, 18.7998606, 0.7268802),
    # Huang et al. 2022, equations 7 to 10, times τ² = 16 as in hunto/image_classification_sota, weight 2 of
    # its dist_cifar.yaml; its 1e-8 in the denominator left out
    "dist": Golden(34.2715893, 88.6297564, 0.9616766),
    # Jangho-Kim/Factor-Transfer-pytorch, L1Loss of utils.FT, β = 500; RepDistiller's modules with batch norm
    "factor-transfer": Golden(0.0190875726, 0.0206235213, 0.5934598),
    # RepDistiller, FactorTransfer, β = 200
    "library's factor transfer": Golden(0.0465303904, 0.466996353, 0.9296866),
    # RepDistiller, FSP of f0 to f3, and helper/pretrain.py, where it has no weight
    "fsp": Golden(18.9445399, 5.14005952, 0.4211794),
    # RepDistiller, HintLoss behind ConvReg, hint layer 2, β = 100
    "hint": Golden(6.3655414, 0.800055923, 0.9188705),
    # Srinivas and Fleuret 2018 written afresh with torch.autograd.grad
    "jacobian": Golden(1.99950864, 1.13241898, 0.1381618),
    # Szegedy et al. 2016, section 7, written afresh: ε = 0.1 of the uniform distribution
    "label-smoothing": Golden(5.17611611, 1.50878279, 0.0231821),
    # RepDistiller, NSTLoss, β = 50
    "neuron-selectivity": Golden(0.215351768, 0.234378706, 0.623917),
    # clovaai/overhaul-distillation, distillation_loss and build_feature_connector, over batch and by 1000;
    # the margins are the means of what is negative in these images, where the authors have those of a normal
    # distribution
    "overhaul": Golden(107259.185, 12789.5462, 0.6441975),
    # RepDistiller, PKT, β = 30000
    "probabilistic": Golden(2.63076841e-07, 1.43783084e-05, 0.05754963),
    # RepDistiller, RKDLoss with 25 and 50, β = 1
    "relational": Golden(1.24897308, 48.4698921, 0.8727998),
    # dvlab-research/ReviewKD, ABF and hcl of model/reviewkd.py, student after the ReLU, teacher before
    "review": Golden(25.0506539, 9.83439684, 0.8743879),
    # RepDistiller, Similarity, β = 3000
    "similarity": Golden(0.00130417484, 0.024432544, 0.9120984),
    # RepDistiller, DistillKL with T = 4, -r 0.1 -a 0.9
    "soft-targets": Golden(2.7579446, 2.35021096, 0.7496471),
    # sunshangquan/logit-standardization-KD, kd_loss with T = 2, weights 9 and 0.1
    "standardised": Golden(1.08903675, 1.05854833, 0.9309715),
    # yuanli2333/Teacher-free-Knowledge-Distillation, loss_kd_regularization: T = 20, multiplier 100, α = 0.1
    "teacher-free": Golden(0.5709591, 1.50870207, 0.02318089),
    # RepDistiller, VIDLoss, β = 1
    "variational": Golden(7.74278969, 2.03219398, 0.2234137),
    # ours: mean squared differences of convolutions and classifier that have one name in both, with torch
    "weights": Golden(0.549800309, 0.0423390481, 0.005958004),
}

WIDE_RESNETS = {
    # sources as above; before the ReLU are block2.layer[0].bn1(f1), block3.layer[0].bn1(f2) and bn1(f3)
    "label loss": Golden(5.09284974, 3.30104722, 0.5),
    "activation-boundary": Golden(47523.5287, 8377.71922, 0.8839058),
    "activation-pattern": Golden(0.811540235, 0.222899756, 0.06325287),
    "attention": Golden(0.00179768976, 0.010135285, 0.7543193),
    "hint": Golden(2.92720667, 0.333644026, 0.9099685),
    "overhaul": Golden(39356.6948, 7203.37649, 0.6857469),
    "review": Golden(4.83854367, 8.06399752, 0.9243244),
    "variational": Golden(3.93775611, 0.997000745, 0.2319659),
}


class Setup(NamedTuple):
    model: str
    teacher: str
    student: str
    images: int
    golden: dict[str, Golden]


SETUPS = {
    "resnet": Setup(
        "resnet", "depth=56, shortcut='projection'", "depth=20, shortcut='projection'", 8, RESNETS
    ),
    "wide resnet": Setup("wide-resnet", "depth=16, width=2", "depth=16, width=1", 4, WIDE_RESNETS),
}
EVERY = [(setup, name) for setup, found in SETUPS.items() for name in found.golden]


def the_stage(setup: Setup, batch: Batch) -> Stage:
    """All terms beside the labels in one stage, so that one pass serves them all."""
    terms = {name: term.model_copy(update=AT_ONCE) for name, term in TERMS.items() if name in setup.golden}
    experiment = small_experiment(
        f"networks.teacher.model={{name='{setup.model}', {setup.teacher}}}",
        f"networks.student.model={{name='{setup.model}', {setup.student}}}",
        strategy="match",
    ).model_copy(update={"strategy": Match(terms=terms, baseline=False)})
    data = blank_photographs(500, CLASSES)  # a fifth is kept for validation
    *_before, stage = RunContext(experiment, data, CPU, refuse_weights).plan()
    calibrate(fill(stage.networks["teacher"].module, 1), batch.images)
    fill(stage.networks["student"].module, 2)
    for name, term in terms.items():
        heads = [head.module for head in stage.heads.values() if head.name.startswith(f"{name} ")]
        for number, module in enumerate(heads):
            fill(module, crc32(term.name.encode()) + number)
            if isinstance(module, Contrast):
                module.memories.copy_(draws(5, 2, TRAINING_IMAGES, 128) / 128**0.5)
    return stage.train()


@cache
def measured(name: str) -> dict[str, tuple[float, float]]:
    """Each loss, and how long its gradient to the student's weights is."""
    setup = SETUPS[name]
    batch = some_batch(setup.images, CLASSES)
    stage = the_stage(setup, batch)
    drawn = some_labels(6, setup.images * TRAINING_IMAGES, TRAINING_IMAGES).reshape(setup.images, -1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Contrast, "_others", lambda _contrast, _index: drawn)
        losses = stage(batch)
    weights, found = list(stage.networks["student"].parameters()), {}
    for term, loss in losses.items():
        gradients = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
        gradient = torch.cat([part.flatten() for part in gradients if part is not None])
        found[term] = loss.item(), gradient.norm().item()
    return found


def test_every_term_has_golden_numbers():
    assert {"label loss", *TERMS} == RESNETS.keys()


@pytest.mark.slow
@pytest.mark.parametrize(("setup", "name"), EVERY)
def test_value_gradient_and_share_are_those_of_the_authors(setup, name):
    value, gradient = measured(setup)[name]
    term = TERMS.get(name)
    weight, label_weight = (term.weight, term.label_weight) if term else (1.0, 1.0)
    weighted, beside = weight * gradient, label_weight * measured(setup)["label loss"][1]
    found = value, gradient, weighted / (weighted + beside)
    assert found == pytest.approx(tuple(SETUPS[setup].golden[name]), rel=1e-6)
