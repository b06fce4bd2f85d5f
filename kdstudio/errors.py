"""The one exception that carries a message for the person at the window or the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

FieldPath = tuple[str, ...]
"""Where a field of an experiment is: ``("data", "source", "path")``."""


class KDStudioError(Exception):
    """Something a user can mend: the message names the thing, the value and the remedy."""

    field: FieldPath = ()
    """The field of the experiment that it speaks of, or that holds that; empty where none is known."""


@contextmanager
def speaking_of(*field: str) -> Iterator[None]:
    """Let a KDStudioError from within speak of ``field``, unless it speaks of a closer one already."""
    try:
        yield
    except KDStudioError as error:
        error.field = error.field or field
        raise
