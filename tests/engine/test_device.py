import os
from contextlib import nullcontext

import pytest
import torch
from torch import nn

from kdstudio.engine.device import (
    SMALL_STEP,
    choose_precision,
    choose_threads,
    convolves_each_channel_alone,
    resolve_device,
    usable_cores,
)
from kdstudio.errors import KDStudioError


@pytest.fixture
def machine(monkeypatch):
    def with_devices(cuda=0, mps=False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return with_devices


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"), [(0, False, "cpu"), (1, False, "cuda"), (0, True, "mps"), (1, True, "cuda")]
)
def test_auto_is_the_quickest_device_there_is(machine, cuda, mps, chosen):
    machine(cuda, mps)
    assert resolve_device("auto") == torch.device(chosen)


def test_a_device_that_is_there_is_taken(machine):
    machine(cuda=2)
    assert resolve_device("cuda:1") == torch.device("cuda", 1)
    assert resolve_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("wanted", ["cuda", "cuda:0", "mps"])
def test_a_device_that_is_absent_is_named(machine, wanted):
    machine()
    with pytest.raises(KDStudioError, match=f"'{wanted}' is not on this machine; choose auto or cpu"):
        resolve_device(wanted)


def test_a_device_number_that_is_absent_is_named(machine):
    machine(cuda=2)
    with pytest.raises(KDStudioError, match="'cuda:2' is not on this machine"):
        resolve_device("cuda:2")


def test_threads_are_as_wanted_or_by_the_size_of_a_step(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 2, 5}, raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert usable_cores() == 3
    assert choose_threads(7, 0.0) == 7
    assert choose_threads(0, SMALL_STEP / 2) == 1
    assert choose_threads(0, SMALL_STEP * 2) == 3


@pytest.mark.parametrize(
    ("allowed", "threads"), [("2", 2), ("2,4", 2), ("64", 3), ("", 3), ("0", 3), ("all", 3)]
)
def test_no_more_threads_than_the_user_allows(monkeypatch, allowed, threads):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 2, 5}, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", allowed)
    assert choose_threads(0, SMALL_STEP * 2) == threads


@pytest.mark.parametrize(
    ("wanted", "units", "flops", "chosen"),
    [
        ("auto", {"avx512_bf16": True}, SMALL_STEP, "bfloat16"),
        ("auto", {"amx_bf16": True}, SMALL_STEP, "bfloat16"),
        ("auto", {"avx512_bf16": True}, SMALL_STEP - 1, "float32"),
        ("auto", {"avx512_bf16": False, "avx2": True}, SMALL_STEP, "float32"),
        ("auto", {}, SMALL_STEP, "float32"),
        ("float32", {"avx512_bf16": True}, SMALL_STEP, "float32"),
        ("bfloat16", {}, 1.0, "bfloat16"),
    ],
)
def test_precision_follows_from_the_processor_and_the_size_of_a_step(
    monkeypatch, wanted, units, flops, chosen
):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: units, raising=False)
    assert choose_precision(wanted, torch.device("cpu"), flops) == chosen


@pytest.mark.parametrize(
    ("convolution", "alone"),
    [
        (nn.Conv2d(8, 8, 3, groups=8), True),
        (nn.Conv2d(8, 16, 3, groups=8), True),
        (nn.Conv2d(8, 8, 3, groups=2), False),
        (nn.Conv2d(8, 8, 3), False),
        (nn.Conv2d(1, 8, 3), False),
    ],
)
def test_convolutions_of_each_channel_alone_are_found_inside(convolution, alone):
    assert convolves_each_channel_alone(nn.Sequential(nn.Sequential(convolution), nn.ReLU())) is alone


@pytest.mark.parametrize(("device", "chosen"), [("cpu", "float32"), ("cuda", "bfloat16")])
def test_a_processor_convolves_channels_alone_in_float32_unless_told(monkeypatch, device, chosen):
    monkeypatch.setattr("kdstudio.engine.device.computes_in_bfloat16", lambda _device: True)
    assert choose_precision("auto", torch.device(device), SMALL_STEP, depthwise=True) == chosen
    assert choose_precision("bfloat16", torch.device(device), SMALL_STEP, depthwise=True) == "bfloat16"


@pytest.mark.parametrize("there", [True, False])
def test_a_gpu_is_asked_whether_it_computes_in_bfloat16_itself(monkeypatch, there):
    asked = []

    def supported(including_emulation):
        asked.append(including_emulation)
        return there

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    monkeypatch.setattr(torch.cuda, "device", lambda _device: nullcontext())
    chosen = choose_precision("auto", torch.device("cuda", 0), SMALL_STEP)
    assert (chosen, asked) == ("bfloat16" if there else "float32", [False])


def test_other_devices_keep_to_float32():
    assert choose_precision("auto", torch.device("mps"), SMALL_STEP) == "float32"
