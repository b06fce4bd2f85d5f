"""What a run was begun with: versions, system, processor; found without loading any of it."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

from kdstudio import __version__
from kdstudio.machine import processor

PACKAGES = {"PyTorch": "torch", "torchvision": "torchvision", "NumPy": "numpy"}


def environment() -> dict[str, str]:
    """Tell versions and machine, each under the name that people know it by."""
    found = {"KD Studio": __version__, "Python": platform.python_version()}
    for title, package in PACKAGES.items():
        with suppress(PackageNotFoundError):
            found[title] = version(package)
    cores = os.cpu_count() or 1
    return found | {"System": platform.platform(), "Processor": f"{processor()}, {cores} cores"}
