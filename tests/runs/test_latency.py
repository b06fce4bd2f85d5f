import sys
import time
from functools import partial
from importlib.metadata import version

import pytest
import torch
from torch import nn

from kdstudio.errors import KDStudioError
from kdstudio.runs.latency import EAGER, WARM_UP, TimedPart, in_a_runtime, measure_latencies, time_in_turn
from kdstudio.runs.session import new_session
from tests.small import run_in, same_states, small_experiment, weights_in

EXITS = "networks.student.model={name='mlp', widths=[12, 6]}"
ON_ONE_THREAD = """
import torch
from torch import nn

def build(image, classes):
    assert torch.get_num_threads() == {threads}, torch.get_num_threads()
    print("built")
    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))
"""


class Untraceable(nn.Module):
    """Asks for values, which no exporter knows."""

    def forward(self, values):
        return values if values.sum().item() >= 0 else -values


class Slow(nn.Module):
    """Takes so many milliseconds; counts its calls."""

    def __init__(self, milliseconds):
        super().__init__()
        self.seconds = milliseconds / 1000
        self.calls = []

    def forward(self, values):
        time.sleep(self.seconds)
        self.calls.append((tuple(values.shape), self.training))
        return values


def test_the_median_is_measured_in_turn():
    quick, slow = Slow(1).eval(), Slow(4).eval()
    calls = {"quick": partial(quick, torch.zeros(1, 3, 2, 2)), "slow": partial(slow, torch.zeros(1, 5))}
    found = time_in_turn(calls, repeats=9)
    assert 0.001 <= found["quick"].lower <= found["quick"].median <= found["quick"].upper
    assert found["slow"].median >= 0.004
    assert quick.calls == [((1, 3, 2, 2), False)] * (9 + WARM_UP)
    assert slow.calls == [((1, 5), False)] * (9 + WARM_UP)


@pytest.fixture
def of_the_users(tmp_path, runs):
    """A run whose network asks, when it is built, on how many threads that is."""

    def made(threads):
        file = tmp_path / "mine.py"
        file.write_text(ON_ONE_THREAD.format(threads=torch.get_num_threads()))
        model = f"networks.student.model={{name='python', path='{file}:build'}}"
        session = new_session(small_experiment(model, strategy="supervised"), runs, "mine", allow_code=True)
        list(session.events())
        file.write_text(ON_ONE_THREAD.format(threads=threads))
        return TimedPart(session.folder.network_file("student"))

    return made


@pytest.mark.slow
def test_parts_are_measured_on_one_thread_of_another_process(of_the_users, monkeypatch):
    part = of_the_users(1)
    torch.set_num_threads(2)
    monkeypatch.setattr(torch, "set_num_threads", None)
    try:
        _runtime, found = measure_latencies({"mine": part, "again": part}, repeats=5, allow_code=True)
        assert torch.get_num_threads() == 2
    finally:
        monkeypatch.undo()
        torch.set_num_threads(1)
    assert [*found] == ["mine", "again"]
    assert all(0 < took.lower <= took.median <= took.upper for took in found.values())


def some_modules():
    trunk = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()).to(memory_format=torch.channels_last).eval()
    return {"trunk": (trunk, (1, 8, 8)), "head": (nn.Linear(12, 5).eval(), (12,))}


def test_all_parts_answer_in_onnxruntime_as_they_do_in_pytorch():
    modules = some_modules()
    runtime, calls = in_a_runtime(modules)
    assert runtime == f"onnxruntime {version('onnxruntime')}"
    for name, (module, shape) in modules.items():
        with torch.no_grad():
            expected = module(torch.zeros(1, *shape))
        torch.testing.assert_close(torch.from_numpy(calls[name]()), expected)


def test_without_onnxruntime_all_answer_in_eager_pytorch(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    runtime, calls = in_a_runtime(some_modules())
    assert (runtime, {*calls}) == (EAGER, {"trunk", "head"})
    assert calls["head"]().shape == (1, 5)


def test_one_that_cannot_be_exported_takes_the_others_along():
    """Latencies of two runtimes could not be held against each other."""
    runtime, calls = in_a_runtime({**some_modules(), "sorted": (Untraceable(), (5,))})
    assert runtime == EAGER
    assert calls["sorted"]().shape == (1, 5)


def test_a_measurement_can_be_cancelled(of_the_users):
    def cancel(_what, _fraction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_latencies({"mine": of_the_users(1)}, progress=cancel, allow_code=True)


def test_what_goes_wrong_there_is_told(of_the_users):
    reason = r"could not be measured: .*mine.py:build. failed: AssertionError: 1, in .*mine.py, line 6; mend"
    with pytest.raises(KDStudioError, match=reason):
        measure_latencies({"mine": of_the_users(99)}, allow_code=True)


def test_code_is_run_there_only_by_leave(of_the_users):
    reason = "the latency could not be measured: 'python mine.py:build' runs code from a file"
    with pytest.raises(KDStudioError, match=reason):
        measure_latencies({"mine": of_the_users(1)})


def test_heads_alone_are_fed_with_what_the_trunk_gives(runs):
    folder = run_in(runs, small_experiment(EXITS, strategy="self-distillation"))
    module, shape = TimedPart(folder.network_file("exit-1"), "heads").load()
    whole, image = TimedPart(folder.network_file("exit-1")).load()
    assert (shape, image) == ((12,), (1, 8, 8))
    images = torch.randn(5, *image, generator=torch.Generator().manual_seed(0))
    (features,) = whole.networks["student"](images).values()
    assert torch.equal(module(features), whole(images))


@pytest.mark.slow
def test_a_run_that_trains_meanwhile_keeps_its_threads_and_its_bits(runs, monkeypatch):
    settings = (EXITS, "networks.student.training.epochs=3")
    experiment = small_experiment(*settings, strategy="self-distillation")
    whole = run_in(runs, experiment, "whole")
    parts = {name: TimedPart(whole.network_file(name)) for name in whole.networks()}
    session = new_session(experiment, runs, "meanwhile")
    counts, measured = set(), []
    for event in session.events():
        if event.kind == "epoch-done" and not measured:
            with monkeypatch.context() as patch:
                patch.setattr(torch, "set_num_threads", None)
                measured.append(measure_latencies(parts, repeats=3).latencies)
        counts.add(torch.get_num_threads())
    assert measured
    assert counts == {1}
    assert same_states(weights_in(whole), weights_in(session.folder))
