"""Networks without memory for their weights: enough for shapes, taps and counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from kdstudio.errors import KDStudioError
from kdstudio.models.modules.intercepting import Intercepting

RECKONED = {torch.arange, torch.linspace, torch.logspace, torch.tensor}
"""What constructors work numbers of layers and channels out with; none of it is large."""


class UnfitError(KDStudioError):
    """A network cannot take such images, whether it has numbers or not."""


def on_meta() -> bool:
    """Tell whether networks are being built without numbers."""
    return torch.empty(0).is_meta


def weightless(make: Callable[[], nn.Module]) -> nn.Module:
    """Build on torch's meta device; a constructor that needs numbers to reckon with is given these.

    Raises :class:`UnfitError`, and what ``make`` raises without the numbers of its weights.
    """
    try:
        with torch.device("meta"):
            return make()
    except UnfitError:
        raise
    except Exception:
        with torch.device("meta"), _Reckoning():
            return make().to("meta")


class _Reckoning(Intercepting):
    """Within a default device: gives what is reckoned with a place in memory."""

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:  # noqa: ANN401
        """Ask for the processor's memory."""
        if function in RECKONED:
            options.setdefault("device", "cpu")
        return function(*args, **options)
