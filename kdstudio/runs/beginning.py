"""A new run's folder: there whole, and held, from the instant at which it has its name."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from pathlib import Path
from uuid import uuid4

from filelock import FileLock

from kdstudio.engine.experiment import Experiment
from kdstudio.runs.environment import environment
from kdstudio.runs.files import UNFINISHED, make_folder, write_atomically, writing
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.names import check_new_name, taken
from kdstudio.runs.presets import to_toml
from kdstudio.runs.summary import Summary

MOVES_WHAT_IS_OPEN = sys.platform != "win32"
"""Whether a folder can be renamed while a file in it is open, and stays locked.

Where it cannot, the lock is taken right after; in that instant others read the run as interrupted.
"""


def begin_run(runs: Path, experiment: Experiment, name: str = "") -> tuple[RunFolder, FileLock]:
    """Make a new run folder with its experiment and a first summary: all of it, or none.

    Its lock is held, and whoever calls releases it.
    """
    make_folder(runs, "runs folder")
    now = datetime.now().astimezone()
    check_new_name(name, runs)
    base = name or f"{now:%Y%m%d-%H%M%S}-{experiment.name}"
    described = experiment.model_dump(mode="json", exclude_none=True)
    summary = Summary(
        name=base, started=now.isoformat(timespec="seconds"), experiment=described,
        environment=environment(),
    )  # fmt: skip
    aside = RunFolder(runs / f".{uuid4().hex}{UNFINISHED}")
    lock = aside.lock()
    try:
        with writing("runs folder", runs, "run it again"):
            (aside.path / "networks").mkdir(parents=True)
            if MOVES_WHAT_IS_OPEN:
                lock.acquire()
            write_atomically(aside.experiment_file, to_toml(experiment))
            aside.events_file.touch()
            for path in [runs / base] if name else numbered(runs / base):
                named = summary.model_copy(update={"name": path.name})
                write_atomically(aside.summary_file, named.model_dump_json(indent=2))
                if _moved(aside.path, path):
                    made = RunFolder(path)
                    return made, lock if lock.is_locked else made.hold()
        raise taken(base, runs)
    except BaseException:
        lock.release()
        raise
    finally:
        shutil.rmtree(aside.path, ignore_errors=True)


def numbered(path: Path) -> Iterator[Path]:
    """Yield names for a folder, without end: its own, then with a number."""
    yield path
    for number in count(2):
        yield path.with_name(f"{path.name}-{number}")


def _moved(folder: Path, to: Path) -> bool:
    """Give a folder its name, unless that is taken."""
    if to.exists():
        return False
    try:
        folder.rename(to)
    except OSError:
        if to.exists():  # by now
            return False
        raise
    return True
