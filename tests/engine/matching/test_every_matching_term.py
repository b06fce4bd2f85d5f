import pytest
import torch

from kdstudio.engine.dry_run import dry_run
from kdstudio.engine.matching.declaration import Pair, matching_terms
from kdstudio.engine.optimization import AdamW
from kdstudio.engine.stage_run import StageRun
from kdstudio.engine.strategies.match import Match
from tests.small import CPU, same_state, small_context, small_experiment, train

every_term = pytest.mark.parametrize("name", list(matching_terms))
STUDENTS = {
    "narrower teacher": "{name='resnet', depth=8, width=2}",
    "wide resnet": "{name='wide-resnet', depth=10, width=1}",
    "equal": "{name='resnet', depth=14}",
}
every_student = pytest.mark.parametrize("student", STUDENTS.values(), ids=STUDENTS)


def experiment(name, student=STUDENTS["narrower teacher"], *settings):
    """The term alone, beside the labels, between two small networks."""
    return small_experiment(
        f"strategy.terms.matched={{name='{name}'}}",
        "strategy.baseline=false",
        "strategy.initialisation_epochs=2",
        "data.fraction=0.1",
        "networks.teacher.model={name='resnet', depth=14}",
        f"networks.student.model={student}",
        "networks.teacher.training.epochs=1",
        "networks.student.training.batch_size=64",
        *settings,
        strategy="match",
    )


def matched_stage(name, student=STUDENTS["narrower teacher"]):
    """The stage that the term is learned in, untrained and by itself, ready for training."""
    context = small_context(experiment(name, student))
    teacher, student = context.network("teacher").freeze(), context.network("student")
    plan = matching_terms[name]().plan(Pair(context, teacher, student, "matched", epochs=30))
    terms = None
    while terms is None:
        try:
            rehearse_once(context, next(plan))
        except StopIteration as done:
            terms = done.value
    recipe = context.recipe("student").model_copy(update={"optimizer": AdamW()})
    stage = context.stage("student", terms, recipe=recipe, scored=[teacher, student])
    return context, rehearse_once(context, stage)


def rehearse_once(context, stage):
    stage.dry_run(first_batch(context, stage))
    return stage


def first_batch(context, stage):
    return next(context.data.training_feed(stage.training_spec).shuffled(0))


@every_term
def test_it_tells_what_it_is(name):
    term = matching_terms[name]()
    assert term.formula()
    assert len(term.headline()) > 20
    for field, info in type(term).model_fields.items():
        assert field == "name" or (info.title and info.description), field


@every_student
@every_term
def test_it_can_be_rehearsed(name, student):
    outlines = dry_run(small_context(experiment(name, student)))
    assert [term for outline in outlines for term in outline.terms].count("matched") == 1


@pytest.mark.slow
@every_student
@every_term
def test_a_few_steps_lower_its_loss(name, student):
    context, stage = matched_stage(name, student)
    run, losses = StageRun(stage, CPU, "float32"), []
    batch = first_batch(context, stage)
    stage.train()
    for _step in range(12):
        before = {term: total.item() for term, total in run.losses.items()}
        torch.manual_seed(0)
        run.take_step(batch, 0.001, run.weights())
        losses.append(sum(total.item() - before[term] for term, total in run.losses.items()))
    assert losses[-1] < losses[0]


@every_term
def test_gradient_reaches_the_student_and_never_the_teacher(name):
    context, stage = matched_stage(name)
    sum(stage.train()(first_batch(context, stage)).values()).backward()
    teacher, student = stage.networks["teacher"], stage.networks["student"]
    assert all(parameter.grad is None for parameter in teacher.parameters())
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in student.parameters())


@pytest.mark.slow
@every_term
def test_a_run_in_bfloat16_is_finite_and_repeats_itself(name):
    settings = ("compute.precision=bfloat16", "networks.student.training.optimizer.learning_rate=0.001")
    one, again = (train(experiment(name, STUDENTS["narrower teacher"], *settings)) for _ in range(2))
    for state, same in zip(one[1].values(), again[1].values(), strict=True):
        assert all(value.isfinite().all() for value in state.values())
        assert same_state(state, same)
    assert any("matched" in losses for event in one[0] if (losses := getattr(event, "losses", None)))


@every_term
def test_the_frozen_teacher_is_left_as_it_was(name):
    context, stage = matched_stage(name)
    teacher = stage.networks["teacher"].module
    before = {key: value.clone() for key, value in teacher.state_dict().items()}
    run = StageRun(stage, CPU, "float32")
    stage.train()
    for _step in range(2):
        run.take_step(first_batch(context, stage), 0.001, run.weights())
    assert same_state(before, teacher.state_dict())


def test_terms_that_are_learned_before_have_a_stage_before():
    match = Match(terms={"a": matching_terms["activation-boundary"](), "b": matching_terms["attention"]()})
    stages = list(match.plan(small_context(experiment("fsp"))))
    assert [stage.name for stage in stages] == ["teacher", "baseline", "initialisation", "student"]
    assert [[term.name for term in stage.terms] for stage in stages[2:]] == [["a"], ["label loss", "b"]]
