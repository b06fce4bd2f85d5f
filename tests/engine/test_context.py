"""Networks, heads and compositions of a run: their names, weights and cards; the stages they learn in."""

import pytest
import torch
from torch import nn

from kdstudio.engine.context import RunContext
from kdstudio.engine.evaluation import evaluate
from kdstudio.engine.loading import load_state
from kdstudio.engine.losses.response import cross_entropy
from kdstudio.engine.stage_run import StageRun
from kdstudio.engine.terms import LABELS, LossTerm, label_loss, soft_loss
from kdstudio.engine.training import TrainingSpec
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape
from kdstudio.models.heads.classifier import Classifier
from kdstudio.models.heads.declaration import HeadSpec
from kdstudio.models.heads.mean_prediction import MeanPrediction
from kdstudio.models.heads.selection import ClassSelection
from tests.small import (
    CPU,
    digits,
    perceptron,
    random_batch,
    same_state,
    small_context,
    small_experiment,
    some_scores,
)

DEEP = "networks.student.model={name='mlp', widths=[8, 6, 5]}"


def state(network):
    return network.module.state_dict()


def test_initial_weights_depend_on_seed_role_and_draw_alone():
    context = small_context(small_experiment())
    first = state(context.network("student"))
    torch.rand(99)
    context.network("teacher")
    assert same_state(first, state(context.control()))
    assert same_state(first, state(context.network("student", "of its own", generation=7)))
    others = [
        context.networks["teacher"],
        context.network("student", draw=1, generation=1),
        small_context(small_experiment("seed=1")).network("student"),
    ]
    for other in map(state, others):
        assert not any(torch.equal(first[key], other[key]) for key in first)


def test_the_weights_are_those_of_torchs_own_generator():
    """By the seed that the run derives for the role; dropout and the like have none."""
    from kdstudio.data.seeding import derived_seed

    experiment = small_experiment("seed=5")
    torch.manual_seed(derived_seed(5, "weights", "student", 3))
    expected = experiment.networks["student"].model.build(ImageShape(1, 8, 8), 10).state_dict()
    found = small_context(experiment).network("student", draw=3)
    assert same_state(state(found), expected)


def test_building_a_network_leaves_the_global_random_state_alone():
    context = small_context(small_experiment())
    before = torch.get_rng_state()
    context.network("student")
    context.head("head", lambda: nn.Linear(3, 4), "student.block1")
    assert torch.equal(torch.get_rng_state(), before)


def test_names_kinds_and_cards_follow_from_role_and_coordinates():
    context = small_context(small_experiment())
    context.network("teacher")
    context.network("student", generation=2)
    context.control(classes=[7, 3], seed=1)
    found = {
        name: (e.identity.kind, e.identity.coordinates, e.logits) for name, e in context.scorable.items()
    }
    assert found == {
        "teacher": ("teacher", {}, "teacher.logits"),
        "generation-2": ("student", {"generation": 2}, "generation-2.logits"),
        "baseline seed-1": ("control", {"seed": 1}, "baseline seed-1.logits"),
    }
    assert list(context.networks) == list(found)
    card = context.scorable["baseline seed-1"].card
    assert (card.network, card.class_names, card.image) == ("baseline seed-1", ("7", "3"), (1, 8, 8))
    assert card.model == context.experiment.networks["student"].model
    assert card.composition is None
    assert context.networks["baseline seed-1"].parameter_count() == 64 * 8 + 8 + 8 * 2 + 2
    assert (card.mean, card.std) == (digits().mean, digits().std)


def test_two_networks_of_one_name_are_refused():
    context = small_context(small_experiment())
    context.network("student", generation=1)
    with pytest.raises(KDStudioError, match=r"two networks are called 'generation-1'; give them coordinates"):
        context.network("student", generation=1, draw=2)


def test_a_network_can_start_from_what_another_has_learned():
    context = small_context(small_experiment())
    student = context.network("student")
    with torch.no_grad():
        for parameter in student.parameters():
            parameter.add_(1)
    snapshot = context.network("student", "snapshot", start_from=student, snapshot=1)
    assert same_state(state(snapshot), state(student))
    before = {key: value.clone() for key, value in state(snapshot).items()}
    with torch.no_grad():
        next(student.parameters()).zero_()
    assert same_state(state(snapshot), before)


def test_starting_from_another_architecture_is_refused():
    context = small_context(small_experiment("networks.teacher.model.widths=[9]"))
    teacher = context.network("teacher")
    with pytest.raises(KDStudioError, match=r"weights given for the copy-1, from teacher do not fit"):
        context.network("student", start_from=teacher, copy=1)


def test_outputs_for_some_classes_begin_as_the_whole_network_wherever_shapes_agree():
    context = small_context(small_experiment())
    whole, part = state(context.network("student")), state(context.control(classes=[4, 1]))
    assert torch.equal(whole["block1.linear.weight"], part["block1.linear.weight"])
    assert part["classifier.weight"].shape == (2, 8)


def test_a_plan_is_followed_with_new_networks_each_time():
    context = small_context(small_experiment())
    first = [dict(stage.networks) for stage in context.plan()]
    second = [dict(stage.networks) for stage in context.plan()]
    assert [list(networks) for networks in first] == [list(networks) for networks in second]
    assert first[-1]["student"] is not second[-1]["student"]
    assert context.networks["student"] is second[-1]["student"]


def test_given_weights_are_loaded():
    state = small_context(small_experiment("seed=5")).network("teacher").module.state_dict()
    experiment = small_experiment(
        "networks.teacher.weights.origin=file", "networks.teacher.weights.path=some.safetensors"
    )
    asked = []

    def load(source, class_names):
        asked.append((source.path, class_names))
        return state

    context = RunContext(experiment, digits(), CPU, load)
    assert (context.is_loaded("teacher"), context.is_loaded("student")) == (True, False)
    assert same_state(context.network("teacher").module.state_dict(), state)
    assert asked == [("some.safetensors", tuple("0123456789"))]


def test_weights_of_another_architecture_are_refused_with_the_reason():
    wide, other = perceptron("wide", width=5).module, perceptron("other", width=3).module
    with pytest.raises(KDStudioError, match=r"the teacher do not fit .*\(5, 64\) in the file, \(3, 64\) in"):
        load_state(other, wide.state_dict(), "teacher")
    state = {key: value for key, value in other.state_dict().items() if "classifier" not in key}
    with pytest.raises(KDStudioError, match=r"2 missing \(classifier.bias …\)"):
        load_state(other, state, "teacher")
    with pytest.raises(KDStudioError, match=r"1 unknown \(extra …\)"):
        load_state(other, other.state_dict() | {"extra": torch.zeros(1)}, "teacher")


def test_a_network_that_does_not_fit_the_image_is_named(monkeypatch):
    context = small_context(small_experiment("networks.student.model.name=lenet"))
    monkeypatch.setattr(type(context.data), "image", ImageShape(1, 3, 3))
    with pytest.raises(KDStudioError, match="'lenet 16' cannot be built for images of 1×3×3"):
        context.network("student")


def test_a_heads_first_weights_depend_on_the_runs_seed_and_its_name_alone():
    def weights(name, *settings):
        return (
            small_context(small_experiment(*settings)).head(name, lambda: nn.Linear(3, 4), "a").module.weight
        )

    torch.manual_seed(1)
    first = weights("hint")
    torch.manual_seed(2)
    assert torch.equal(weights("hint"), first)
    assert not torch.equal(weights("other"), first)
    assert not torch.equal(weights("hint", "seed=1"), first)


def test_shapes_of_taps_are_those_of_one_image_and_nothing_moves():
    context = small_context(small_experiment())
    network = context.network("student")
    assert context.shape(network, "block1") == (8,)
    assert context.shape(network, "logits") == (10,)
    assert network.training


def test_what_a_relu_is_fed_with_is_as_the_model_declares_or_found():
    context = small_context(small_experiment("networks.student.model={name='wide-resnet', depth=10}"))
    student, teacher = context.network("student"), context.network("teacher")
    assert context.preactivation(student, "block2") == "block3.0.activation.norm"
    assert context.preactivation(student, "block2.0.activation") == "block2.0.activation.norm"
    assert context.preactivation(teacher, "block1") == "block1.linear"
    assert context.preactivation(teacher, "block1.linear") == "block1.linear"
    assert isinstance(context.activation(teacher, "block1"), nn.ReLU)
    assert context.activation(student, "block2") is None
    assert student.training


def test_a_declared_head_is_built_from_its_declaration_and_described():
    context = small_context(small_experiment())
    context.network("student")
    head = context.head("exit", Classifier(features=(8,), classes=10), "student.block1")
    assert (head.spec, head.architecture) == (Classifier(features=(8,), classes=10), "linear")
    again = small_context(small_experiment()).head("exit", head.spec, "student.block1", architecture="own")
    assert same_state(head.state_dict(), again.state_dict())
    assert again.architecture == "own"


# Compositions


def deep():
    """A student of three blocks, in eval mode; its context."""
    context = small_context(small_experiment(DEEP))
    return context, context.network("student").eval()


def exit_at(context, tap, width, number):
    head = context.head(
        f"exit-{number} classifier", Classifier(features=(width,), classes=10), f"student.{tap}"
    )
    return context.compose(head, "exit", exit=number), head


def values_of(context, *addresses):
    stage = context.stage("any", [LossTerm("none", sum, addresses, ())], recipe=TrainingSpec(), scored=[])
    with torch.no_grad():
        return stage.eval().values(random_batch(9), addresses)


def check_rebuilt(context, scorable, expected):
    """Assembled and rebuilt it answers as the stage does; rebuilt from the card as JSON, bit for bit."""
    module, images = context.module_of(scorable.name).eval(), random_batch(9).images
    rebuilt = type(scorable.card).model_validate_json(scorable.card.model_dump_json()).build().eval()
    rebuilt.load_state_dict(module.state_dict())
    with torch.no_grad():
        assert torch.equal(module(images), expected)
        assert torch.equal(rebuilt(images), expected)
    return module


def check_shared(context, module, *parts):
    """Every weight of the composition is one that is in training."""
    known = {id(p) for name in parts for p in (context.networks | context.heads)[name].parameters()}
    assert {id(parameter) for parameter in module.parameters()} <= known


def row_of(context, scorable):
    """The row that a stage in which the student learns tells of a composition."""
    stage = context.stage("student", [label_loss("student")], scored=[scorable])
    run = StageRun(stage, CPU, "float32")
    run.end_epoch({}, {scorable.name: some_scores()})
    return evaluate(run, scorable.name, context).result


def test_an_early_exit_is_the_trunk_up_to_its_tap_and_its_head():
    context, _student = deep()
    scorable, head = exit_at(context, "block2", 6, 1)
    module = check_rebuilt(context, scorable, values_of(context, head.name)[head.name])
    check_shared(context, module, "student", head.name)
    count = 64 * 8 + 8 + 8 * 6 + 6 + 6 * 10 + 10
    assert sum(p.numel() for p in module.parameters()) == count
    assert not any(
        "block3" in key or "networks.student.module.classifier" in key for key in module.state_dict()
    )
    row = row_of(context, scorable)
    assert (row.parameters, row.multiply_adds) == (count, 64 * 8 + 8 * 6 + 6 * 10)
    assert (row.name, row.kind, row.coordinates) == ("exit-1", "exit", {"exit": 1})


def test_a_branch_may_read_two_taps():
    class Sides(nn.Module):
        """Learns from two values."""

        def __init__(self):
            super().__init__()
            self.one, self.other = nn.Linear(8, 10), nn.Linear(6, 10)

        def forward(self, one, other):
            return self.one(one) + self.other(other)

    class TwoSides(HeadSpec):
        """Made up for a test; in no registry."""

        name: str = "two-sides"

        def build(self):
            return Sides()

    context, _student = deep()
    head = context.head("sides", TwoSides(), "student.block1", "student.block2")
    module = context.module_of(context.compose(head, "branch").name).eval()
    with torch.no_grad():
        assert torch.equal(module(random_batch(9).images), values_of(context, "sides")["sides"])
    count = 64 * 8 + 8 + 8 * 6 + 6 + 8 * 10 + 10 + 6 * 10 + 10
    assert sum(p.numel() for p in module.parameters()) == count
    row = row_of(context, context.scorable["branch"])
    assert (row.parameters, row.multiply_adds) == (count, 64 * 8 + 8 * 6 + 8 * 10 + 6 * 10)


def test_an_ensemble_is_all_its_networks():
    context = small_context(small_experiment("networks.teacher.model.widths=[5]"))
    networks = [context.network("teacher").eval(), context.network("student").eval()]
    mean = context.head("mean", MeanPrediction(), *(network.logits for network in networks))
    scorable = context.compose(mean, "ensemble")
    module = check_rebuilt(context, scorable, values_of(context, "mean")["mean"])
    check_shared(context, module, "teacher", "student")
    with torch.no_grad():
        shares = [network.module(random_batch(9).images).softmax(1) for network in networks]
        torch.testing.assert_close(module(random_batch(9).images).softmax(1), sum(shares) / 2)
    count = 64 * 5 + 5 + 5 * 10 + 10 + 64 * 8 + 8 + 8 * 10 + 10
    row = row_of(context, scorable)
    assert (row.parameters, row.multiply_adds) == (count, 64 * 5 + 5 * 10 + 64 * 8 + 8 * 10)
    assert row.architecture == "mlp 5 + mlp 8 + mean prediction"


def test_a_selection_has_the_names_of_its_classes():
    context = small_context(small_experiment())
    teacher = context.network("teacher").eval()
    phi = context.head("φ", ClassSelection(classes=(7, 2), of=10), teacher.logits)
    scorable = context.compose(phi, "teacher", role="selected teacher", classes=[7, 2])
    expected = values_of(context, teacher.logits)[teacher.logits][:, [7, 2]]
    module = check_rebuilt(context, scorable, expected)
    assert scorable.card.class_names == ("7", "2")
    assert sum(p.numel() for p in module.parameters()) == teacher.parameter_count()


def test_an_ensemble_of_exits_holds_each_part_once():
    context, student = deep()
    heads = [
        exit_at(context, tap, width, n)[1] for n, (tap, width) in enumerate((("block1", 8), ("block3", 5)))
    ]
    mean = context.head("mean", MeanPrediction(), *(head.name for head in heads), student.logits)
    scorable = context.compose(mean, "ensemble")
    module = check_rebuilt(context, scorable, values_of(context, "mean")["mean"])
    count = student.parameter_count() + sum(head.parameter_count() for head in heads)
    assert sum(p.numel() for p in module.parameters()) == count
    row = row_of(context, scorable)
    whole = 64 * 8 + 8 * 6 + 6 * 5 + 5 * 10
    assert (row.parameters, row.multiply_adds) == (count, whole + 8 * 10 + 5 * 10)


def test_weights_of_an_exit_follow_the_training():
    context, student = deep()
    scorable, _head = exit_at(context, "block1", 8, 1)
    before = context.module_of(scorable.name)(random_batch().images)
    with torch.no_grad():
        student.module.block1.linear.weight.zero_()
    assert not torch.equal(context.module_of(scorable.name)(random_batch().images), before)


@pytest.mark.parametrize("undeclared", ["first", "last"])
def test_a_head_that_is_not_declared_leaves_no_card(undeclared):
    context, _student = deep()
    specs = {"first": Classifier(features=(8,), classes=6), "last": Classifier(features=(6,), classes=10)}
    makers = {name: spec.build if name == undeclared else spec for name, spec in specs.items()}
    context.head("first", makers["first"], "student.block1")
    scorable = context.compose(context.head("last", makers["last"], "first"), "branch")
    assert scorable.card is None
    assert context.module_of("branch") is None
    row = row_of(context, scorable)
    parts = [context.networks["student"], context.heads["first"], context.heads["last"]]
    assert row.parameters == sum(part.parameter_count() for part in parts)
    assert row.multiply_adds is None


@pytest.mark.parametrize("given", ["labels", "index", "images"])
def test_a_head_fed_with_what_is_given_leaves_no_card(given):
    context, student = deep()
    scorable = context.compose(context.head("mean", MeanPrediction(), student.logits, given), "odd")
    assert (scorable.card, scorable.logits) == (None, "mean")


# Stages


def test_a_stage_has_the_networks_and_heads_behind_what_its_terms_name_and_no_others():
    context = small_context(small_experiment())
    teacher, student, _other = (
        context.network("teacher").freeze(),
        context.network("student"),
        context.control(),
    )
    early = context.head("early", lambda: nn.Linear(8, 6), "student.block1")
    late = context.head("late", lambda: nn.Linear(6, 8), early.name)
    context.head("unread", lambda: nn.Linear(8, 8), "student.block1")
    term = LossTerm("hint", nn.functional.mse_loss, late.name, ("teacher.block1",))
    stage = context.stage("hint", [term, label_loss("student")])
    assert list(stage.networks) == ["teacher", "student"]
    assert (stage.networks["teacher"], stage.networks["student"]) == (teacher, student)
    assert list(stage.heads) == ["early", "late"]
    assert stage.scored == {"teacher": "teacher.logits", "student": "student.logits"}
    assert stage.training_spec == context.recipe("student")
    assert list(stage.learners(0)) == ["early", "late", "student"]


def test_what_is_scored_is_in_the_stage_even_where_no_term_reads_it():
    context, student = deep()
    other = context.control()
    scorable, _head = exit_at(context, "block1", 8, 1)
    stage = context.stage("student", [label_loss("student")], scored=[scorable, other, student])
    assert stage.scored == {
        "exit-1": "exit-1 classifier", "baseline": "baseline.logits", "student": "student.logits",
    }  # fmt: skip
    assert list(stage.networks) == ["student", "baseline"]
    assert list(stage.heads) == ["exit-1 classifier"]
    assert context.stage("silent", [label_loss("student")], scored=[]).scored == {}


def test_the_recipe_is_that_of_the_networks_that_learn():
    context = small_context(small_experiment("networks.teacher.training.epochs=9"))
    teacher, _student = context.network("teacher"), context.network("student")
    terms = [soft_loss("student", [teacher.logits], 2.0)]
    assert context.stage("student", terms).training_spec.epochs == 2
    assert context.stage("teacher", [label_loss("teacher")]).training_spec.epochs == 9
    given = TrainingSpec(epochs=77)
    assert context.stage("both", [label_loss("teacher"), *terms], recipe=given).training_spec is given


def test_networks_with_other_recipes_are_refused_side_by_side_with_the_fields_named():
    settings = ("networks.teacher.training.epochs=9", "networks.teacher.training.max_norm=2")
    context = small_context(small_experiment(*settings))
    context.network("student")
    context.network("teacher")
    with pytest.raises(KDStudioError) as caught:
        context.stage("both", [label_loss("student")], [label_loss("teacher")])
    assert str(caught.value) == (
        "all networks learn side by side, but teacher has another epochs, max_norm than student; "
        "make networks.teacher.training equal to networks.student.training"
    )
    context.networks["teacher"].freeze()
    assert context.stage("both", [label_loss("student")], [label_loss("teacher")])


def test_networks_of_one_role_or_of_equal_recipes_learn_side_by_side():
    context = small_context(small_experiment())
    names = [context.network(role).name for role in ("student", "teacher")] + [context.control().name]
    stage = context.stage("all", *([label_loss(name)] for name in names))
    assert [list(stage.learners(update)) for update in range(3)] == [[name] for name in names]


def test_a_stage_in_which_no_network_learns_needs_a_recipe():
    context = small_context(small_experiment())
    context.network("student").freeze()
    head = context.head("head", lambda: nn.Linear(8, 10), "student.block1")
    terms = [LossTerm("label loss", cross_entropy, head.name, (LABELS,))]
    with pytest.raises(KDStudioError, match=r"no network learns in stage 'heads'; give the stage a recipe"):
        context.stage("heads", terms)
    assert list(context.stage("heads", terms, recipe=context.recipe("student")).learners(0)) == ["head"]


def test_heads_learn_by_the_recipe_of_the_network_below():
    context = small_context(small_experiment())
    context.network("student")
    head = context.head("head", lambda: nn.Linear(8, 10), "student.block1")
    stage = context.stage("heads", [LossTerm("label loss", cross_entropy, head.name, (LABELS,))])
    assert stage.training_spec == context.recipe("student")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda run, net: run.head("h", nn.Linear(8, 10), net.logits), "give what makes the module"),
        (lambda run, net: run.stage("s", label_loss(net)), "an update is a list of terms"),
        (lambda run, net: run.shape(net, "student.block1"), "gives no 'student.block1'"),
    ],
)
def test_a_slip_in_a_plan_is_told_with_its_remedy(wrong, told):
    run = small_context(small_experiment(strategy="supervised"))
    with pytest.raises(KDStudioError, match=told):
        wrong(run, run.network("student"))


def test_labels_can_be_learned_by_a_head():
    run = small_context(small_experiment(strategy="supervised"))
    student = run.network("student")
    head = run.head("branch", lambda: nn.Linear(8, 10), "student.block1")
    assert label_loss(head).inputs == "branch"
    assert label_loss(student).inputs == label_loss("student").inputs == "student.logits"


@pytest.mark.parametrize("family", ["resnet", "mobilenet-v2", "shufflenet-v2"])
def test_a_network_built_from_its_card_answers_as_in_the_run_bit_for_bit(family):
    """Its weights lie with channels last, which no file tells."""
    depth = ", depth=8" if family == "resnet" else ""
    run = small_context(small_experiment(f"networks.student.model={{name='{family}'{depth}}}"))
    student, batch = run.network("student"), random_batch(33)
    StageRun(run.stage("student", [label_loss(student)]).train(), CPU, "float32").take_step(
        batch, 0.1, {"label loss": 1.0}
    )
    rebuilt = run.scorable["student"].card.build().eval()
    load_state(rebuilt, {key: value.contiguous() for key, value in state(student).items()}, "student")
    student.eval()
    with torch.no_grad():
        assert torch.equal(rebuilt(batch.images), student(batch, ("logits",))["logits"])


def test_heads_of_others_may_take_what_they_read_for_contiguous():
    """Ours lay convolutions with channels last; ``.view`` of such features would fail."""

    class Viewing(nn.Linear):
        def forward(self, features):
            return super().forward(features.view(len(features), -1))

    run = small_context(small_experiment("networks.student.model={name='resnet', depth=8}"))
    student = run.network("student")
    convolution = student.module.get_submodule("block1.0.add.body.first.conv")
    assert convolution.weight.is_contiguous(memory_format=torch.channels_last)
    run.head("weight", nn.Flatten, "student.block1.0.add.body.first.conv.weight")
    head = run.head("viewing", lambda: Viewing(16 * 8 * 8, 10), "student.block1")
    stage = run.stage("student", [label_loss(head)]).train()
    step = StageRun(stage, CPU, "float32")
    step.take_step(random_batch(), 0.1, {"label loss": 1.0})
    assert convolution.weight.grad.is_contiguous(memory_format=torch.channels_last)
