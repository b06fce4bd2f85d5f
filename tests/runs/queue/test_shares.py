"""What a worker has of the machine is what the engine and torch take of it."""

import os

import pytest
import torch

from kdstudio.engine.device import choose_threads, usable_cores
from kdstudio.errors import KDStudioError
from kdstudio.runs.queue import shares
from kdstudio.runs.queue.shares import CUDA, OMP, Share, room, use_cores, use_gpu, usual_share

LARGE_STEP = 1e12


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch):
    """Undo what is shared out, and begin with eight cores."""
    monkeypatch.setenv(OMP, "8")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: range(8), raising=False)
    shares._own_cores.cache_clear()
    yield
    shares._own_cores.cache_clear()


@pytest.mark.parametrize(("workers", "threads"), [(1, 8), (2, 4), (3, 2), (8, 1), (20, 1)])
def test_cores_are_shared_out(workers, threads):
    use_cores(5)
    use_cores(workers)
    assert usable_cores() == choose_threads(0, LARGE_STEP) == threads
    assert choose_threads(6, LARGE_STEP) == 6  # an experiment's own word counts


@pytest.mark.parametrize(
    ("seen", "place", "expected"),
    [(None, 0, None), (None, 1, "1"), (None, 3, "0"), ("4,GPU-b,7", 1, "GPU-b"), ("4,GPU-b,7", 2, "7")],
)
def test_each_place_has_a_gpu_where_there_are_several(monkeypatch, seen, place, expected):
    monkeypatch.delenv(CUDA, raising=False)
    if seen:
        monkeypatch.setenv(CUDA, seen)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    use_gpu(place)
    assert os.environ.get(CUDA) == expected


@pytest.mark.parametrize("count", [0, 1])
def test_one_gpu_is_seen_by_all(monkeypatch, count):
    monkeypatch.setenv(CUDA, "2")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    use_gpu(1)
    assert os.environ[CUDA] == "2"


@pytest.mark.parametrize(
    ("nodes", "share"),
    [
        ([], (1, 0.0)),
        ([{"CPU": 16.0}], (1, 0.0)),
        ([{"CPU": 16.0, "GPU": 4.0}], (4, 1.0)),
        ([{"CPU": 16.0, "GPU": 4.0}, {"CPU": 6.0, "GPU": 2.0}, {"CPU": 8.0}], (3, 1.0)),
        ([{"CPU": 2.0, "GPU": 8.0}], (1, 1.0)),
    ],
)
def test_of_a_node_a_run_has_a_core_or_a_gpu_with_its_part(nodes, share):
    assert usual_share(nodes) == share


def test_on_each_node_as_many_find_room_as_cpus_and_gpus_allow():
    nodes = [{"CPU": 16.0, "GPU": 2.0}, {"CPU": 5.0, "GPU": 8.0}, {"CPU": 8.0}, {"memory": 1.0}]
    assert room(nodes, Share(1, 0.0)) == 16 + 5 + 8
    assert room(nodes, Share(4, 1.0)) == 2 + 1
    assert room(nodes, Share(1, 0.5)) == 4 + 5
    assert room([], Share(1, 0.0)) == 0


def test_a_run_that_no_node_has_room_for_is_refused():
    with pytest.raises(KDStudioError, match=r"with 9 CPUs and 1 GPUs: they have 8 CPUs and 2 GPUs; 4 CPU"):
        room([{"CPU": 8.0, "GPU": 2.0}, {"CPU": 4.0}], Share(9, 1.0))
