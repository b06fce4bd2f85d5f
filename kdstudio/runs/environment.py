"""What a run was begun with: versions, system, processor; found without loading any of it."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from kdstudio import __version__

PACKAGES = {"PyTorch": "torch", "torchvision": "torchvision", "NumPy": "numpy"}
PROCESSORS = Path("/proc/cpuinfo")
"""Where Linux tells the processor's name, which Python does not."""


def environment() -> dict[str, str]:
    """Tell versions and machine, each under the name that people know it by."""
    found = {"KD Studio": __version__, "Python": platform.python_version()}
    for title, package in PACKAGES.items():
        with suppress(PackageNotFoundError):
            found[title] = version(package)
    cores = os.cpu_count() or 1
    return found | {"System": platform.platform(), "Processor": f"{processor()}, {cores} cores"}


def processor() -> str:
    """Name the processor as the system does."""
    with suppress(OSError):
        for line in PROCESSORS.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
