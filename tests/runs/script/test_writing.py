"""Whole scripts: they compile, are formatted, and learn what a run learns."""

import ast
import subprocess
import sys
from typing import ClassVar, Literal

import pytest
import torch
from torch.nn import functional

from kdstudio.data.feed import Batch
from kdstudio.engine.dry_run import follow
from kdstudio.engine.events import StageDone
from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.engine.strategy import Strategy, strategies
from kdstudio.engine.terms import LABELS, LossTerm, label_loss
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import models
from kdstudio.runs.presets import load_experiment, preset_names
from kdstudio.runs.script.definitions import IMPORTED
from kdstudio.runs.script.writing import write_script
from tests.runs.script.scripts import images_of, loaded, results_of, some_images
from tests.small import digits, small_context, small_experiment, train

SHAPES = {"digits": (1, 8, 8), "mnist": (1, 28, 28)}
ROUNDED = "quantise"
"""Its students are of another architecture than the experiment describes."""
PRESETS = [
    pytest.param(name, marks=[pytest.mark.slow] if "cifar" in name else [])
    for name in preset_names()
    if load_experiment(name).strategy.name != ROUNDED
]
FAMILIES = [name for name, entry in models.items() if not (entry.library or entry.runs_code or entry.rounds)]
PLAIN = ("networks.{}.model.dropout=0", "networks.{}.training.optimizer.weight_decay=0.001")
RESNETS = tuple(f"networks.{role}.model={{name='resnet', depth=8}}" for role in ("teacher", "student"))


def fitting_images(experiment):
    source = experiment.data.source
    shape = SHAPES.get(source.name, (3, *(getattr(source, "size", 32),) * 2))
    classes = 100 if source.name == "cifar100" else 10
    return some_images(shape, classes, 60 if classes == 100 else 20)


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_becomes_a_formatted_script_that_compiles_and_imports_torch_alone(name, tmp_path):
    experiment = load_experiment(name).model_copy(update={"sweep": {}})
    text = write_script(experiment, fitting_images(experiment)).text
    compile(text, name, "exec")
    imports = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import | ast.ImportFrom)]
    named = {getattr(n, "module", None) or n.names[0].name for n in imports}
    assert {module.partition(".")[0] for module in named} <= IMPORTED
    file = tmp_path / "script.py"
    file.write_text(text)
    for check in (["format", "--check"], ["check", "--select", "F,E,B"]):
        options = ["--isolated", "--no-cache", "--line-length", "110"]
        done = subprocess.run([sys.executable, "-m", "ruff", *check, *options, file], capture_output=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_networks_of_every_family_are_those_of_a_run(family, tmp_path):
    model = models[family].smallest()
    data, experiment = some_images(), small_experiment("compute.threads=1", strategy="supervised")
    student = experiment.networks["student"].model_copy(update={"model": model})
    experiment = experiment.model_copy(update={"networks": {"student": student}})
    module = loaded(experiment, data, tmp_path)
    made = module.fresh(module.make_student, 0, "student", 0)
    own = own_context(experiment, data).network("student").module
    assert made.state_dict().keys() == own.state_dict().keys()
    images = torch.randn(2, 3, 32, 32)
    assert torch.allclose(made.eval()(images), own.eval()(images), atol=1e-5)


def test_networks_that_round_are_refused_in_words():
    with pytest.raises(KDStudioError, match=r"another architecture than its student's \(int8 mlp 8\)"):
        write_script(small_experiment(strategy=ROUNDED), digits())


def own_context(experiment, data):
    context = small_context(experiment)
    return type(context)(experiment, data, torch.device("cpu"))


def test_a_network_of_torchvision_is_made_by_torchvision(tmp_path):
    chosen = "networks.student.model={name='torchvision', architecture='squeezenet1_1', size=32}"
    experiment = small_experiment(chosen, strategy="supervised")
    module = loaded(experiment, some_images(), tmp_path)
    made = module.fresh(module.make_student, 0, "student", 0)
    own = own_context(experiment, some_images()).network("student").module
    assert made.state_dict().keys() == own.state_dict().keys()
    images = torch.randn(2, 3, 32, 32)
    assert torch.allclose(made.eval()(images), own.eval()(images), atol=1e-5)


def told_of_runs(experiment, data):
    """Loss and gradients of each update of each stage, all networks in eval mode."""
    context, found = own_context(experiment, data), []
    for stage, _summary in follow(context, lambda _what: None):
        stage.eval()
        batch = sample(data, stage.classes if stage.renumber else ())
        for number, terms in enumerate(stage.updates):
            stage.zero_grad()
            torch.manual_seed(0)
            losses = stage(Batch(*batch, torch.zeros(len(batch[1]), dtype=torch.long)), number)
            total = sum(term.weight_at(0.0) * losses[term.name] for term in terms)
            total.backward()
            found.append((total, gradients(stage.learners(number).values())))
    return found


def sample(data, classes=()):
    index = torch.arange(0, 60, 3)
    mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in (data.mean, data.std))
    labels = data.train.labels[index]
    images = (data.train.images[index].float() / 255 - mean) / std
    return images, labels % len(classes) if classes else labels, index


def gradients(parts):
    return [p.grad for part in parts for p in part.parameters() if p.grad is not None]


def told_of_script(experiment, data, folder):
    """The same of its script, in which nothing is trained."""
    module, found = loaded(experiment, data, folder), []

    def look(seen, _recipe, updates, _scored, _seed):
        for learner in (learner for update in updates for learner in update.learners):
            learner.eval()
        for update in updates:
            for learner in update.learners:
                learner.zero_grad()
            classes = sorted({*seen.train.labels.tolist()})
            few = () if len(classes) == len(data.class_names) or classes[-1] >= len(classes) else classes
            torch.manual_seed(0)
            total = update.loss(module.Batch(*sample(data, few)), 0)
            total.backward()
            found.append((total, gradients(update.learners)))
        return {}

    module.train = look
    results_of(module, images_of(module, data, experiment), experiment.seed)
    return found


def assert_alike(experiment, data, folder):
    own, other = told_of_runs(experiment, data), told_of_script(experiment, data, folder)
    assert len(own) == len(other)
    for (loss, steps), (same_loss, same_steps) in zip(own, other, strict=True):
        assert same_loss.item() == pytest.approx(loss.item(), rel=1e-4, abs=1e-7)
        assert len(steps) == len(same_steps) > 0
        for one, two in zip(steps, same_steps, strict=True):
            assert torch.allclose(one, two, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("strategy", [name for name in strategies if name != ROUNDED])
def test_losses_and_gradients_of_every_strategy_are_those_of_a_run(strategy, tmp_path):
    settings = []
    if strategy == "self-distillation":
        settings = ["networks.student.model={name='resnet', depth=8}"]
    if strategy == "hinton-mistakes":  # a teacher in training mode draws
        settings = ["networks.teacher.model.dropout=0"]
    if strategy == "specialise":
        settings = ["strategy.classes=[7, 8]", "strategy.variance=0.1", "strategy.orthogonality=0.1"]
    assert_alike(small_experiment(*settings, strategy=strategy), digits(), tmp_path)


@pytest.mark.parametrize("settings", [
    ("strategy.teachers=2", "strategy.teacher_weights=[1, 3]", "strategy.divergence=ce"),
    ("strategy.alpha=0", "seeds=3", "teacher_for_each_seed=true"),
    ("data.classes=[7, 1, 4]", "data.renumber=true"),
])  # fmt: skip
def test_so_are_those_of_other_settings(settings, tmp_path):
    networks = {"networks.teacher-2": "networks.teacher"} if "strategy.teachers=2" in settings else {}
    more = [f"{new}.model={{name='mlp', widths=[6]}}" for new in networks]
    data = some_images((1, 8, 8), 3) if "data.renumber=true" in settings else digits()
    settings = [s for s in settings if "renumber" not in s and "classes" not in s]
    assert_alike(small_experiment(*settings, *more), data, tmp_path)


@pytest.mark.parametrize("variant", ["confidence", "permuted"])
def test_so_are_those_of_the_variants_of_born_again_networks(variant, tmp_path):
    settings = [f"strategy.variant={variant}", "strategy.labels=true", "strategy.generations=2"]
    assert_alike(small_experiment(*settings, strategy="born-again"), digits(), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("term", [*matching_terms])
def test_losses_and_gradients_of_every_matching_term_are_those_of_a_run(term, tmp_path):
    chosen = f"strategy.terms={{it={{name='{term}'}}}}"
    assert_alike(small_experiment(*RESNETS, chosen, strategy="match"), digits(), tmp_path)


def test_a_script_trains_to_the_same_errors_as_a_run(tmp_path):
    """Without dropout and augmentation both draw the same numbers."""
    settings = [text.format(role) for role in ("teacher", "student") for text in PLAIN]
    settings += ["networks.teacher.training.max_norm=2.0", "networks.student.training.epochs=3"]
    experiment = small_experiment(*settings)
    events, _states = train(experiment)
    module = loaded(experiment, digits(), tmp_path)
    found = results_of(module, images_of(module, digits(), experiment), 0)
    done = {n: r for e in events if isinstance(e, StageDone) for n, r in e.networks.items()}
    assert {n: (r.last, r.best, r.images) for n, r in found.items()} == {
        n: (r.last_epoch.test.errors, r.best_epoch.test.errors, r.test.count) for n, r in done.items()
    }


class Again(Strategy):
    """A strategy of a package that is not ours, with a loss made within its plan."""

    name: Literal["again"] = "again"
    share: float = 0.25
    describes: ClassVar = ("student",)

    def formula(self):
        return "L = share·CE"

    def plan(self, run):
        first = run.network("student")
        yield run.stage("student", [label_loss("student")])
        second = run.network("student", draw=1, start_from=first, way="again")
        powers = [1, 2]

        def shared(logits, labels):
            return self.share * sum(functional.cross_entropy(logits, labels) ** p for p in powers)

        yield run.stage("again", [LossTerm("shared loss", shared, second.logits, (LABELS,))])


def test_strategies_of_others_are_written_too(tmp_path):
    experiment = small_experiment(strategy="supervised").model_copy(update={"strategy": Again()})
    assert_alike(experiment, digits(), tmp_path)
    text = write_script(experiment, digits()).text
    assert "powers = [1, 2]" in text
    assert "return 0.25 * sum(functional.cross_entropy(logits, labels) ** p for p in powers)" in text
    assert "begin_as(again, student)" in text


def test_peers_with_batch_norm_are_listened_to():
    networks = [f"networks.net-{n}.model={{name='resnet', depth=8}}" for n in (1, 2)]
    text = write_script(small_experiment(*networks, strategy="mutual"), digits()).text
    assert (
        "with listening(net_2_mutual):\n            net_2_mutual_logits = net_2_mutual(batch.images)" in text
    )


def test_a_run_in_bfloat16_trains_in_it():
    text = write_script(small_experiment("compute.precision=bfloat16"), digits()).text
    assert "    bfloat16=True,\n" in text
    assert "student_logits = student(batch.images).float()" in text


def test_it_says_where_it_comes_from_and_how_it_is_run():
    text = write_script(load_experiment("digits-hinton"), digits(), "mine.py").text
    said = ast.get_docstring(ast.parse(text))
    assert "Distilling the Knowledge in a Neural Network" in said
    assert "L = 0.1·CE(y, softmax(z_s)) + 0.9·2²·KL(softmax(z_t/2) ‖ softmax(z_s/2))" in said
    assert "    python mine.py --seeds 5" in said
    assert "KDStudioError" not in text


@pytest.mark.parametrize(("settings", "reason"), [
    (["sweep={'strategy.temperature'=[1, 2]}"], "it sweeps strategy.temperature"),
    (["networks.teacher.weights={origin='run', run='x'}"], "its teacher is loaded"),
    (["networks.student.training.views_per_image=4"], "its student keeps to some views"),
    (["networks.student.model={name='timm', architecture='resnet18'}"], "the package 'timm'"),
])  # fmt: skip
def test_what_no_script_can_do_is_refused_with_its_reason(settings, reason):
    if "timm" in settings[0]:
        pytest.importorskip("timm")
    with pytest.raises(KDStudioError, match=reason):
        write_script(small_experiment(*settings), some_images() if "timm" in reason else digits())


def test_the_remedy_for_a_loaded_teacher_is_a_setting():
    settings = ["networks.teacher.weights={origin='run', run='x'}"]
    settings += ["networks.teacher.weights={origin='training'}"]
    assert "make_teacher" in write_script(small_experiment(*settings), digits()).text
