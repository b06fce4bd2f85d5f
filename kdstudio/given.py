"""Paths that people name: what lies there is looked at before it is opened; a pipe would be waited for."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

KINDS = {
    stat.S_IFDIR: "it is a folder",
    stat.S_IFIFO: "it is a pipe",
    stat.S_IFSOCK: "it is a socket",
    stat.S_IFCHR: "it is a device",
    stat.S_IFBLK: "it is a device",
}
MISSING = "No such file"
PASSWORD = re.compile(r"(?<=://)([^:/@\s]*):[^/\s]*@")


def given_path(text: str | Path) -> Path:
    """Return the path that ``text`` names; of ``~somebody`` without a home it is taken as it stands."""
    return Path(os.path.expanduser(text))


def why_no_file(path: Path) -> str:
    """Say why ``path`` has no content that could be read; empty where it has. Nothing is opened."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return MISSING
    except (OSError, ValueError) as error:  # a loop of links, a name that no file can have
        return reason(error)
    return "" if stat.S_ISREG(mode) else KINDS.get(stat.S_IFMT(mode), "it is no file")


def why_no_folder(path: Path) -> str:
    """Say why ``path`` cannot be a folder: something else is there. Empty where it is one, or may be made."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return "a link there leads nowhere" if path.is_symlink() else ""
    except (OSError, ValueError) as error:
        return reason(error)
    return "" if stat.S_ISDIR(mode) else KINDS.get(stat.S_IFMT(mode), "it is a file")


def reason(error: BaseException) -> str:
    """Return what the system says of it, without number and path."""
    return getattr(error, "strerror", "") or str(error)


def printable(text: object) -> str:
    """Return ``text`` on one line: what cannot be printed, as a line break, is written out."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in str(text))


def without_passwords(text: str) -> str:
    """Return ``text`` as it may be shown: without the passwords of URLs in it."""
    return PASSWORD.sub(r"\1:***@", text)
