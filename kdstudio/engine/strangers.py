"""Code of others, a file of the user's or a package: whose line an error came from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kdstudio.engine.experiment import REGISTRIES
from kdstudio.errors import KDStudioError, is_out_of_memory, told_as
from kdstudio.models.python import MODULE as USER_MODULE
from kdstudio.packages import OURS, Place, deepest_place, top_level


@contextmanager
def blaming_strangers(what: str = "") -> Iterator[None]:
    """Turn whatever others' code raises within, ``SystemExit`` too, into a KDStudioError with its line.

    ``what`` was being done. What came from our own lines, as an interruption does, or from a lack of memory,
    goes on as it is.
    """
    try:
        yield
    except BaseException as error:
        line = "" if isinstance(error, KDStudioError) or is_out_of_memory(error) else strangers_line(error)
        if not line:
            raise
        told = f"{what}: {told_as(error)}" if what else told_as(error)
        raise KDStudioError(f"{told} {line}") from error


def strangers_line(error: BaseException) -> str:
    """``in mine.py, line 4; mend it there``: whose line an error came from; empty where it was ours."""
    strangers = _strangers()
    place = deepest_place(error, {*strangers, USER_MODULE})
    if place is not None and place.module == USER_MODULE:
        return f"in {place.file}, line {place.line}; mend it there"
    if place is not None and strangers[top_level(place.module)] != OURS:
        return f"in {_spoken(place, strangers)}; please tell its authors"
    return ""


def strangers_call(error: BaseException) -> str:
    """``kd_chain/chain.py, line 17 (package kd-chain)``: the last line of a package that it came through."""
    strangers = _strangers()
    place = deepest_place(error, {module for module, package in strangers.items() if package != OURS})
    return _spoken(place, strangers) if place else ""


def _strangers() -> dict[str, str]:
    """Packages that have registered something, by their top-level modules; ours among them."""
    return {
        top_level(entry.__module__): registry.package_of(name)
        for registry in REGISTRIES
        for name, entry in registry.items()
    }


def _spoken(place: Place, strangers: dict[str, str]) -> str:
    return f"{place} (package {strangers[top_level(place.module)]})"
