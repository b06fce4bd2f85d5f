"""The file in which Qt keeps what the window remembers: its look, files opened last, the last experiment."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QStandardPaths

from kdstudio.errors import KDStudioError
from kdstudio.given import why_no_file
from kdstudio.runs.files import set_aside


def settings_file() -> Path:
    """Tell where it is on Linux, which Qt cannot be asked without opening it; elsewhere none is there."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericConfigLocation)
    return Path(folder, QCoreApplication.organizationName(), f"{QCoreApplication.applicationName()}.conf")


def clear_the_way(file: Path) -> None:
    """Set aside what stands in the file's place and is none: Qt would wait for a pipe for ever.

    Raises KDStudioError where that cannot be.
    """
    try:
        is_file = stat.S_ISREG(os.stat(file).st_mode)
    except OSError:  # nothing is there, or nobody may look: Qt does without
        return
    if not is_file:
        try:
            set_aside(file)
        except OSError as error:
            raise KDStudioError(
                f"the window's settings '{file}' cannot be read: {why_no_file(file)}; move it away"
            ) from error
