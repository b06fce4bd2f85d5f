"""Choosing the device, the number of CPU threads and the precision."""

from __future__ import annotations

import os
from typing import Literal

import torch
from torch import nn

from kdstudio.errors import KDStudioError
from kdstudio.processes import ALONE, Processes

Precision = Literal["float32", "bfloat16"]

SMALL_STEP = 2e8
"""Floating-point operations below which a step is quicker on one thread than on several, and gains nothing
by a shorter number: what is not arithmetic takes most of its time."""
BFLOAT16_UNITS = ("avx512_bf16", "amx_bf16")
"""Parts of a processor that multiply bfloat16."""


def resolve_device(wanted: str, processes: Processes = ALONE) -> torch.device:
    """Device for ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``; KDStudioError if absent.

    Of several ``processes`` each has a GPU of its own.
    """
    if processes.count > 1:
        return _one_of_many(wanted, processes)
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if wanted == "auto":
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    device = torch.device(wanted)
    there = {"cpu": True, "cuda": cuda, "mps": mps}[device.type]
    if there and device.type == "cuda":
        there = (device.index or 0) < torch.cuda.device_count()
    if not there:
        raise KDStudioError(f"device '{wanted}' is not on this machine; choose auto or cpu")
    return device


def _one_of_many(wanted: str, processes: Processes) -> torch.device:
    if wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if wanted not in ("auto", "cuda"):
        raise KDStudioError(
            f"{processes.count} processes cannot share device '{wanted}'; choose auto, cuda or cpu"
        )
    if processes.local_rank >= (there := torch.cuda.device_count()):
        raise KDStudioError(
            f"there is no GPU for the process of rank {processes.rank}: its LOCAL_RANK is "
            f"{processes.local_rank}, counted from 0, and its machine has {there}; start no more there, or "
            "choose device cpu"
        )
    torch.cuda.set_device(processes.local_rank)
    return torch.device("cuda", processes.local_rank)


def choose_threads(wanted: int, flops_per_step: float) -> int:
    """Threads for CPU work: as ``wanted``, or by the size of the step if that is 0.

    A function of the step's size, the machine and its settings alone, so that repeated runs agree
    bit for bit.
    """
    if wanted:
        return wanted
    return 1 if flops_per_step < SMALL_STEP else usable_cores()


def choose_precision(
    wanted: Literal["auto"] | Precision,
    device: torch.device,
    flops_per_step: float,
    *,
    depthwise: bool = False,
) -> Precision:
    """Return what is ``wanted``; for ``auto`` bfloat16 where the device computes in it and steps are large.

    On a processor not with ``depthwise`` convolutions: MobileNets and ShuffleNet V2 take 1.3 to 1.5 times as
    long in bfloat16. A function of the networks and the machine, never of a trial: the same machine, the same
    bits.
    """
    if wanted != "auto":
        return wanted
    gains = flops_per_step >= SMALL_STEP and not (depthwise and device.type == "cpu")
    return "bfloat16" if gains and computes_in_bfloat16(device) else "float32"


def convolves_each_channel_alone(module: nn.Module) -> bool:
    """Tell whether there is a depthwise convolution in ``module``."""
    convolutions = (part for part in module.modules() if isinstance(part, nn.Conv2d))
    return any(1 < convolution.groups == convolution.in_channels for convolution in convolutions)


def computes_in_bfloat16(device: torch.device) -> bool:
    """Tell whether ``device`` has units for it: AVX-512 or AMX on a processor, NVIDIA's from Ampere on."""
    if device.type == "cuda":
        with torch.cuda.device(device):
            return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
        return any(capabilities.get(unit) for unit in BFLOAT16_UNITS)
    return False


def usable_cores() -> int:
    """Cores that this process may use, and no more than ``OMP_NUM_THREADS`` where the user has set it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    allowed = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]  # a number for each level of nesting
    return min(cores, int(allowed)) if allowed.isdigit() and int(allowed) else cores
