"""Architectures with the options under which they are known, for people to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kdstudio.models.complexity import made_cheaply
from kdstudio.models.declaration import ImageShape, ModelSpec, models

VARIANTS: dict[str, list[dict[str, Any]]] = {
    "mlp": [{"widths": w} for w in ((1200, 1200), (800, 800), (300, 300), (30, 30))],
    "lenet": [{"channels": c} for c in (16, 8)],
    "resnet": [
        *({"depth": d} for d in (8, 14, 20, 32, 44, 56, 110)),
        *({"depth": d, "width": 4, "shortcut": "projection"} for d in (8, 32)),
    ],
    "wide-resnet": [
        {"depth": d, "width": w} for d, w in ((16, 1), (16, 2), (40, 1), (40, 2), (28, 2), (28, 10))
    ],
    "vgg": [{"depth": d} for d in (8, 11, 13, 16, 19)],
    "mobilenet": [{"width": w} for w in (0.5, 1.0)],
    "mobilenet-v2": [{"width": w} for w in (0.5, 1.0)],
    "shufflenet-v1": [{}],
    "shufflenet-v2": [{"width": w} for w in (0.5, 1.0)],
    "resnet-imagenet": [{"depth": d} for d in (18, 34, 50)],
    "densenet": [{"depth": d, "growth": g} for d, g in ((100, 12), (112, 33), (90, 60))],
    "fitnet": [
        {"variant": v}
        for v in (
            "mnist-teacher",
            "mnist-student",
            "cifar-teacher",
            "fitnet-1",
            "fitnet-2",
            "fitnet-3",
            "fitnet-4",
        )
    ],
}


class Layer(NamedTuple):
    """One module of a network, as a row of a tree."""

    path: str
    kind: str
    parameters: int
    tap: str
    """Name of the tap that reads its output; empty if there is none."""


def known_models() -> Iterator[ModelSpec]:
    """Every registered family in its known variants, then torchvision's networks by name."""
    for family, variants in VARIANTS.items():
        for options in variants:
            yield models[family](**options)  # type: ignore[misc]
    for name in torchvision_names():
        yield models["torchvision"](architecture=name)  # type: ignore[misc, call-arg]


def torchvision_names() -> list[str]:
    """Names of torchvision's classification networks."""
    from torchvision import models as zoo

    names: list[str] = zoo.list_models(module=zoo)
    return names


def layers(spec: ModelSpec, image: ImageShape, classes: int) -> list[Layer]:
    """List the network's modules in order, with its taps; any path serves as a tap."""
    module = made_cheaply(spec, image, classes)
    taps = {path: name for name, path in spec.taps().items()}
    return [
        Layer(path, type(part).__name__, sum(p.numel() for p in part.parameters()), taps.get(path, ""))
        for path, part in module.named_modules()
        if path
    ]
