"""What exported files are called, and putting them where they are wanted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.formats.declaration import ExportFormat


def file_name(run: RunFolder, network: str) -> str:
    """``<run>-<network>``, without spaces."""
    return f"{run.name}-{network}".replace(" ", "-")


def taken_files(
    run: RunFolder, networks: Sequence[str], wanted: Sequence[ExportFormat], folder: Path
) -> list[str]:
    """Names of what an export would write into ``folder`` and that is there already.

    None where it may not be looked into; writing tells why.
    """
    names = [file for network in networks for w in wanted for file in w.files(file_name(run, network))]
    return [name for name in names if os.path.exists(folder / name)]


def check_folder(
    run: RunFolder, networks: Sequence[str], wanted: Sequence[ExportFormat], folder: Path, *, replace: bool
) -> None:
    """Raise KDStudioError where the files would come in the way of others."""
    if Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(run.path)):
        raise KDStudioError(f"'{folder}' is in the run's own folder; choose another to export to")
    taken = taken_files(run, networks, wanted, folder)
    if taken and not replace:
        more = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
        raise KDStudioError(
            f"'{folder / taken[0]}'{more} is there already; choose another folder, or replace it (--replace)"
        )


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def put_in_place(source: Path, target: Path) -> None:
    """Rename ``source`` to ``target``, which it replaces."""
    if target.is_dir():
        shutil.rmtree(target)
    source.replace(target)
