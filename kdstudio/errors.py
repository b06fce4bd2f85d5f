"""The one exception that carries a message for the person at the window or the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

FieldPath = tuple[str, ...]
"""Where a field of an experiment is: ``("data", "source", "path")``."""


class KDStudioError(Exception):
    """Something a user can mend: the message names the thing, the value and the remedy."""

    field: FieldPath = ()
    """The field of the experiment that it speaks of, or that holds that; empty where none is known."""


class LostProcessError(KDStudioError):
    """A process of the run has gone, and the others cannot go on without it."""

    is_told = False
    """Whether the first process is still there, which tells people."""


@contextmanager
def speaking_of(*field: str) -> Iterator[None]:
    """Let a KDStudioError from within speak of ``field``, unless it speaks of a closer one already."""
    try:
        yield
    except KDStudioError as error:
        error.field = error.field or field
        raise


LONGEST_TOLD = 2_000
"""Characters of what an error of others says, of which some say millions."""


def told_as(error: BaseException) -> str:
    """``ValueError: odd``; the kind alone where it says nothing, and no more of it than anybody reads."""
    said = str(error)
    short = said if len(said) <= LONGEST_TOLD else f"{said[:LONGEST_TOLD]} …"
    return f"{type(error).__name__}: {short}".removesuffix(": ")


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether there was no room, here or on a device; it does without torch."""
    torch = sys.modules.get("torch")
    errors = (MemoryError, getattr(torch, "OutOfMemoryError", MemoryError))
    return isinstance(error, errors) or "allocate memory" in str(error)
