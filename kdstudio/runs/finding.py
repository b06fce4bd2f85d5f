"""Finding a run by what people call it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from kdstudio.errors import KDStudioError
from kdstudio.given import given_path
from kdstudio.runs.folder import RunFolder, recorded_runs, run_folders
from kdstudio.runs.names import LATEST


def find_run(
    which: str,
    runs: Path,
    before: RunFolder | None = None,
    tell: Callable[[str], None] = lambda _remark: None,
) -> RunFolder:
    """Find a run by its folder, its name, the beginning of its name, or ``latest``.

    The latest is the newest that is not damaged; ``tell`` hears of those that were passed over. One that
    came with the package is found by its name where no other is meant. Given ``before``, only runs that were
    there when that one was made are looked for.
    """
    named = RunFolder(Path(os.path.abspath(given_path(which))))
    if named.is_run():
        return named
    known = run_folders(runs)
    if before:
        known = [run for run in known if run.created() < before.created()]
    if which == LATEST:
        for run in known:
            found = run.read()
            if found.status != "damaged":
                return run
            tell(f"run '{run.name}' is newer, but damaged: {found.error}")
    exact = [run for run in known if run.name == which]
    recorded = [run for run in recorded_runs() if run.name == which]
    matching = exact or recorded or [run for run in known if run.name.startswith(which)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise KDStudioError(f"several runs begin with '{which}': {_names(matching)}")
    there = f"there are {_names(known)}" if known else "there are none yet"
    raise KDStudioError(f"no run '{which}' in {runs}; {there}")


def _names(runs: list[RunFolder]) -> str:
    names = [run.name for run in runs]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
