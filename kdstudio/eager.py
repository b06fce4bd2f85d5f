"""torch's optimisers and counters without torch's compiler, which they import only to keep it out.

The import takes as long as that of torch itself, and nothing here is compiled.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch.optim import Optimizer
from torch.utils.flop_counter import FlopCounterMode

AnyOptimizer = TypeVar("AnyOptimizer", bound=Optimizer)


def eager(optimizer: type[AnyOptimizer]) -> type[AnyOptimizer]:
    """Make a subclass whose methods compute the same; ``step`` is never differentiated."""
    for name, method in inspect.getmembers(Optimizer, inspect.isfunction):
        if not name.startswith("__"):
            _leave_out_the_compiler(method)
    step = torch.no_grad()(inspect.unwrap(optimizer.step))
    return type(optimizer.__name__, (optimizer,), {"step": step})


@contextmanager
def flop_counter() -> Iterator[FlopCounterMode]:
    """Count the floating-point operations of what runs inside."""
    with FlopCounterMode(display=False) as counter:
        _leave_out_the_compiler(type(counter.mode).__torch_dispatch__)
        yield counter


def _leave_out_the_compiler(function: Callable[..., Any]) -> None:
    """Answer in advance what ``torch._disable_dynamo`` would import the compiler to find out."""
    inside = getattr(function, "__wrapped__", None)
    if inside is not None:
        vars(inside).setdefault("__dynamo_disable", inside)
