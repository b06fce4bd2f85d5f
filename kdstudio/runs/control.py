"""Asking a running run, in whichever process it runs, to hold, to go on, or to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from kdstudio.errors import KDStudioError
from kdstudio.runs.files import write_atomically
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.reading import read_file

if TYPE_CHECKING:
    from kdstudio.processes import Processes

Wish = Literal["go on", "pause", "stop"]
LARGEST = 100
"""Bytes of one."""


def ask(folder: RunFolder, wish: Wish) -> None:
    """Leave a wish for whoever runs ``folder``; KDStudioError where nobody does."""
    if not folder.is_running():
        raise KDStudioError(f"run '{folder.name}' is not running, so it cannot {wish}")
    write_atomically(folder.control_file, wish, durable=False)


def wish_for(folder: RunFolder) -> Wish:
    """Read what is wished of the run; it goes on where nothing is."""
    try:
        text = read_file(folder.control_file, LARGEST).decode().strip()
    except (OSError, ValueError):
        return "go on"
    return text if text in get_args(Wish) else "go on"  # type: ignore[return-value]


def strongest(own: Wish, processes: Processes) -> Wish:
    """Return what all of a run's processes do, where one may wish otherwise: stop before pause before go on.

    They ask at the same places of the run.
    """
    wishes: tuple[Wish, ...] = get_args(Wish)
    return wishes[processes.largest_number(wishes.index(own))]
