"""Reading files that may come from strangers: regular ones, of a size that has been agreed on."""

from __future__ import annotations

import os
import tomllib
from io import BufferedReader
from pathlib import Path
from stat import S_ISREG
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from kdstudio.given import reason

MEGABYTE = 10**6
LONGEST = 300
"""Characters of a reason or a value: a stranger's file may repeat anything in it."""

Stamp = tuple[int, int, int]
"""When a file or who may read it was changed, when it was written, and its length."""


def stamp_of(file: Path) -> Stamp | None:
    """Return what is another one when the file is; None where nobody can tell."""
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_ctime_ns, status.st_mtime_ns, status.st_size


def open_file(path: Path) -> BufferedReader:
    """Open a regular file for reading; OSError for a pipe, a device or a folder, which might never answer."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    if not S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "it is no regular file")
    return os.fdopen(descriptor, "rb")


def read_file(path: Path, most: int) -> bytes:
    """Read a regular file of ``most`` bytes at most; OSError where there is none, ValueError beyond."""
    with open_file(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"it is larger than {most / MEGABYTE:,.0f} MB")
    return content


def read_json(path: Path, most: int) -> Any:  # noqa: ANN401
    """Read JSON without NaN, infinities, broken text or nesting beyond reason; else as :func:`read_file`."""
    content = read_file(path, most)
    if not content:
        raise ValueError("it is empty")
    return from_json(content, allow_inf_nan=False)


def read_toml(text: str) -> dict[str, Any]:
    """Read TOML; ValueError where it is none, or nested beyond reason."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def reason_of(error: BaseException) -> str:
    """Say in a line what is wrong with a file that could not be read."""
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_input=False)
        where = ".".join(map(str, found[0]["loc"]))
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        what = found[0]["msg"].removeprefix("Value error, ").replace("Input should ", "must ")
        said = f"{where}: {what}{more}".removeprefix(": ")
    else:
        said = reason(error)
    return shortened(" ".join("".join(sign if sign.isprintable() else " " for sign in said).split()))


def shortened(text: str, most: int = LONGEST) -> str:
    """Return ``text``; what is longer than people read is cut."""
    return text if len(text) <= most else f"{text[:most]}…"
