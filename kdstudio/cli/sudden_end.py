"""Code of the user's cannot end a command as though it had done its work."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

EXIT = os._exit


@contextmanager
def no_sudden_end() -> Iterator[None]:
    """Let ``os._exit`` raise SystemExit meanwhile, as ``sys.exit`` does: whose line it is can be told.

    Else the program would be gone at once, with a run unfinished and the exit code of whoever ended it.
    """
    os._exit = sys.exit  # type: ignore[assignment]  # itself: a function of ours would be the line to blame
    try:
        yield
    finally:
        os._exit = EXIT


def _as_it_was() -> None:
    """Processes that are forked meanwhile, as those that decode images, leave by it."""
    os._exit = EXIT


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_as_it_was)
