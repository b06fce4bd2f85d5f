"""The figures of a network: where its row keeps them, how they are written, their spread over seeds."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal, NamedTuple, get_args

from kdstudio.engine.events import NetworkResult, Scores
from kdstudio.engine.identity import CONTROL, CONTROL_NAME, Coordinate, Identity, title_of
from kdstudio.engine.views import OF_EVERY_ROW

Part = Literal["validation", "test"]
PARTS = get_args(Part)
MISSING = "–"


class LiveResult(Identity):
    """The row of a network that still trains: how it answered the validation images last."""

    architecture: str = ""
    validation: Scores


Row = NetworkResult | LiveResult


@dataclass(frozen=True)
class Spread:
    """The same figure of networks that differ in one coordinate alone, mostly the seed."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean of the values."""
        return fmean(self.values)

    @property
    def deviation(self) -> float:
        """Sample standard deviation; 0 for a single value."""
        return stdev(self.values) if len(self.values) > 1 else 0.0

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.values)


class Figure(NamedTuple):
    """How a figure is written."""

    title: str
    unit: str = ""
    scale: float = 1.0
    """What a value is multiplied by to be in that unit."""
    digits: int = 0
    is_score: bool = True
    """Of some part of the data; else a cost, the same for every seed."""
    lower_is_better: bool = True

    def text(self, spread: Spread | None) -> str:
        """``94.30%``, ``94.30% ± 0.21``, or a dash for what is not there."""
        if spread is None:
            return MISSING
        is_mean = spread.count > 1 and self.is_score
        digits = max(self.digits, 1) if is_mean else self.digits
        mean = f"{self.scale * spread.mean:,.{digits}f}{'%' if self.unit == '%' else ''}"
        return f"{mean} ± {self.scale * spread.deviation:,.{digits}f}" if is_mean else mean

    def single(self, value: float | None) -> str:
        """Write the figure of one network."""
        return self.text(None if value is None else Spread((value,)))


FIGURES = {
    "accuracy": Figure("accuracy", "%", 100, 2, lower_is_better=False),
    "errors": Figure("errors", "images"),
    "loss": Figure("loss", "nats", digits=4),
    "calibration_error": Figure("calibration error", "%", 100, 2),
    "parameters": Figure("parameters", is_score=False),
    "multiply_adds": Figure("multiply-adds", "millions", 1e-6, 2, is_score=False),
    "latency": Figure("latency", "ms, measured here", 1e3, 3, is_score=False),
}


def figure_called(key: str) -> Figure:
    """How ``key`` is written, ``validation.`` before it or not."""
    return FIGURES[key.rpartition(".")[2]]


def figure_of(row: Row, key: str, part: Part = "test") -> float | None:
    """Read a figure of a row, a score on ``part`` unless ``key`` names another; None where it has none."""
    where, _, what = key.rpartition(".")
    found = getattr(row, where or part, None) if FIGURES[what].is_score else row
    return getattr(found, what, None)


def field_of(row: Row, field: str) -> Coordinate | None:
    """Read what tells a row from others; None for a coordinate that it does not have."""
    if field in OF_EVERY_ROW:
        return str(getattr(row, field))
    return row.coordinates.get(field)


def place_of(row: Row, key: str, part: Part = "test") -> float | None:
    """Where a row stands on the axis of a coordinate or of a figure; None where it stands nowhere."""
    value = figure_of(row, key, part) if is_figure(key) else field_of(row, key)
    return None if isinstance(value, str) else value


def is_figure(key: str) -> bool:
    """Tell a figure from a field."""
    where, _, what = key.rpartition(".")
    return what in FIGURES and where in ("", *PARTS)


def spoken_key(key: str, part: Part = "test") -> str:
    """Name a field or a figure: ``test accuracy``, ``parameters``, ``T``."""
    if not is_figure(key):
        return title_of(key)
    figure, (where, _, _) = figure_called(key), key.rpartition(".")
    return f"{where or part} {figure.title}" if figure.is_score else figure.title


def heading(key: str, part: Part = "test") -> str:
    """Head a column; ``%`` stands behind its numbers."""
    return axis_title(key, part).removesuffix(" (%)")


def axis_title(key: str, part: Part = "test") -> str:
    """Name an axis with its unit."""
    unit = figure_called(key).unit if is_figure(key) else ""
    return f"{spoken_key(key, part)} ({unit})" if unit else spoken_key(key, part)


def spoken_field(field: str, value: Coordinate | None) -> str:
    """Text of a field in a table, a legend or at a tick; empty where there is none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return CONTROL_NAME if (field, value) == ("kind", CONTROL) else value
    return f"{value:g}"
