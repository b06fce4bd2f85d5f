"""What is printed reaches its reader, or the program says once that it cannot, and ends."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from io import TextIOWrapper

from kdstudio.cli.options import complain
from kdstudio.given import reason

PRINTERS = {"click", "rich"}
"""Packages that print for us."""


def show_every_sign() -> None:
    """Let signs that the terminal's or file's encoding lacks, or that are no text, be written out."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def is_of_output(error: BaseException) -> bool:
    """Tell whether ``error`` came from printing: standard output is full, or cannot be written otherwise."""
    if not isinstance(error, OSError):
        return False
    *_, (frame, _line) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals.get("__name__", "").partition(".")[0] in PRINTERS


def give_up_output(error: BaseException) -> None:
    """Say in a line why nothing more is printed; what is still held is dropped, or its end would fail too."""
    complain(f"standard output takes nothing ({reason(error)}); write it to another place")
    with suppress(OSError, ValueError):  # it may be no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
