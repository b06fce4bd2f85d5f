"""The same numbers, without torch's compiler."""

import subprocess
import sys

import pytest
import torch
from torch import nn, optim
from torch.utils.flop_counter import FlopCounterMode

from kdstudio.eager import eager, flop_counter

WITHOUT_THE_COMPILER = """if True:
    import sys, torch
    from kdstudio.eager import flop_counter
    from kdstudio.engine.optimization import optimizers
    from kdstudio.data.sources.digits import Digits
    from kdstudio.data.split import stratified_split
    from kdstudio.runs.presets import load_experiment
    from kdstudio.runs.preview import Previewer
    Previewer().preview(load_experiment("digits-hinton"), lambda what, fraction: None)
    data = Digits().load(lambda what, fraction: None)
    stratified_split(data.train.labels, 0.1, 0)
    for name in ("sgd", "adamw", "rmsprop"):
        network = torch.nn.Linear(64, 10)
        optimizer = optimizers[name]().build(network.parameters())
        with flop_counter():
            loss = network(data.train.images[:4].flatten(1).float()).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        optimizer.load_state_dict(optimizer.state_dict())
    print([name for name in ("torch._dynamo", "torch._inductor", "sklearn", "scipy") if name in sys.modules])
"""
KINDS = {
    "sgd": (optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    "adamw": (optim.AdamW, {"lr": 0.1}),
    "rmsprop": (optim.RMSprop, {"lr": 0.1, "momentum": 0.5}),
}


@pytest.mark.slow
def test_looking_at_and_learning_the_digits_needs_neither_the_compiler_nor_scikit_learn():
    out = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_COMPILER], capture_output=True, text=True, check=False
    )
    assert out.stdout.strip() == "[]", out.stderr


def trained(kind, options):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    optimizer = kind(network.parameters(), **options)
    for _step in range(5):
        optimizer.zero_grad()
        network(torch.randn(6, 4)).square().sum().backward()
        optimizer.step()
    return optimizer, torch.cat([p.detach().flatten() for p in network.parameters()])


@pytest.mark.parametrize("name", KINDS)
def test_an_eager_optimiser_takes_torchs_steps_and_keeps_its_state(name):
    kind, options = KINDS[name]
    expected, weights = trained(kind, options)
    found, same = trained(eager(kind), options)
    assert isinstance(found, kind)
    assert torch.equal(same, weights)
    assert found.state_dict()["param_groups"] == expected.state_dict()["param_groups"]


def test_operations_are_counted_as_torch_counts_them():
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.Linear(3 * 36, 5))
    with FlopCounterMode(display=False) as expected:
        network(torch.zeros(2, 1, 8, 8))
    with flop_counter() as found:
        network(torch.zeros(2, 1, 8, 8))
    assert found.get_total_flops() == expected.get_total_flops() == 2 * 2 * (27 * 36 + 3 * 36 * 5)
