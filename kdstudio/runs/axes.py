"""What the axes of a figure of results say, and in which units they are."""

from __future__ import annotations

from typing import NamedTuple

from kdstudio.engine.views import FigureView
from kdstudio.runs.figures import Part, axis_title, figure_called, is_figure


class Axis(NamedTuple):
    """One of them."""

    title: str
    scale: float = 1.0
    """What a value is multiplied by to be in the unit of the title."""
    is_continuous: bool = False
    """Whether ticks stand at round numbers, not at the values."""


class Axes(NamedTuple):
    """What is drawn, and against what."""

    title: str
    x: Axis
    y: Axis
    log_x: bool = False


def axes_of(view: FigureView, part: Part = "test", along: str = "") -> Axes:
    """Read the axes off a declared figure of a ``part`` of the data; ``along`` names the lower one better."""
    return Axes(view.title, _axis(view.x, part, along), _axis(view.y, part), view.log_x)


def _axis(key: str, part: Part, title: str = "") -> Axis:
    title = title or axis_title(key, part)
    return Axis(title, figure_called(key).scale, is_continuous=True) if is_figure(key) else Axis(title)
