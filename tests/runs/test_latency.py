import time

import torch
from torch import nn

from kdstudio.runs.latency import WARM_UP, measure_latencies


class Slow(nn.Module):
    """Takes so many milliseconds; counts its calls."""

    def __init__(self, milliseconds):
        super().__init__()
        self.seconds = milliseconds / 1000
        self.shapes = []

    def forward(self, values):
        time.sleep(self.seconds)
        self.shapes.append((tuple(values.shape), torch.get_num_threads(), self.training))
        return values


def test_the_median_is_measured_on_one_thread_with_one_image():
    quick, slow = Slow(1), Slow(4)
    threads = torch.get_num_threads()
    found = measure_latencies({"quick": (quick, (3, 2, 2)), "slow": (slow, (5,))}, repeats=9)
    assert 0.001 <= found["quick"].lower <= found["quick"].median <= found["quick"].upper
    assert found["slow"].median >= 0.004
    assert quick.shapes == [((1, 3, 2, 2), 1, False)] * (9 + WARM_UP)
    assert slow.shapes == [((1, 5), 1, False)] * (9 + WARM_UP)
    assert torch.get_num_threads() == threads
