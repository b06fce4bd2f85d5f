"""What networks of the user's do otherwise is found before anything is trained, and told with its line."""

import pytest
import torch
from torch import nn

from kdstudio.engine.dry_run import dry_run
from kdstudio.engine.losses.response import cross_entropy
from kdstudio.engine.terms import LABELS, LossTerm
from kdstudio.errors import KDStudioError
from tests.models.faulty_networks import FAULTY, Faulty, network
from tests.small import planned, small_context, small_experiment, train

pytestmark = pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")


@pytest.mark.parametrize("name", FAULTY)
def test_it_is_found_before_anything_is_trained_and_told_with_its_line(name, tmp_path):
    faulty = FAULTY[name]
    with pytest.raises(KDStudioError) as caught:
        dry_run(small_context(small_experiment(faulty.write(tmp_path), strategy="supervised")))
    assert faulty.told in str(caught.value)
    assert faulty.place(tmp_path) in str(caught.value)
    assert caught.value.field


def test_the_field_of_its_model_is_named(tmp_path):
    with pytest.raises(KDStudioError) as caught:
        dry_run(small_context(small_experiment(FAULTY["tuple"].write(tmp_path))))
    assert caught.value.field == ("networks", "student", "model")


GOOD = {
    "plain": network(),
    "bits of it frozen": network(after="self.layer.bias.requires_grad = False"),
    "torch's settings at its top": network(
        top="torch.set_grad_enabled(False); torch.manual_seed(0); torch.set_num_threads(2); "
        "torch.use_deterministic_algorithms(True)"
    ),
    "lazy": "from torch import nn\ndef build(classes):\n"
    "    parts = nn.LazyLinear(9), nn.LazyBatchNorm1d(), nn.LazyLinear(classes)\n"
    "    return nn.Sequential(nn.Flatten(), *parts)\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_right_learns_and_leaves_torch_as_it_was(name, tmp_path):
    before = torch.is_grad_enabled(), torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    _events, states = train(small_experiment(Faulty(GOOD[name], "").write(tmp_path)))
    after = torch.is_grad_enabled(), torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    assert "student" in states
    assert before == after


def test_lazy_layers_have_first_weights_by_the_seed_alone(tmp_path):
    def first(*settings):
        lazy = Faulty(GOOD["lazy"], "").write(tmp_path)
        return small_context(small_experiment(lazy, *settings)).network("student").module[1].weight

    torch.manual_seed(1)
    weights = first()
    torch.manual_seed(2)
    assert weights.shape == (9, 64)
    assert torch.equal(first(), weights)
    assert not torch.equal(first("seed=1"), weights)


def test_it_leaves_weights_buffers_and_the_global_random_state_alone():
    seen = []

    def plan(run):
        student = run.network("student")
        student.module.append(nn.Sequential(nn.BatchNorm1d(10), nn.Dropout(0.5)))
        before = {key: value.clone() for key, value in student.state_dict().items()}
        yield run.stage("student", [LossTerm("loss", cross_entropy, student.logits, (LABELS,))])
        seen.extend(torch.equal(value, before[key]) for key, value in student.state_dict().items())
        assert all(parameter.grad is None for parameter in student.parameters())

    state = torch.get_rng_state()
    dry_run(small_context(planned(plan)))
    assert torch.equal(torch.get_rng_state(), state)
    assert seen
    assert all(seen)


def test_two_networks_that_share_weights_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(nn, "shared_by_all", nn.Linear(64, 10), raising=False)
    code = "from torch import nn\ndef build(): return nn.Sequential(nn.Flatten(), nn.shared_by_all)\n"
    student = Faulty(code, "").write(tmp_path)
    with pytest.raises(KDStudioError, match=r"'.*' \(python mine.py:build\) share the weights '1.weight'"):
        dry_run(small_context(small_experiment(student, student.replace("student", "teacher"))))


def test_a_loss_without_a_gradient_is_refused():
    def plan(run):
        student = run.network("student")
        yield run.stage("late", [LossTerm("mine", lambda z, y: z.detach().mean(), student.logits, LABELS)])

    with pytest.raises(KDStudioError, match="stage 'late': its loss has no gradient, so that 'student'"):
        dry_run(small_context(planned(plan)))
