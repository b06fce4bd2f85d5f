"""Losses: plain functions of tensors. A module of them is loaded, and torch, when one is first called."""

from typing import TYPE_CHECKING

from kdstudio.lazy import LazyModule

if TYPE_CHECKING:
    from kdstudio.engine.losses import clusters, feature, gradient, pattern, relation, response
else:
    clusters, feature, gradient, pattern, relation, response = (
        LazyModule(f"{__name__}.{name}")
        for name in ("clusters", "feature", "gradient", "pattern", "relation", "response")
    )
