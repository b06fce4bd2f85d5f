"""What a run may be called: a folder of any system, and one argument, one line, of a command."""

from __future__ import annotations

from pathlib import Path

from kdstudio.errors import KDStudioError

LONGEST = 200
"""Bytes in UTF-8; a file system takes 255, and a run's files may be written beside it under its name."""
SHOWN = 60
"""Characters of a bad name that a message repeats."""
FORBIDDEN = '/\\:*?"<>|'
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
"""Windows has these in every folder, with whatever suffix."""
LATEST = "latest"
"""What the newest run is called, whichever it is."""


def check_new_name(name: str, runs: Path) -> None:
    """Raise KDStudioError where a new run of the folder ``runs`` cannot be called so; empty is the usual."""
    if not name:
        return
    if fault := fault_of(name):
        shown = name if len(name) <= SHOWN else f"{name[:SHOWN]}…"
        raise KDStudioError(
            f"{shown!r} is no name for a run: it {fault}; use letters, digits, dots and dashes"
        )
    if (runs / name).exists():
        raise taken(name, runs)


def taken(name: str, runs: Path) -> KDStudioError:
    """Return the refusal of a name that a run has."""
    return KDStudioError(f"there is a run '{name}' in {runs} already; choose another name")


def fault_of(name: str) -> str:
    """Say what is wrong with a name; empty where nothing is."""
    if not name.strip():
        return "is blank"
    if not name.isprintable():  # line breaks, control characters, bytes that are no text
        return "holds what cannot be printed"
    if found := [sign for sign in name if sign in FORBIDDEN]:
        return f"holds '{found[0]}'"
    if name[0] in ".- " or name[-1] in ". ":
        return "begins with a dot, dash or space, or ends with a dot or space"
    if name.split(".")[0].strip().lower() in DEVICES:
        return "is a device on Windows"
    if name == LATEST:
        return "stands for the newest run"
    length = len(name.encode())
    return f"is {length:,} bytes long, more than {LONGEST}" if length > LONGEST else ""
