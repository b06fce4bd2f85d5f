"""What an experiment crosses: fields by their paths, each with the values that it is tried with."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from kdstudio.declaration import TAGS, with_value
from kdstudio.engine.identity import Coordinate, title_of
from kdstudio.engine.views import FigureView, TableView, View

Sweep = dict[str, tuple[Any, ...]]
MOST_TRIALS = 1000
SWEPT = ("strategy", "networks", "data")
"""Parts of an experiment whose fields can be swept, but for …"""
FIXED = ("source", "validation", "seed", "classes", "renumber", "weights")
"""… where data and weights come from, which classes there are, and which images are kept for validation."""
LOGARITHMIC = 8
"""An axis is logarithmic where the largest value is so many times the smallest."""


def crossed(values: dict[str, Any], sweep: Sweep) -> Iterator[tuple[dict[str, Coordinate], dict[str, Any]]]:
    """Yield every setting: its coordinates, by path, and ``values`` with it; one without any for no sweep.

    Raises ValueError for a field that cannot be swept, for no values, twice the same, or too many settings.
    """
    for path, tried in sweep.items():
        _check(path, tried)
    if (count := math.prod(map(len, sweep.values()))) > MOST_TRIALS:
        raise ValueError(f"{count:,} settings are crossed; there may be {MOST_TRIALS:,}")
    for chosen in product(*sweep.values()):
        setting = values
        for path, value in zip(sweep, chosen, strict=True):
            setting = with_value(setting, path.split("."), value)
        yield {path: coordinate(value) for path, value in zip(sweep, chosen, strict=True)}, setting


def sweep_views(sweep: Sweep, own: Sequence[str] = ()) -> tuple[View, ...]:
    """Show what a sweep gives: one table, the best marked on validation, accuracy and loss over its numbers.

    ``own`` are the fields by which the strategy tells its networks apart.
    """
    if not sweep:
        return ()
    table = TableView(
        title="What was swept",
        rows=("role", "kind", *own, *sweep),
        figures=("validation.accuracy", "accuracy", "errors"),
        best="validation.accuracy",
    )
    numbers = {path: values for path, tried in sweep.items() if (values := _numbers(tried))}
    if not numbers:
        return (table,)
    x, values = next(iter(numbers.items()))
    series = ("role", "kind", *own, *(path for path in sweep if path != x))
    figures = (
        FigureView(
            title=f"{figure.capitalize()} against {title_of(x)}",
            x=x,
            y=figure,
            series=series,
            log_x=is_wide(values),
        )
        for figure in ("accuracy", "loss")
    )
    return (table, *figures)


def is_wide(values: Sequence[float]) -> bool:
    """Tell whether an axis of these values is logarithmic."""
    return min(values) > 0 and max(values) >= LOGARITHMIC * min(values)


def _numbers(tried: tuple[Any, ...]) -> list[float]:
    """Return the values where all are numbers, else none."""
    spoken = [coordinate(value) for value in tried]
    numbers = [value for value in spoken if not isinstance(value, str)]
    return numbers if len(numbers) == len(spoken) else []


def can_be_swept(path: str) -> bool:
    """Tell whether the field at ``path`` is of a kind that can be swept; not whether there is one."""
    part, *inside = path.split(".")
    if part == "networks":
        inside = inside[1:]  # without the role
    return part in SWEPT and bool(inside) and (part == "strategy" or inside[0] not in FIXED)


def _check(path: str, tried: tuple[Any, ...]) -> None:
    if not can_be_swept(path):
        raise ValueError(
            f"'{path}' cannot be swept; fields of the strategy, models, training and data can, by "
            "their paths: strategy.temperature, networks.student.training.optimizer.learning_rate"
        )
    if not tried:
        raise ValueError(f"no values for '{path}'; give some: {path}=1,4,20")
    spoken = [coordinate(value) for value in tried]
    if twice := [value for place, value in enumerate(spoken) if value in spoken[:place]]:
        raise ValueError(f"'{path}' is tried twice with {twice[0]}; give every value once")


def coordinate(value: Any) -> Coordinate:  # noqa: ANN401
    """Say a value in a number or a word: ``4``, ``on``, ``300-300``, ``sgd``."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float | str):
        return value
    if isinstance(value, list | tuple):
        if len(value) == 1:
            return coordinate(value[0])
        return "-".join(str(coordinate(part)) for part in value) or "none"
    tag = next((value[tag] for tag in TAGS if isinstance(value, dict) and tag in value), None)
    return str(tag) if tag else json.dumps(value, sort_keys=True)
