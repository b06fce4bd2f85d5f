from itertools import pairwise

import pytest
import torch

from kdstudio.engine.matching.activation_boundary import ActivationBoundary
from kdstudio.engine.matching.activation_pattern import ActivationPattern
from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.engine.matching.factor_transfer import FactorTransfer
from kdstudio.engine.matching.fsp import Fsp
from kdstudio.engine.matching.overhaul import Overhaul
from kdstudio.engine.matching.review import Review
from kdstudio.engine.matching.variational import Variational
from kdstudio.engine.trainer import Trainer
from kdstudio.errors import KDStudioError
from kdstudio.packages import OURS
from tests.engine.matching.pairs import NARROW, RESNET, WIDE, WIDE_RESNET, pair_of, stage_of
from tests.small import (
    follow,
    random_batch,
    resumed,
    run_in,
    same_state,
    small_context,
    small_experiment,
    train,
    weights_in,
)

PUBLISHED = {
    "activation-boundary": 3e-3, "activation-pattern": 1, "attention": 1000, "contrastive": 0.8,
    "correlation": 0.02, "decoupled": 1, "dist": 2, "factor-transfer": 500, "fsp": 1, "hint": 100,
    "jacobian": 1, "label-smoothing": 0.1, "neuron-selectivity": 50, "overhaul": 1e-3,
    "probabilistic": 30000, "relational": 1, "review": 5, "similarity": 3000, "soft-targets": 0.9,
    "standardised": 9, "teacher-free": 0.1, "variational": 1, "weights": 1,
}  # fmt: skip
"""What the scripts named as ``weight_source`` have; of activation-pattern, jacobian and weights ours."""


def test_weights_are_the_published_ones_and_name_their_source():
    ours = {n: term() for n, term in matching_terms.items() if matching_terms.package_of(n) == OURS}
    assert {name: term.weight for name, term in ours.items()} == PUBLISHED
    assert all(term.weight_source for term in ours.values())


@pytest.mark.parametrize("term", [ActivationBoundary(), ActivationPattern()])
def test_patterns_are_read_before_the_relu(term):
    stage = stage_of(pair_of(NARROW, WIDE), term)
    (found,) = stage.terms
    assert found.targets[-1] == "teacher.block2.linear"
    assert [head.inputs for head in stage.heads.values()][-1] == ("student.block2.linear",)


def test_the_deepest_boundary_counts_most():
    stage, batch = stage_of(pair_of(NARROW, WIDE), ActivationBoundary()), random_batch()
    values = stage.values(batch, stage.terms[0].reads)
    hinges = []
    for own, other in zip(stage.terms[0].inputs, stage.terms[0].targets, strict=True):
        sign = values[other].sign()
        hinges.append((1 - sign * values[own]).clamp(min=0).square().sum() / len(batch))
    assert stage(batch)["matched"].item() == pytest.approx((hinges[0] / 2 + hinges[1]).item(), rel=1e-5)


def test_the_pattern_of_equal_networks_is_read_without_projection():
    stage, batch = stage_of(pair_of(NARROW, NARROW), ActivationPattern()), random_batch()
    assert not stage.heads
    student, teacher = (
        stage.networks[n].module[:-1].block2.linear(stage.networks[n].module.block1(batch.images.flatten(1)))
        for n in ("student", "teacher")
    )
    predictions = torch.where(teacher > 0, student.sigmoid(), 1 - student.sigmoid())
    assert stage(batch)["matched"].item() == pytest.approx(-predictions.log().mean().item(), rel=1e-5)


def test_fsp_begins_at_the_stem_projects_channels_alone_and_compares_neighbours():
    stage, batch = stage_of(pair_of(RESNET, WIDE_RESNET), Fsp()), random_batch()
    assert [head.architecture for head in stage.heads.values()] == [
        f"1×1 convolution {c} → {2 * c} channels" for c in (16, 32, 64)
    ]
    assert stage.terms[0].inputs[0] == "student.stem"
    values = stage.values(batch, stage.terms[0].reads)

    def flows(addresses):
        maps = [values[address] for address in addresses]
        for first, second in pairwise(maps):
            small = torch.nn.functional.adaptive_avg_pool2d(first, second.shape[2:])
            yield torch.einsum("bchw,bdhw->bcd", small, second) / second[0, 0].numel()

    pairs = zip(flows(stage.terms[0].inputs), flows(stage.terms[0].targets), strict=True)
    expected = sum((own - other).square().mean() for own, other in pairs).item()
    assert stage(batch)["matched"].item() == pytest.approx(expected, rel=1e-4)


def test_fsp_needs_two_taps():
    with pytest.raises(KDStudioError, match="compares neighbouring taps and has 1; choose two"):
        stage_of(pair_of(RESNET, RESNET), Fsp(student_taps=("block1",), teacher_taps=("block1",)))


@pytest.mark.parametrize("term", [Fsp(), Variational(), Overhaul()])
def test_vectors_are_refused_where_maps_are_matched(term):
    with pytest.raises(KDStudioError, match=r"term 'matched'.*choose taps that give maps"):
        stage_of(pair_of(), term)


def test_a_map_is_not_connected_to_a_vector():
    with pytest.raises(KDStudioError, match="choose two maps"):
        stage_of(
            pair_of(RESNET, RESNET), ActivationBoundary(student_taps=("block1",), teacher_taps=("pool",))
        )


def test_factor_transfer_matches_one_tap():
    taps = ("block1", "block2")
    with pytest.raises(KDStudioError, match="it matches one tap and has 2"):
        next(FactorTransfer(student_taps=taps, teacher_taps=taps).plan(pair_of(RESNET, RESNET)))


def test_the_paraphraser_learns_first_and_is_frozen_then():
    pair = pair_of(RESNET, WIDE_RESNET)
    plan = FactorTransfer(rate=0.25, paraphraser_epochs=4).plan(pair)
    stage = next(plan)
    assert stage.training_spec.epochs == 4
    assert sorted(stage.learners(0)) == ["matched paraphrase", "matched paraphraser"]
    with pytest.raises(StopIteration) as done:
        next(plan)
    encoder, translator = pair.run.stage("student", done.value.value).heads.values()
    assert (encoder.frozen, translator.frozen) == (True, False)
    assert encoder.architecture == "three 3×3 convolutions 128 → 32 channels"


def test_review_fuses_from_deep_to_shallow():
    stage = stage_of(pair_of(RESNET, WIDE_RESNET), Review())
    assert [head.inputs for name, head in stage.heads.items() if "fusion" in name] == [
        ("student.pool",),
        ("student.block3", "matched fusion 4"),
        ("student.block2", "matched fusion 3"),
        ("student.block1", "matched fusion 2"),
    ]
    (term,) = stage.terms
    assert term.targets == (*(f"teacher.block{i}.0.add" for i in (1, 2, 3)), "teacher.pool")
    assert [term.weight_at(progress) for progress in (0, 1)] == [5 / 20, 5 * 10 / 20]


def test_review_reads_the_student_before_the_relu_where_the_authors_do_on_imagenet():
    stage = stage_of(pair_of(RESNET, WIDE_RESNET), Review(student_read="before ReLU"))
    read = [head.inputs[0] for name, head in stage.heads.items() if "fusion" in name]
    assert read == ["student.pool", *(f"student.block{i}.0.add" for i in (3, 2, 1))]


WIDE_TEACHER = "{name='wide-resnet', depth=10, width=1}"
NEXT_NORMS = ("block2.0.activation.norm", "block3.0.activation.norm", "pool.last.norm")


@pytest.mark.parametrize("term", [ActivationBoundary(), Overhaul(), Review()])
def test_a_wide_resnet_is_read_through_the_batch_norm_of_what_comes_next(term):
    """As the authors do: ``block2[0].bn1``, ``block3[0].bn1``, ``bn1``."""
    stage = stage_of(pair_of("{name='wide-resnet', depth=16, width=1}", WIDE_TEACHER), term)
    read = {address for head in stage.heads.values() for address in head.inputs} | {*stage.terms[0].reads}
    assert {f"teacher.{path}" for path in NEXT_NORMS} <= read
    student = {address for address in read if address.startswith("student.") and "pool" not in address}
    taps = ("block1", "block2", "block3") if isinstance(term, Review) else NEXT_NORMS[:2]
    assert student == {f"student.{path}" for path in taps}


def test_boundaries_of_equal_shapes_are_compared_as_they_are():
    assert not stage_of(pair_of(RESNET, RESNET), ActivationBoundary()).heads


def test_the_students_larger_map_is_pooled_before_the_mean_is_predicted_from_it():
    """By hand, in the order of RepDistiller."""
    pair = pair_of(RESNET, WIDE_RESNET)
    stage = stage_of(pair, Variational(student_taps=("block1",), teacher_taps=("block2",)))
    batch, (term,) = random_batch(), stage.terms
    values = stage.values(batch, (*term.reads, "student.block1"))
    mean, variance = stage.heads.values()
    weights = [m.weight[..., 0, 0] for m in mean.module if isinstance(m, torch.nn.Conv2d)]
    predicted = values["student.block1"].unflatten(2, (4, 2)).unflatten(4, (4, 2)).mean((3, 5))
    for number, weight in enumerate(weights):
        predicted = torch.einsum("bchw,dc->bdhw", predicted.relu() if number else predicted, weight)
    spread = variance.module().view(-1, 1, 1)
    expected = ((predicted - values["teacher.block2"]).square() / spread + spread.log()).mean() / 2
    assert stage(batch)["matched"].item() == pytest.approx(expected.item(), rel=1e-4)


def experiment(name, *settings):
    return small_experiment(
        f"strategy.terms.matched={{name='{name}'}}",
        *settings,
        "strategy.baseline=false",
        "data.fraction=0.1",
        f"networks.teacher.model={WIDE_RESNET}",
        f"networks.student.model={RESNET}",
        "networks.student.training.batch_size=50",
        strategy="match",
    )


def test_margins_survive_an_interruption():
    """They are learned without gradient, and are kept with what is."""
    wanted = experiment("overhaul")
    _events, states = train(wanted)
    assert states["1/matched margins 1"]["margin"].any()
    interrupted = Trainer(small_context(wanted))
    for event in interrupted.events():
        if event.kind == "epoch-done" and event.stage == 1:
            break
    _events, again = follow(resumed(wanted, interrupted.checkpoint(), states))
    assert again.keys() == states.keys() - {"teacher"}
    assert all(same_state(states[name], again[name]) for name in again)


def test_a_run_keeps_the_frozen_paraphraser(runs):
    folder = run_in(runs, experiment("factor-transfer", "strategy.terms.matched.paraphraser_epochs=2"))
    assert folder.summary().status == "finished"
    assert {"teacher.safetensors", "student.safetensors"} <= weights_in(folder).keys()
    parts = [(1, "matched paraphraser"), (1, "matched paraphrase"), (2, "matched translator")]
    assert all(folder.part_file(stage, name).exists() for stage, name in parts)
