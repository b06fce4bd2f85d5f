"""Packages elsewhere that add to KD Studio: what they offer by entry points, and whose a module is."""

from __future__ import annotations

import traceback
from collections.abc import Collection
from functools import cache
from importlib.metadata import (
    EntryPoint,
    EntryPoints,
    PackageNotFoundError,
    entry_points,
    packages_distributions,
    version,
)
from pathlib import Path
from typing import NamedTuple, cast

OURS = "kdstudio"
PASSED_THROUGH = ("kdstudio.models.modules.drawing",)


@cache
def everything_offered() -> EntryPoints:
    """Entry points of all packages, read once: each asking opens a file of every package installed."""
    return cast("EntryPoints", entry_points())  # before Python 3.12 of another type, selected from alike


@cache
def offered(group: str) -> tuple[EntryPoint, ...]:
    """Entry points of ``group``, those of one package together."""
    return tuple(
        sorted(everything_offered().select(group=group), key=lambda point: (owner(point), point.name))
    )


def owner(point: EntryPoint) -> str:
    """Name of the distribution that has the entry point."""
    return point.dist.name if point.dist else top_level(point.module)


def top_level(module: str) -> str:
    """``kd_assistants`` of ``kd_assistants.chain``."""
    return module.partition(".")[0]


@cache
def package_of_module(module: str) -> str:
    """Name of the distribution that ``module`` belongs to; its own top-level name where there is none."""
    top = top_level(module)
    if top == OURS:
        return OURS
    groups = (group for group in everything_offered().groups if group.startswith(f"{OURS}."))
    named = (owner(point) for group in groups for point in offered(group) if top_level(point.module) == top)
    return next(named, None) or packages_distributions().get(top, [top])[0]


def installed_version(package: str) -> str:
    """Version of a distribution; empty where none of that name is installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


class Place(NamedTuple):
    """A line of somebody's code."""

    module: str
    file: Path
    line: int

    def __str__(self) -> str:
        """``kd_assistants/chain.py, line 17``."""
        parts, top = self.file.parts, top_level(self.module)
        inside = "/".join(parts[parts.index(top) :]) if top in parts else self.file.name
        return f"{inside}, line {self.line}"


def line_outside(error: BaseException) -> str:
    """``, in mine.py, line 42``: the last line that is neither ours nor a library's; empty without one."""
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        path = Path(frame.f_code.co_filename)
        if top_level(str(frame.f_globals.get("__name__", ""))) != OURS and "site-packages" not in path.parts:
            return f", in {path.name}, line {line}"
    return ""


def deepest_place(error: BaseException, top_levels: Collection[str]) -> Place | None:
    """Return the last line, of those that the error came through, in modules under ``top_levels``.

    What every call of torch's passes through while networks are tried is nobody's line.
    """
    frames = [
        Place(str(frame.f_globals.get("__name__", "")), Path(frame.f_code.co_filename), line)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    lines = (place for place in reversed(frames) if place.module not in PASSED_THROUGH)
    return next((place for place in lines if top_level(place.module) in top_levels), None)
