import pytest
import torch
from pydantic import ValidationError
from torch.optim import lr_scheduler

from kdstudio.engine.optimization import SGD, AdamW, Constant, Cosine, OneCycle, RMSProp, Step

EPOCHS, STEPS = 12, 5


def factors(schedule, steps=EPOCHS * STEPS):
    """Our factor before each step, ``STEPS`` steps an epoch."""
    return [schedule.factor(step / STEPS, EPOCHS) for step in range(steps)]


def rates_of(make, steps=EPOCHS * STEPS):
    """The rates of torch's scheduler, stepped once a step, for a highest rate of 1."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, rates = make(optimizer), []
    for _step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def test_constant_stays():
    assert factors(Constant()) == [1.0] * EPOCHS * STEPS


def test_cosine_equals_torchs():
    torchs = rates_of(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=EPOCHS * STEPS))
    assert factors(Cosine()) == pytest.approx(torchs, abs=1e-9)


def test_step_equals_torchs():
    schedule = Step(milestones=(8, 3, 11), gamma=0.2)
    torchs = rates_of(lambda o: lr_scheduler.MultiStepLR(o, [m * STEPS for m in (3, 8, 11)], gamma=0.2))
    assert factors(schedule) == pytest.approx(torchs, abs=1e-12)


@pytest.mark.parametrize("schedule", [OneCycle(), OneCycle(rise=0.5, initial=10, final=100)])
def test_one_cycle_equals_torchs(schedule):
    """Torch ends at its last step, ours where that step ends: so torch is given one step more.

    Torch's rise ends at step ``pct_start · total_steps - 1``, ours at ``rise · steps``.
    """
    steps = EPOCHS * STEPS
    torchs = rates_of(
        lambda o: lr_scheduler.OneCycleLR(
            o,
            max_lr=1.0,
            total_steps=steps + 1,
            pct_start=(schedule.rise * steps + 1) / (steps + 1),
            div_factor=schedule.initial,
            final_div_factor=schedule.final,
            cycle_momentum=False,
        )
    )
    assert factors(schedule) == pytest.approx(torchs, abs=1e-9)


def test_one_cycle_starts_peaks_and_ends_as_declared():
    schedule = OneCycle(rise=0.25, initial=20, final=50)
    found = [schedule.factor(epoch, EPOCHS) for epoch in (0, 0.25 * EPOCHS, EPOCHS)]
    assert found == pytest.approx([1 / 20, 1.0, 1 / 20 / 50])
    assert max(factors(schedule)) <= 1.0


@pytest.mark.parametrize("schedule", [Constant, Cosine, Step])
def test_warm_up_rises_in_a_straight_line_from_zero(schedule):
    warmed = schedule(warmup=2.0)
    torchs = rates_of(
        lambda o: lr_scheduler.LambdaLR(o, lambda step: min(step / (2 * STEPS), 1.0)), steps=2 * STEPS
    )
    assert factors(warmed, steps=2 * STEPS) == pytest.approx(torchs)


def test_after_the_warm_up_the_cosine_covers_the_rest():
    torchs = rates_of(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=(EPOCHS - 2) * STEPS), 10 * STEPS)
    assert factors(Cosine(warmup=2.0))[2 * STEPS :] == pytest.approx(torchs, abs=1e-9)


def test_milestones_count_from_the_first_epoch_with_a_warm_up_too():
    assert Step(warmup=2.0, milestones=(3,)).factor(2.99, EPOCHS) == 1.0
    assert Step(warmup=2.0, milestones=(3,)).factor(3.0, EPOCHS) == pytest.approx(0.1)


@pytest.mark.parametrize("schedule", [Cosine(warmup=50.0), OneCycle(), Step(), Constant(warmup=50.0)])
def test_no_factor_is_negative_or_above_one_even_past_the_end(schedule):
    assert all(0 <= schedule.factor(epoch / 4, EPOCHS) <= 1 for epoch in range(4 * EPOCHS + 9))


def test_sgd_is_built_as_declared():
    weights = [torch.nn.Parameter(torch.ones(2))]
    declared = SGD(learning_rate=0.3, momentum=0.8, nesterov=True, weight_decay=0.01)
    (group,) = declared.build(weights).param_groups
    assert {key: group[key] for key in ("lr", "momentum", "nesterov", "weight_decay", "dampening")} == {
        "lr": 0.3, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01, "dampening": 0,
    }  # fmt: skip
    assert group["params"] == weights


def test_sgd_without_momentum_does_without_nesterov():
    (group,) = SGD(momentum=0.0, nesterov=True).build([torch.nn.Parameter(torch.ones(2))]).param_groups
    assert group["nesterov"] is False


def test_two_steps_of_nesterov_momentum_equal_those_by_hand():
    weight = torch.nn.Parameter(torch.tensor([1.0]))
    optimizer = SGD(learning_rate=0.1, momentum=0.9, nesterov=True).build([weight])
    by_hand, velocity = 1.0, 0.0
    for gradient in (2.0, -1.0):
        weight.grad = torch.tensor([gradient])
        optimizer.step()
        velocity = 0.9 * velocity + gradient
        by_hand -= 0.1 * (gradient + 0.9 * velocity)
        assert weight.item() == pytest.approx(by_hand, rel=1e-6)


def test_adamw_is_built_as_declared():
    declared = AdamW(learning_rate=0.3, beta1=0.7, beta2=0.95, weight_decay=0.2)
    optimizer = declared.build([torch.nn.Parameter(torch.ones(2))])
    (group,) = optimizer.param_groups
    assert isinstance(optimizer, torch.optim.AdamW)
    assert (group["lr"], group["betas"], group["weight_decay"]) == (0.3, (0.7, 0.95), 0.2)


def test_two_steps_of_rmsprop_equal_those_by_hand():
    weight = torch.nn.Parameter(torch.tensor([1.0]))
    optimizer = RMSProp(learning_rate=0.1, decay=0.8, momentum=0.5, weight_decay=0.2).build([weight])
    by_hand, square, velocity = 1.0, 0.0, 0.0
    for gradient in (2.0, -1.0):
        weight.grad = torch.tensor([gradient])
        optimizer.step()
        decayed = gradient + 0.2 * by_hand
        square = 0.8 * square + 0.2 * decayed**2
        velocity = 0.5 * velocity + decayed / square**0.5
        by_hand -= 0.1 * velocity
        assert weight.item() == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.parametrize(
    ("declared", "field", "value"),
    [(SGD, "learning_rate", 0), (SGD, "momentum", 1), (AdamW, "beta2", 1.0), (RMSProp, "decay", 1.0),
     (OneCycle, "rise", 0), (Step, "milestones", (0,)), (Step, "gamma", 0), (Cosine, "warmup", -1),
     (SGD, "weight_decay", "nan")],
)  # fmt: skip
def test_values_out_of_range_are_refused(declared, field, value):
    with pytest.raises(ValidationError):
        declared(**{field: value})
