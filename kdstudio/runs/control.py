"""Asking a running run, in whichever process it runs, to hold, to go on, or to stop."""

from __future__ import annotations

from typing import Literal, get_args

from kdstudio.errors import KDStudioError
from kdstudio.runs.files import write_atomically
from kdstudio.runs.folder import RunFolder

Wish = Literal["go on", "pause", "stop"]


def ask(folder: RunFolder, wish: Wish) -> None:
    """Leave a wish for whoever runs ``folder``; KDStudioError where nobody does."""
    if not folder.is_running():
        raise KDStudioError(f"run '{folder.name}' is not running, so it cannot {wish}")
    write_atomically(folder.control_file, wish, durable=False)


def wish_for(folder: RunFolder) -> Wish:
    """Read what is wished of the run; it goes on where nothing is."""
    try:
        text = folder.control_file.read_text("utf-8").strip()
    except OSError:
        return "go on"
    return text if text in get_args(Wish) else "go on"  # type: ignore[return-value]
