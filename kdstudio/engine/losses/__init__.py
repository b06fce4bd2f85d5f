"""Losses: plain functions of tensors. A module of them is loaded, and torch, when one is first called."""

from kdstudio.lazy import LazyModule

clusters, feature, gradient, pattern, relation, response = (
    LazyModule(f"{__name__}.{name}")
    for name in ("clusters", "feature", "gradient", "pattern", "relation", "response")
)
