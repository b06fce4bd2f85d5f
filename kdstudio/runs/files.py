"""Writing so that a crash leaves the old file or the new one, never half of one."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from kdstudio.errors import KDStudioError
from kdstudio.given import MISSING, printable, reason, why_no_file

UNFINISHED = ".unfinished"
"""Ending of what is being written, or was when somebody was killed; its name begins with a dot."""

REMEDIES = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there",
    errno.EFBIG: "allow larger files there",
    errno.ENOENT: "it was moved or deleted: put it back",
    errno.ENOTDIR: "it was moved or deleted: put it back",
    errno.EIO: "see whether the disk is sound",
}
"""What to do about a place that cannot be written to; for any other reason, to let it be written to."""


@contextmanager
def writing(what: str, where: Path, afterwards: str) -> Iterator[None]:
    """Let an OSError from within be a KDStudioError: what cannot be written, why, and what to do about it."""
    try:
        yield
    except OSError as error:
        remedy = REMEDIES.get(error.errno or 0, "let it be written to")
        raise KDStudioError(
            f"the {what} {where} cannot be written ({reason(error)}); {remedy}, then {afterwards}"
        ) from error


def write_all(file: FileIO, content: bytes) -> None:
    """Write to a file without a buffer, which may take less at once; OSError where it takes no more."""
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]


def write_atomically(path: Path, content: bytes | str, *, durable: bool = True) -> None:
    """Write to a temporary name in the same folder, flush to disk (where ``durable``), then rename."""
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb", buffering=0) as file:
            write_all(file, data)
            if durable:
                os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def remove_unfinished(folder: Path) -> None:
    """Remove what whoever wrote below ``folder`` and was killed has left; nobody else may write there now."""
    for file in folder.rglob(f".*{UNFINISHED}"):
        file.unlink(missing_ok=True)


def set_aside(file: Path) -> None:
    """Rename what stands at ``file`` to ``NAME.damaged``, or another such name that is free."""
    number, aside = 1, file.with_name(f"{file.name}.damaged")
    while os.path.lexists(aside):
        number += 1
        aside = file.with_name(f"{file.name}.damaged-{number}")
    file.rename(aside)


def make_folder(path: Path, what: str) -> Path:
    """Make sure that ``path`` is a folder; KDStudioError names it and ``what`` it is for."""
    if printable(path) != str(path):  # programs read such paths line by line
        raise KDStudioError(f"the {what} '{path}' has a name that cannot be printed; choose another")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KDStudioError(
            f"the {what} {path} cannot be written ({reason(error)}); choose another"
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise KDStudioError(f"the {what} {path} cannot be written (no permission); choose another")
    return path


def check_place(path: Path, *, replace: bool) -> None:
    """Raise KDStudioError where no file can be at ``path``, or one is there that may not be replaced."""
    why = why_no_file(path)
    if why == MISSING:
        if os.path.isdir(path.parent):
            return
        why = f"there is no folder '{path.parent}'"
    if why:  # a device, say, would be gone
        raise KDStudioError(f"'{path}' cannot be written: {why}; choose another name")
    if not replace:
        raise KDStudioError(f"'{path}' is there already; replace it (--replace), or choose another name")


def write_file(path: Path, content: bytes | str, *, replace: bool) -> None:
    """Write a user's file; KDStudioError where that cannot be, or one is there that may not be replaced."""
    check_place(path, replace=replace)
    try:
        write_atomically(path, content)
    except OSError as error:
        raise KDStudioError(f"'{path}' cannot be written: {reason(error)}; choose another place") from error
