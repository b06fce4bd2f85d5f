"""Deleting runs so that it can be undone: they are moved within the runs folder, and gone a day later."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kdstudio.errors import KDStudioError
from kdstudio.given import reason
from kdstudio.runs.folder import RunFolder

TRASH = ".trash"
KEPT = 24 * 3600.0
"""Seconds for which runs can be taken back."""


class Thrown(NamedTuple):
    """Runs that have been thrown away together."""

    runs: tuple[RunFolder, ...]
    """Where they were."""
    place: Path
    """Where they are."""

    def take_back(self) -> None:
        """Put them where they were; KDStudioError names one that cannot be, and the others are back."""
        failed = []
        for run in self.runs:
            try:
                if run.path.exists():
                    raise FileExistsError(0, "there is another run of that name")
                (self.place / run.name).rename(run.path)
            except OSError as error:
                failed.append(f"run '{run.name}' is still in '{self.place}': {reason(error)}")
        if failed:
            raise KDStudioError("; ".join(failed))
        self.place.rmdir()


def throw_away(runs: Sequence[RunFolder]) -> Thrown:
    """Move ``runs``, all of one folder, into its trash; KDStudioError, and nothing moved, while one runs.

    So it is where one came with the package.
    """
    for run in runs:
        run.check_own("deleted")
        if run.is_running():
            raise KDStudioError(
                f"run '{run.name}' is running, so nothing was deleted; stop it first: "
                f"'kdstudio stop {run.name}', or Stop in the window"
            )
    moved: list[RunFolder] = []
    place = runs[0].path.parent / TRASH / str(time.time_ns())
    try:
        place.mkdir(parents=True)
        for run in runs:
            run.path.rename(place / run.name)
            moved.append(run)
    except OSError as error:
        Thrown(tuple(moved), place).take_back()
        raise KDStudioError(
            f"run '{runs[len(moved)].name}' cannot be deleted: {reason(error)}; close what has its files open"
        ) from error
    return Thrown(tuple(runs), place)


def last_thrown(runs: Path) -> Thrown:
    """Find what was thrown away from the folder ``runs`` last; KDStudioError where there is nothing."""
    places = sorted((place for place in _places(runs) if any(place.iterdir())), key=_age)
    if not places:
        raise KDStudioError(f"nothing that was deleted from '{runs}' is kept any more")
    return Thrown(tuple(RunFolder(runs / kept.name) for kept in sorted(places[0].iterdir())), places[0])


def _places(runs: Path) -> list[Path]:
    """Where things were thrown away together; what else may lie there is not ours."""
    return [place for place in (runs / TRASH).glob("*") if place.name.isdecimal() and place.is_dir()]


def _age(place: Path) -> float:
    return time.time() - int(place.name) / 1e9


def empty_trash(runs: Path, older_than: float = KEPT) -> None:
    """Delete what was thrown away from the folder ``runs`` more than so many seconds ago."""
    for place in _places(runs):
        if _age(place) >= older_than:
            shutil.rmtree(place, ignore_errors=True)
