import pytest
import torch
from torch import nn

from kdstudio.engine.dry_run import dry_run, summarise
from kdstudio.engine.learning import learn_labels
from kdstudio.engine.losses.response import cross_entropy, one_class_each
from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.engine.stage import Stage
from kdstudio.engine.strategy import strategies
from kdstudio.engine.terms import LABELS, LossTerm
from kdstudio.errors import KDStudioError
from tests.small import (
    perceptron,
    planned,
    same_state,
    small_context,
    small_experiment,
    train,
    with_batch_norm,
)


def label_stage(network, context):
    term = LossTerm("label loss", cross_entropy, f"{network.name}.logits", (LABELS,))
    return Stage("student", networks=[network], updates=[[term]], training=context.recipe("student"))


def test_the_summary_tells_what_the_stages_will_do():
    context = small_context(small_experiment("networks.teacher.model.widths=[20]"))
    teacher, baseline, student = dry_run(context)
    assert [teacher.name, baseline.name, student.name] == ["teacher", "baseline", "student"]
    assert (teacher.trained, teacher.frozen, teacher.terms) == (("teacher",), (), ("label loss",))
    assert (student.trained, student.frozen) == (("student",), ("teacher",))
    assert student.terms == ("label loss", "soft loss")
    assert (student.epochs, student.batch_size, student.steps_per_epoch, student.steps) == (2, 256, 5, 10)
    assert student.parameters == {
        "teacher": 64 * 20 + 20 + 20 * 10 + 10,
        "student": 64 * 8 + 8 + 8 * 10 + 10,
    }


@pytest.mark.parametrize(("batch_size", "images"), [(50, 50), (5000, 1077)])
def test_the_operations_of_a_step_are_three_forward_passes_counted_by_hand(batch_size, images):
    """Two operations for each multiplication; a batch is no larger than the training part."""
    context = small_context(
        small_experiment(f"networks.student.training.batch_size={batch_size}", strategy="supervised")
    )
    (student,) = dry_run(context)
    assert student.flops_per_step == 3 * images * 2 * (64 * 8 + 8 * 10)


def test_a_summary_changes_nothing():
    context = small_context(small_experiment())
    network = with_batch_norm("student")
    before = {key: value.clone() for key, value in network.state_dict().items()}
    summarise(label_stage(network, context), context)
    assert same_state(before, dict(network.state_dict()))


def test_a_stage_of_frozen_networks_trains_none():
    context = small_context(small_experiment())
    told = summarise(label_stage(perceptron("student").freeze(), context), context)
    assert (told.trained, told.frozen) == ((), ("student",))


def test_trying_a_stage_leaves_the_global_random_state_alone():
    """Also where a loss draws, or a head takes its shape only then."""
    settings = ("strategy.variant=permuted", "strategy.generations=1")
    context = small_context(small_experiment(*settings, strategy="born-again"))
    before = torch.get_rng_state()
    dry_run(context)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
def test_a_head_that_takes_its_shape_then_has_weights_by_the_seed_and_the_stage_alone():
    def weights(stage_name, *settings):
        def plan(run):
            network = run.network("student")
            head = run.head("lazy", lambda: nn.LazyLinear(10), f"{network.name}.block1")
            yield run.stage(stage_name, [LossTerm("loss", cross_entropy, head.name, (LABELS,))])

        context = small_context(planned(plan, *settings))
        dry_run(context)
        return context.heads["lazy"].module.weight

    torch.manual_seed(1)
    first = weights("a")
    assert first.shape == (10, 8)
    torch.manual_seed(2)
    assert torch.equal(weights("a"), first)
    assert not torch.equal(weights("b"), first)
    assert not torch.equal(weights("a", "seed=1"), first)


def test_two_stages_of_one_name_are_refused():
    def plan(run):
        student = run.network("student")
        yield learn_labels(run, student)
        yield learn_labels(run, student)

    with pytest.raises(KDStudioError, match="two stages are called 'student'"):
        dry_run(small_context(planned(plan)))


def test_a_plan_without_a_stage_is_refused():
    with pytest.raises(KDStudioError, match="has no stage"):
        dry_run(small_context(planned(lambda _run: iter(()))))


def test_a_loss_that_does_not_fit_names_its_line():
    def mine(logits, labels):
        return logits @ torch.ones(3, 3)

    def plan(run):
        run.network("student")
        yield run.stage("student", [LossTerm("mine", mine, "student.logits", LABELS)])

    with pytest.raises(KDStudioError, match=r"term 'mine' .*, in test_dry_run.py, line \d+"):
        dry_run(small_context(planned(plan)))


FURTHER = {
    "born-again": ["strategy.variant=confidence", "strategy.variant=permuted"],
    "mutual": ["strategy.peers_as=KL to mean"],
    "self-distillation": ["strategy.feature_loss=squared norm"],
    "specialise": ["strategy.variance=0.1", "strategy.orthogonality=0.1"],
}
"""Options that bring further losses into a strategy."""
CASES = [(name, setting) for name in strategies for setting in ("seed=0", *FURTHER.get(name, ()))]
CASES += [("match", f"strategy.terms.matched={{name='{term}'}}") for term in matching_terms]
ONE_CLASS = {
    "strategy.variant=confidence": "confidence-weighted label loss",
    "strategy.variance=0.1": "variance",
    "strategy.orthogonality=0.1": "orthogonality",
    "strategy.terms.matched={name='decoupled'}": "matched",
    "strategy.terms.matched={name='teacher-free'}": "matched",
}
"""Those that need one class for each image, and how their term is called."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
@pytest.mark.parametrize(("strategy", "setting"), CASES)
def test_what_cannot_learn_from_mixed_images_says_so_before_the_run_and_all_else_learns(
    strategy, setting, kind
):
    model = "{name='mlp', widths=[8, 6]}"
    if "terms" in setting:
        model = "{name='resnet', depth=8, width=1}"
    settings = [setting, "data.fraction=0.1", "strategy.initialisation_epochs=1"]
    settings = settings if strategy == "match" else settings[:2]
    for role in strategies[strategy]().roles():
        network = f"networks.{role}"
        settings += [
            f"{network}.model={model}",
            f"{network}.training.epochs=1",
            f"{network}.training.mixing.kind={kind}",
        ]
    experiment = small_experiment(*settings, strategy=strategy)
    if setting not in ONE_CLASS:
        train(experiment)
        return
    with pytest.raises(KDStudioError) as caught:
        dry_run(small_context(experiment))
    assert f"term '{ONE_CLASS[setting]}': it needs one class for each image" in str(caught.value)
    assert str(caught.value).endswith(f"({kind}); set networks.student.training.mixing.kind to none")


def test_the_remedy_for_mixed_images_names_the_role_and_not_the_network():
    def plan(run):
        network = run.network("student", generation=3)
        loss = LossTerm("mine", lambda z, y: cross_entropy(z, one_class_each(y)), network.logits, LABELS)
        yield run.stage("late", [loss])

    with pytest.raises(KDStudioError) as caught:
        dry_run(small_context(planned(plan, "networks.student.training.mixing.kind=cutmix")))
    assert str(caught.value) == (
        "stage 'late', term 'mine': it needs one class for each image, but mixed images have shares of "
        "several (cutmix); set networks.student.training.mixing.kind to none"
    )
