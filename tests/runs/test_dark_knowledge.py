import numpy as np
import pytest
import torch

from kdstudio.engine.views import Comparison
from kdstudio.errors import KDStudioError
from kdstudio.runs.dark_knowledge import DarkKnowledgeReader, choose_networks, soften, why_unreadable
from kdstudio.runs.predictions import Predictions
from tests.results import row, run
from tests.small import create_run, run_in, small_experiment

TEMPERATURES = (0.5, 1.0, 4.0, 50.0)


def some_answers(**classes: int) -> Predictions:
    """Forty images of three classes; the networks' names with their numbers of outputs."""
    generator = torch.Generator().manual_seed(0)
    logits = {name: 3 * torch.randn(40, count, generator=generator) for name, count in classes.items()}
    labels = torch.arange(40) % 3
    return Predictions(("a", "b", "c"), torch.zeros(40, 1, 2, 2, dtype=torch.uint8), labels, logits)


def probabilities(logits, temperature):
    powers = np.exp(logits.double().numpy() / temperature)
    return powers / powers.sum(1, keepdims=True)


@pytest.fixture
def predictions():
    return some_answers(teacher=3, student=3)


def test_means_are_those_of_the_formulas(predictions):
    found = soften(predictions, TEMPERATURES, "student", "teacher")
    for place, (t, distance) in enumerate(zip(TEMPERATURES, found.distances, strict=True)):
        p, q = (probabilities(predictions.logits[name], t) for name in ("teacher", "student"))
        entropy = -(p * np.log(p)).sum(1).mean()
        kl = (p * np.log(p / q)).sum(1).mean()
        size = np.linalg.norm(q - p, axis=1).mean() / t
        assert distance.temperature == t
        assert found.entropies["teacher"][place] == pytest.approx(entropy)
        assert distance.kl == pytest.approx(kl)
        assert distance.ce == pytest.approx(kl + entropy)
        assert distance.kl_gradient == pytest.approx(size)
        assert distance.ce_gradient == pytest.approx(size)
        assert distance.scaled_kl_gradient == pytest.approx(size * t**2)
        assert distance.scaled_ce_gradient == pytest.approx(size * t**2)
    assert found.distances[-1].limit_gradient == pytest.approx(found.distances[-1].kl_gradient, rel=0.1)


def test_one_image_and_its_classes(predictions):
    found = soften(predictions, TEMPERATURES, "student", "teacher")
    softened = found.softened(7, 4.0)
    assert list(softened) == ["teacher", "student"]
    for name, values in softened.items():
        np.testing.assert_allclose(values, probabilities(predictions.logits[name], 4.0)[7], rtol=1e-5)
        assert found.answer(name, 7) == "abc"[int(values.argmax())]


def test_soft_targets_are_the_teachers(predictions):
    found = soften(predictions, TEMPERATURES, "student", "teacher").soft_targets(2.0)
    p = probabilities(predictions.logits["teacher"], 2.0)
    expected = [p[predictions.labels.numpy() == label].mean(0) for label in range(3)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_mistakes_go_round(predictions):
    found = soften(predictions, TEMPERATURES, "student", "teacher")
    wrong = [n for n in range(40) if predictions.logits["student"][n].argmax() != predictions.labels[n]]
    visited, place = [], -1
    for _ in range(len(wrong) + 1):
        place = found.next_mistake(place)
        visited.append(place)
    assert visited == [*wrong, wrong[0]]


def test_a_student_without_mistakes_has_no_next_one(predictions):
    right = torch.nn.functional.one_hot(predictions.labels, 3).float()
    flawless = Predictions(
        predictions.class_names, predictions.pixels, predictions.labels, {"student": right}
    )
    assert soften(flawless, TEMPERATURES, "student").next_mistake(0) is None


def test_without_a_teacher_one_network_is_looked_at():
    found = soften(some_answers(student=3), TEMPERATURES, "student")
    assert found.networks == ("student",)
    assert found.soft_target_source == "student"
    assert found.distances == ()


HINTON = (row("teacher", 0.9), row("control", 0.6), row("student", 0.5))
SEEDS = tuple(row(kind, 0.5, 0.6 + s / 10, seed=s) for s in (0, 1) for kind in ("teacher", "student"))
PEERS = (row("peer", 0.5, 0.6, role="peer1"), row("peer", 0.5, 0.7, role="peer2"))


@pytest.mark.parametrize(
    ("rows", "asked", "chosen"),
    [
        (HINTON, (None, None), ("student", "teacher")),
        (HINTON, ("baseline", None), ("baseline", "teacher")),
        (HINTON, ("teacher", None), ("teacher", None)),
        (HINTON, ("student", "baseline"), ("student", "baseline")),
        (PEERS, (None, None), ("peer2", "peer1")),
        (PEERS, ("peer1", "peer2"), ("peer1", "peer2")),
        (HINTON[:1], (None, None), ("teacher", None)),
        (SEEDS, (None, None), ("student seed-1", "teacher seed-1")),
        (SEEDS, ("student seed-0", None), ("student seed-0", "teacher seed-0")),
        (SEEDS, ("teacher seed-1", None), ("teacher seed-1", None)),
    ],
)
def test_what_is_usual_is_chosen(rows, asked, chosen):
    summary = run(*rows, comparison=Comparison(result="peer") if rows is PEERS else None)
    assert choose_networks(summary, sorted(summary.networks), *asked) == chosen


def test_a_network_that_is_not_there_is_told():
    with pytest.raises(KDStudioError, match="no network 'peer'; there are baseline, student, teacher"):
        choose_networks(run(*HINTON), ["baseline", "student", "teacher"], "peer")


def test_a_network_of_fewer_classes_is_told():
    with pytest.raises(KDStudioError, match="'student' has 2 outputs for the 3 classes"):
        soften(some_answers(teacher=3, student=2), TEMPERATURES, "student", "teacher")


def test_a_run_is_read_once_and_again_when_it_has_changed(runs, monkeypatch):
    read = []
    monkeypatch.setattr(
        "kdstudio.runs.predictions.read_predictions",
        lambda *args, **kwargs: read.append(args) or some_answers(student=3),
    )
    folder = run_in(runs, small_experiment(strategy="supervised"))
    reader = DarkKnowledgeReader()
    for _ in range(2):
        assert reader.read(folder, TEMPERATURES).networks == ("student",)
    assert len(read) == 1
    folder.summary_file.write_bytes(folder.summary_file.read_bytes())
    reader.read(folder, TEMPERATURES)
    assert len(read) == 2


def test_what_hinders_is_told_with_the_command_that_goes_on(runs, tmp_path):
    folder = create_run(runs, small_experiment(), "mine")
    assert why_unreadable(folder) == ""
    absent = small_experiment(f"data.source={{name='cifar10', folder='{tmp_path / 'nowhere'}'}}")
    assert "kdstudio temperature absent" in why_unreadable(create_run(runs, absent, "absent"))
    code = small_experiment("networks.student.model={name='python', path='mine.py:build'}")
    told = why_unreadable(create_run(runs, code, "code"))
    assert "mine.py:build" in told
    assert told.endswith("kdstudio temperature code --allow-code")
