"""Architectures with the options under which they are known, for people to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kdstudio.models.complexity import made_cheaply
from kdstudio.models.declaration import ImageShape, ModelSpec, models


class Layer(NamedTuple):
    """One module of a network, as a row of a tree."""

    path: str
    kind: str
    parameters: int
    tap: str
    """Name of the tap that reads its output; empty if there is none."""


def known_models() -> Iterator[ModelSpec]:
    """Every registered family in its known variants; those that other libraries make come last."""
    for entry in sorted(models.values(), key=lambda entry: bool(entry.library)):
        yield from entry.variants()


def layers(spec: ModelSpec, image: ImageShape, classes: int) -> list[Layer]:
    """List the network's modules in order, with its taps; any path serves as a tap."""
    module = made_cheaply(spec, image, classes)
    taps = {path: name for name, path in spec.taps().items()}
    return [
        Layer(path, type(part).__name__, sum(p.numel() for p in part.parameters()), taps.get(path, ""))
        for path, part in module.named_modules()
        if path
    ]
