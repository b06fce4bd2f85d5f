"""What trained weights depend on beside the plan, bit for bit: images, code, machine, precision, threads.

Together with a stage's digest it is the key by which another run knows that it would train the same.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from kdstudio.data.declaration import ImageData
from kdstudio.engine.content import digest
from kdstudio.engine.device import Precision, choose_precision, choose_threads
from kdstudio.engine.events import StageSummary
from kdstudio.engine.experiment import REGISTRIES, Experiment
from kdstudio.engine.trials import code_run_by
from kdstudio.machine import processor
from kdstudio.packages import OURS, installed_version, package_of_module, top_level
from kdstudio.processes import ALONE, Processes

TRAINS = ("engine", "models", "data")
"""Our packages by whose code weights come about."""
SWITCHES = ("ATEN", "CUBLAS", "DNNL", "MKL", "NVIDIA_TF32", "ONEDNN", "TORCH")
"""Beginnings of the environment's variables that choose among a library's ways to compute."""


class Circumstances(NamedTuple):
    """What a run computes in."""

    threads: int
    precision: Precision
    digest: str
    """Of these, and of images, code and machine; like no other where the user's own files run code."""


def circumstances(
    experiment: Experiment,
    device: torch.device,
    stages: Sequence[StageSummary],
    images: str,
    processes: Processes = ALONE,
) -> Circumstances:
    """Choose threads and precision for a run of ``stages``; ``images`` is the digest of its data set.

    Several ``processes`` compute in the same precision.
    """
    compute, flops = experiment.compute, max(stage.flops_per_step for stage in stages)
    threads = choose_threads(compute.threads, flops)
    depthwise = any(stage.depthwise for stage in stages)
    precision = processes.agreed(choose_precision(compute.precision, device, flops, depthwise=depthwise))
    if code_run_by(experiment):  # nobody can tell what such a file imports
        return Circumstances(threads, precision, digest(object()))
    kind = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    shares = (processes.count, processes.synchronised) if processes.count > 1 else 1
    depends = digest(threads, precision, kind, images, shares, _code(), _machine())
    return Circumstances(threads, precision, depends)


def stage_key(circumstances: str, stage: str) -> str:
    """Return the key of the stage with this digest, in circumstances with that one."""
    return digest(circumstances, stage)


def images_digest(data: ImageData) -> str:
    """Digest every pixel and label of both parts; of images that stay in their files, like no other."""
    found = hashlib.blake2b(digest(data.class_names, data.mean, data.std).encode(), digest_size=16)
    for part in (data.train, data.test):
        if not isinstance(part.images, Tensor):
            return digest(object())
        for tensor in (part.images, part.labels):
            found.update(f"{tuple(tensor.shape)} {tensor.dtype}".encode())
            found.update(tensor.contiguous().numpy().data)
    return found.hexdigest()


def _machine() -> list[object]:
    switches = {key: value for key, value in os.environ.items() if key.startswith(SWITCHES)}
    return [processor(), torch.backends.cpu.get_cpu_capability(), torch.__config__.show(), switches]


@cache
def _code() -> dict[str, str]:
    """Digest the sources of KD Studio and of the packages that add to it; name the versions of libraries."""
    found = {library: version(library) for library in ("torch", "torchvision", "numpy")}
    found |= {"timm": installed_version("timm"), "python": platform.python_version()}
    entries = (entry for registry in REGISTRIES for entry in registry.values())
    for top in {top_level(entry.__module__) for entry in entries}:
        found[top] = _sources(top)
        found[f"{top} version"] = installed_version(package_of_module(top))
    return found


def _sources(top: str) -> str:
    content = hashlib.blake2b(digest_size=16)
    for file in sorted(_files(top)):
        content.update(f"{file.name}\0".encode())
        content.update(file.read_bytes())
    return content.hexdigest()


def _files(top: str) -> Iterator[Path]:
    module = sys.modules[top]
    for folder in map(Path, getattr(module, "__path__", ())):
        if top == OURS:
            yield from folder.glob("*.py")
        for inside in (folder / name for name in TRAINS) if top == OURS else (folder,):
            yield from inside.rglob("*.py")
    if not hasattr(module, "__path__") and module.__file__:
        yield Path(module.__file__)
