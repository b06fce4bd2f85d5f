import pytest
import torch
from pydantic import ValidationError

from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.engine.strategies.match import Match
from kdstudio.engine.terms import formula_of, label_loss
from kdstudio.errors import KDStudioError
from tests.small import random_batch, small_context, small_experiment, train

RESNETS = (
    "networks.teacher.model.name=resnet",
    "networks.teacher.model.depth=8",
    "networks.teacher.model.width=2",
    "networks.student.model.name=resnet",
    "networks.student.model.depth=8",
)


def plan_of(*settings):
    context = small_context(small_experiment(*settings, strategy="match"))
    return list(context.plan())


def test_each_term_is_a_loss_under_its_name_with_its_weight():
    *_, stage = plan_of(
        *RESNETS,
        "strategy.label_weight=0.5",
        "strategy.terms.look.name=attention",
        "strategy.terms.look.weight=7",
        "strategy.terms.predictions.name=soft-targets",
    )
    weights = {term.name: term.weight_at(0.0) for term in stage.terms}
    assert weights == {"label loss": 0.5, "look": 7.0, "predictions": 0.9}


def test_weights_follow_their_course():
    *_, stage = plan_of(
        *RESNETS,
        "networks.student.training.epochs=5",
        "strategy.terms.a.name=attention",
        "strategy.terms.a.weight=4",
        "strategy.terms.a.weighting.name=linear",
        "strategy.terms.a.weighting.final=1",
        "strategy.terms.b.name=attention",
        "strategy.terms.b.weight=6",
        "strategy.terms.b.weighting.name=warm-up",
        "strategy.terms.b.weighting.epochs=3",
    )
    a, b = (next(term for term in stage.terms if term.name == name) for name in "ab")
    progress = [epoch / 4 for epoch in range(5)]
    assert [a.weight_at(p) for p in progress] == pytest.approx([4, 3.25, 2.5, 1.75, 1])
    assert [b.weight_at(p) for p in progress] == pytest.approx([2, 4, 6, 6, 6])


def test_terms_for_the_initialisation_have_a_stage_of_their_own_before():
    stages = plan_of(
        *RESNETS,
        "strategy.initialisation_epochs=3",
        "strategy.terms.border.name=activation-boundary",
        "strategy.terms.predictions.name=soft-targets",
    )
    assert [stage.name for stage in stages] == ["teacher", "baseline", "initialisation", "student"]
    first, second = stages[2:]
    assert [term.name for term in first.terms] == ["border"]
    assert first.training_spec.epochs == 3
    assert [term.name for term in second.terms] == ["label loss", "predictions"]
    assert first.networks["student"] is second.networks["student"]


CONTROL = "strategy.terms={control={name='label-smoothing'}}"


def test_a_teacher_that_no_term_reads_is_not_trained():
    assert [stage.name for stage in plan_of(CONTROL)] == ["baseline", "student"]
    _events, states = train(small_experiment(CONTROL, "data.fraction=0.1", strategy="match"))
    assert {name.rpartition("/")[2] for name in states} == {"baseline", "student"}
    assert [stage.name for stage in plan_of(CONTROL, "strategy.baseline=false")] == ["student"]


def test_a_term_that_reads_no_teacher_stands_once_beside_several():
    terms = {"control": matching_terms["label-smoothing"](), "answers": matching_terms["soft-targets"]()}
    model = small_experiment(strategy="hinton").networks["student"]
    experiment = small_experiment(strategy="match")
    roles = dict.fromkeys(("teacher", "teacher-2", "student"), model)
    experiment = experiment.model_copy(
        update={"strategy": Match(terms=terms, teachers=2, baseline=False), "networks": roles}
    )
    *_, stage = small_context(experiment).plan()
    weights = {term.name: term.weight_at(0.0) for term in stage.terms}
    assert weights == {"label loss": 0.9, "control": 0.1, "answers": 0.45, "answers (teacher-2)": 0.45}


def test_projections_are_added_where_sizes_differ_and_are_described():
    *_, stage = plan_of(*RESNETS, "strategy.terms.hint.name=hint")
    (head,) = stage.heads.values()
    assert head.architecture == "1×1 convolution 32 → 64 channels, batch norm, ReLU"
    same = ("networks.teacher.model.width=1", "strategy.terms.hint={name='hint', projection='automatic'}")
    *_, stage = plan_of(*RESNETS, *same)
    assert not stage.heads


def test_a_term_alone_gives_the_same_loss_as_among_others():
    *_, alone = plan_of(*RESNETS, "strategy.terms.look.name=attention")
    *_, among = plan_of(*RESNETS, "strategy.terms.hint.name=hint", "strategy.terms.look.name=attention")
    batch = random_batch()
    losses = [stage.eval()(batch)["look"] for stage in (alone, among)]
    assert torch.equal(*losses)


def test_a_name_with_a_dot_is_refused():
    with pytest.raises(KDStudioError, match="must match pattern"):
        small_experiment("strategy.terms={'a.b'={name='attention'}}", strategy="match")


def test_as_many_taps_are_needed_of_each():
    with pytest.raises(KDStudioError, match="1 student taps and 0 teacher taps; give as many of each"):
        plan_of(*RESNETS, "strategy.terms.look.name=attention", "strategy.terms.look.student_taps=['block1']")


def test_networks_without_taps_are_told():
    with pytest.raises(
        KDStudioError, match=r"the student \(mlp\) has no taps to choose from; give the paths"
    ):
        plan_of("networks.student.model.widths=[]", "strategy.terms.look.name=attention")


def terms_called(*names):
    return {name: matching_terms[name]() for name in names}


@pytest.mark.parametrize(
    ("names", "weight"),
    [
        (("soft-targets",), 0.1),
        (("label-smoothing",), 0.9),
        (("attention",), 1),
        (("soft-targets", "standardised"), 0.1),
        (("soft-targets", "teacher-free"), 0.9),
        (("soft-targets", "attention"), 1),
        (("fsp", "soft-targets"), 0.1),
        (("fsp",), 1),
    ],
)
def test_labels_weigh_as_published_for_the_terms_beside_them(names, weight):
    """Of several the largest; what is learned before does not stand beside them (fsp)."""
    labels = formula_of([label_loss("student", weight)])
    assert Match(terms=terms_called(*names)).formula().startswith(f"{labels} + ")


def test_a_label_weight_that_is_given_is_used_and_an_empty_one_is_none():
    given = Match(terms=terms_called("attention"), label_weight=0.25)
    assert given.formula().startswith("L = 0.25·CE(y, softmax(z_s)) + 1000·")
    assert Match(label_weight="") == Match()
    with pytest.raises(ValidationError):
        Match(label_weight="published")
