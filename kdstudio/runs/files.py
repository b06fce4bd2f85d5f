"""Writing so that a crash leaves the old file or the new one, never half of one."""

import os
import tempfile
from pathlib import Path

from kdstudio.errors import KDStudioError


def write_atomically(path: Path, content: bytes | str, *, durable: bool = True) -> None:
    """Write to a temporary name in the same folder, flush to disk (where ``durable``), then rename."""
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def make_folder(path: Path, what: str) -> Path:
    """Make sure that ``path`` is a folder; KDStudioError names it and ``what`` it is for."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KDStudioError(
            f"the {what} {path} cannot be written ({error.strerror or error}); choose another"
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise KDStudioError(f"the {what} {path} cannot be written (no permission); choose another")
    return path


def write_file(path: Path, content: bytes | str, *, replace: bool) -> None:
    """Write a user's file; KDStudioError where that cannot be, or one is there that may not be replaced."""
    if path.exists() and not replace:
        raise KDStudioError(f"'{path}' is there already; replace it (--replace), or choose another name")
    try:
        write_atomically(path, content)
    except OSError as error:
        raise KDStudioError(
            f"'{path}' cannot be written: {error.strerror or error}; choose another place"
        ) from error
