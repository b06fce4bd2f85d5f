"""Choosing the device and the number of CPU threads."""

from __future__ import annotations

import os

import torch

from kdstudio.errors import KDStudioError

SMALL_STEP = 2e8
"""Floating-point operations below which a step is quicker on one thread than on several."""


def resolve_device(wanted: str) -> torch.device:
    """Device for ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``; KDStudioError if absent."""
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


def choose_threads(wanted: int, flops_per_step: float) -> int:
    """Threads for CPU work: as ``wanted``, or by the size of the step if that is 0.

    A function of the step's size, the machine and its settings alone, so that repeated runs agree
    bit for bit.
    """
    if wanted:
        return wanted
    return 1 if flops_per_step < SMALL_STEP else usable_cores()


def usable_cores() -> int:
    """Cores that this process may use, and no more than ``OMP_NUM_THREADS`` where the user has set it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    allowed = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]  # a number for each level of nesting
    return min(cores, int(allowed)) if allowed.isdigit() and int(allowed) else cores
