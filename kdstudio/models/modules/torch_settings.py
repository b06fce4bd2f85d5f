"""Torch's settings that hold for everybody: code of others that changes them changes other networks too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

SETTINGS: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "default dtype": (torch.get_default_dtype, torch.set_default_dtype),
    "default device": (torch.get_default_device, lambda _device: torch.set_default_device(None)),
    "gradient mode": (torch.is_grad_enabled, torch.set_grad_enabled),
    "deterministic algorithms": (
        torch.are_deterministic_algorithms_enabled,
        torch.use_deterministic_algorithms,
    ),
    "number of threads": (torch.get_num_threads, torch.set_num_threads),
}
"""How each is read and set again, by what people call it; nobody here sets a default device for good."""


@contextmanager
def settings_kept() -> Iterator[list[str]]:
    """Set what is changed within back at the end; yields a list that then has what that was."""
    before = {name: read() for name, (read, _set) in SETTINGS.items()}
    changed: list[str] = []
    try:
        yield changed
    finally:
        for name, (read, set_again) in SETTINGS.items():
            if read() != before[name]:
                set_again(before[name])
                changed.append(name)
