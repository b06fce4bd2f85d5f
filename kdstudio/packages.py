"""Packages elsewhere that add to KD Studio: what they offer by entry points, and whose a module is."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Iterator
from functools import cache
from importlib.metadata import (
    EntryPoint,
    EntryPoints,
    PackageNotFoundError,
    entry_points,
    packages_distributions,
    version,
)
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, cast

from kdstudio.errors import KDStudioError

OURS = "kdstudio"
LIBRARIES = ("torch", "torchvision", "timm")
"""What networks are made of."""
PASSED_THROUGH = tuple(
    f"kdstudio.models.modules.{name}" for name in ("drawing", "in_shares", "intercepting", "weightless")
)
"""Where calls of torch's functions are intercepted: on the way of every error within them."""


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


def check_installed(what: str, packages: Collection[str], extra: str) -> None:
    """Raise KDStudioError where ``what`` needs a module that is missing; ``extra`` of kdstudio brings it."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise KDStudioError(
            f"{what} needs {' and '.join(missing)}; "
            f"""'uv pip install "{OURS}[{extra}]"' installs what is missing"""
        )


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

    Lines of :data:`PASSED_THROUGH` are nobody's.
    """
    for caused in reversed([*_causes(error)]):
        frames = [
            Place(str(frame.f_globals.get("__name__", "")), Path(frame.f_code.co_filename), line)
            for frame, line in traceback.walk_tb(caused.__traceback__)
        ]
        lines = (place for place in reversed(frames) if place.module not in PASSED_THROUGH)
        if found := next((place for place in lines if top_level(place.module) in top_levels), None):
            return found
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it was raised from: ``StopIteration`` leaves a generator as another."""
    while error is not None:
        yield error
        error = error.__cause__


def where_written(function: object) -> str:
    """``, in mine.py, line 7``: where a function of others begins; empty for ours and a library's."""
    code, module = getattr(function, "__code__", None), str(getattr(function, "__module__", ""))
    if code is None or top_level(module) in (OURS, *LIBRARIES):
        return ""
    return f", in {code.co_filename}, line {code.co_firstlineno}"
