"""Every registered optimiser, schedule and weighting."""

import math
from copy import deepcopy

import pytest
import torch
from pydantic import TypeAdapter

from kdstudio.engine.optimization import AnyOptimizer, AnySchedule, optimizers, schedules
from kdstudio.engine.weighting import AnyWeighting, weightings

KINDS = {AnyOptimizer: optimizers, AnySchedule: schedules, AnyWeighting: weightings}
every_entry = pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, registry in KINDS.items() for name in registry]
)


@every_entry
def test_it_tells_what_it_is_and_is_read_back_as_written(kind, name):
    entry = KINDS[kind][name]
    assert len(entry.headline()) > 10
    for field, info in entry.model_fields.items():
        assert field == "name" or (info.title and info.description), field
    adapter = TypeAdapter(kind)
    assert adapter.validate_json(adapter.dump_json(entry())) == entry()


def stepped(weight, optimizer, rate, steps):
    """Take ``steps`` on a bowl, at the rate that the schedule would give."""
    for _step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        (weight**2).sum().backward()
        optimizer.step()
    return weight.detach().clone()


@pytest.mark.parametrize("name", list(optimizers))
def test_it_moves_the_weights_and_goes_on_where_it_was_saved(name):
    declared = optimizers[name]()
    weight = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = declared.build([weight])
    before = stepped(weight, optimizer, declared.learning_rate, 2)
    assert before.isfinite().all()
    assert not torch.equal(before, torch.tensor([1.0, -2.0]))
    other = torch.nn.Parameter(before)
    resumed = declared.build([other])
    resumed.load_state_dict(deepcopy(optimizer.state_dict()))
    for values in optimizer.state_dict()["state"].values():  # checkpoints hold tensors
        assert all(value is None or torch.as_tensor(value).numel() for value in values.values())
    rate = declared.learning_rate / 2
    assert torch.equal(stepped(other, resumed, rate, 1), stepped(weight, optimizer, rate, 1))


@pytest.mark.parametrize("epochs", [1, 2, 30])
@pytest.mark.parametrize("name", list(schedules))
def test_its_factor_is_finite_never_negative_and_depends_on_the_epoch_alone(name, epochs):
    schedule, times = schedules[name](), [step / 4 for step in range(4 * epochs + 1)]
    factors = [schedule.factor(time, epochs) for time in times]
    assert all(math.isfinite(factor) and factor >= 0 for factor in factors)
    assert any(factors)
    assert [schedule.factor(time, epochs) for time in reversed(times)] == factors[::-1]


@pytest.mark.parametrize("epochs", [1, 2, 30])
@pytest.mark.parametrize("name", list(weightings))
def test_its_weight_is_finite_and_depends_on_the_progress_alone(name, epochs):
    over = weightings[name]().over(0.5, epochs)
    weights = [over(progress / 8) for progress in range(9)]
    assert all(math.isfinite(weight) for weight in weights)
    assert [over(progress / 8) for progress in range(9)] == weights
