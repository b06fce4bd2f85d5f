"""What is shown at a time, and which slides a page has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QPoint
from PySide6.QtGui import QPen, QPixmap
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from kdstudio.gui.plots.presented import Presented
from kdstudio.gui.plots.stack import PlotStack
from kdstudio.runs.folder import RunFolder


class Slide:
    """Plots of a page, or words alone; what a page adds of its own overrides what it needs."""

    levels = 0
    """Highest place of a slider; 0: there is none."""
    level = 0
    """Where it stands."""
    slider_name = ""
    """What it moves, for those who cannot see it."""
    message = ""
    """Words in the place of plots, where there are none."""
    formula: str | None = None
    """In place of that of the run."""
    words: str | None = None
    """In place of what came out of the run."""

    def __init__(self, frames: Sequence[Presented]) -> None:
        """Show ``frames`` side by side, with the legend of the first."""
        self.frames = frames

    @property
    def title(self) -> str:
        """What is seen."""
        return self.frames[0].title

    @property
    def place(self) -> tuple[object, ...]:
        """Where on its page it is: what tells it from the other slides there."""
        return tuple(self.frames)

    def entries(self) -> Sequence[tuple[str, QPen]]:
        """Return the legend: words and a pen for each entry."""
        return self.frames[0].entries() if self.frames else ()

    @property
    def is_in_sight(self) -> bool:
        """Tell whether all of it is still there, and seen on the page."""
        return all(isValid(frame) and frame.isVisible() for frame in self.frames)

    def bring(self) -> None:
        """Bring it into sight on its page."""

    def picture(self, pixels: int, ratio: float) -> QPixmap | None:
        """Return an image to stand beside, so large, for a screen with ``ratio`` device pixels in one."""
        return None

    def turn_to(self, level: int) -> None:
        """Move the slider there."""


class StackedSlide(Slide):
    """One of several plots in one place, or one of several figures that one plot draws."""

    def __init__(self, stack: PlotStack, name: str, frame: Presented) -> None:
        """``name`` is that of the choice in ``stack``."""
        super().__init__([frame])
        self._stack, self._name = stack, name

    @property
    def title(self) -> str:
        """As it is chosen."""
        return self._name

    @property
    def place(self) -> tuple[object, ...]:
        """Which choice it is, too."""
        return (self._name, *super().place)

    @property
    def is_in_sight(self) -> bool:
        """Tell whether it is chosen."""
        return super().is_in_sight and self._stack.shown() == self._name

    def bring(self) -> None:
        """Choose it."""
        self._stack.show_widget(self._name)


@runtime_checkable
class ShowsRun(Protocol):
    """A page about a run."""

    @property
    def shown_run(self) -> RunFolder | None:
        """The run that its plots are of; None where there is none, or several."""


@runtime_checkable
class HasSlides(Protocol):
    """A page with slides of its own, which come first."""

    def slides(self) -> Sequence[Slide]:
        """Return those that there are now."""


def slides_of(page: QWidget) -> list[Slide]:
    """Return the slides of ``page``: its own, then each plot in sight, and those a box would bring there."""
    own = list(page.slides()) if isinstance(page, HasSlides) else []
    taken = {frame for slide in own for frame in slide.frames}
    plots = page.findChildren(Presented)
    in_stacks: set[Presented] = set()
    found: list[tuple[tuple[int, int], Slide]] = []
    for stack in page.findChildren(PlotStack):
        in_stacks.update(frame for frame in plots if stack.isAncestorOf(frame))
        if stack.isVisible():
            found += [(corner_of(stack, page), slide) for slide in _stacked(stack)]
    alone = [frame for frame in plots if frame.isVisible() and frame not in in_stacks]
    found += [(corner_of(frame, page), Slide([frame])) for frame in alone]
    return own + [
        slide for _, slide in sorted(found, key=lambda each: each[0]) if not taken & {*slide.frames}
    ]


def _stacked(stack: PlotStack) -> Iterator[Slide]:
    """Yield a slide for each plot that can be chosen in ``stack``."""
    for name, widget in stack.available():
        frames = [widget] if isinstance(widget, Presented) else widget.findChildren(Presented)
        for frame in frames:
            yield StackedSlide(stack, name, frame)


def corner_of(widget: QWidget, page: QWidget) -> tuple[int, int]:
    """Where ``widget`` stands, in the order of reading."""
    corner = widget.mapTo(page, QPoint())
    return corner.y(), corner.x()
