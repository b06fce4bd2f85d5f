"""Run folders: where they are, what is in them, and reading them at any time."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_data_path

from kdstudio.engine.events import Event, event_adapter
from kdstudio.engine.experiment import Experiment
from kdstudio.errors import KDStudioError
from kdstudio.runs.environment import environment
from kdstudio.runs.files import make_folder, write_atomically
from kdstudio.runs.former_runs import modern_event, modern_summary
from kdstudio.runs.presets import DEFAULT_PRESET, load_experiment, to_toml
from kdstudio.runs.summary import Summary
from kdstudio.runs.weights import SUFFIX
from kdstudio.shipped import shipped

STEP = b'{"kind":"step-done",'
"""Beginning of a line of the log that tells of steps."""
PATIENCE = 1.0
"""Seconds to wait for a lock that somebody may hold for an instant."""
RECORDED = shipped("resources") / "recorded"
"""Runs that come with the package, written by ``docs/record.py``."""


def default_runs_folder() -> Path:
    """``KDSTUDIO_RUNS`` if it is set, else ``runs`` in the user's folder for KD Studio."""
    named = os.environ.get("KDSTUDIO_RUNS")
    return Path(named).expanduser() if named else user_data_path("kdstudio", appauthor=False) / "runs"


@dataclass(frozen=True)
class RunFolder:
    """One run on disk: ``experiment.toml, events.jsonl, summary.json, checkpoint, networks/, …``."""

    path: Path

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.path.name

    @property
    def events_file(self) -> Path:
        """One event a line, in order."""
        return self.path / "events.jsonl"

    @property
    def summary_file(self) -> Path:
        """The summary, always whole."""
        return self.path / "summary.json"

    @property
    def checkpoint_file(self) -> Path:
        """Where an unfinished run stands."""
        return self.path / f"checkpoint{SUFFIX}"

    @property
    def stages_file(self) -> Path:
        """Stages that are done, for runs that would train the same; see ``reuse.py``."""
        return self.path / "stages.json"

    @property
    def control_file(self) -> Path:
        """What is wished of whoever runs it: to hold, to go on, to stop."""
        return self.path / "control"

    def part_file(self, stage: int, part: str, best: str = "") -> Path:
        """Weights of a network or head after a stage (or when ``best`` was best), which other runs need."""
        return self.path / "parts" / str(stage) / (f"best {best}" if best else "") / f"{part}{SUFFIX}"

    def confusion_file(self, network: str) -> Path:
        """Images counted by true class and class answered, by part."""
        return self.path / "confusion" / f"{network}.json"

    def network_file(self, network: str, *, best: bool = False) -> Path:
        """Weights of a network after its last (or best) epoch."""
        return self.path / "networks" / f"{network}{'.best' if best else ''}{SUFFIX}"

    def networks(self) -> list[str]:
        """Names of the networks whose weights are here."""
        files = (self.path / "networks").glob(f"*{SUFFIX}")
        names = {file.name.removesuffix(SUFFIX) for file in files if file.with_suffix(".json").exists()}
        return sorted(name for name in names if not name.endswith(".best"))

    def created(self) -> int:
        """When the run was made, in nanoseconds."""
        return (self.path / "experiment.toml").stat().st_mtime_ns

    @property
    def is_recorded(self) -> bool:
        """Tell whether the run came with the package: nothing is ever written there."""
        return Path(os.path.abspath(self.path)).parent == RECORDED

    def check_own(self, what: str) -> None:
        """Raise KDStudioError where the run came with the package, so that it cannot be ``what``."""
        if self.is_recorded:
            raise KDStudioError(
                f"run '{self.name}' came with KD Studio and cannot be {what}; run it anew to have your own"
            )

    def lock(self) -> FileLock:
        """Return the lock that a process holds while it writes here."""
        return FileLock(self.path / ".lock", timeout=0, thread_local=False)

    def hold(self) -> FileLock:
        """Take the lock, which whoever calls releases; KDStudioError when another process has it.

        Waits a moment: whoever asks :meth:`is_running` has the lock for an instant.
        """
        lock = self.lock()
        try:
            lock.acquire(timeout=PATIENCE)
        except Timeout as error:
            raise KDStudioError(f"run '{self.name}' is running already; wait for it or stop it") from error
        return lock

    def experiment(self) -> Experiment:
        """Read back what was run."""
        return load_experiment(str(self.path / "experiment.toml"))

    def summary(self) -> Summary:
        """Read the summary; a run that nobody runs any more is ``interrupted``.

        Raises KDStudioError when there is none or it is damaged.
        """
        try:
            found = Summary.model_validate(modern_summary(json.loads(self.summary_file.read_bytes())))
        except FileNotFoundError as error:
            raise KDStudioError(f"'{self.path}' is not a run: it has no summary.json") from error
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:  # of whatever shape
            raise KDStudioError(f"'{self.summary_file}' is damaged: {error}") from error
        if found.status in ("running", "paused") and not self.is_running():
            return found.model_copy(update={"status": "interrupted"})
        return found.model_copy(update={"recorded": True}) if self.is_recorded else found

    def is_running(self) -> bool:
        """Tell whether a process is writing here."""
        if not self.path.is_dir() or self.is_recorded:  # the lock would be made
            return False
        try:
            with self.lock():
                return False
        except Timeout:
            return True
        except OSError:
            return False

    def events(self) -> Iterator[Event]:
        """Read the events; a last line that is only half there yet is left out."""
        with self.events_file.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield self.read_event(line)

    @staticmethod
    def read_event(line: bytes) -> Event:
        """Read one line of the log, of the present or of a former shape."""
        if line.startswith(STEP):  # most lines, and never of another shape
            return event_adapter.validate_json(line)
        return event_adapter.validate_python(modern_event(json.loads(line)))

    def delete(self) -> None:
        """Remove the folder and all in it; KDStudioError while it runs."""
        if self.is_running():
            raise KDStudioError(f"run '{self.name}' is running; stop it first")
        shutil.rmtree(self.path)


def create_run(runs: Path, experiment: Experiment, name: str = "") -> RunFolder:
    """Make a new run folder with its experiment and a first summary."""
    make_folder(runs, "runs folder")
    now = datetime.now().astimezone()
    base = name or f"{now:%Y%m%d-%H%M%S}-{experiment.name}"
    if Path(base).name != base or base.startswith("."):
        raise KDStudioError(f"'{base}' is no name for a run; use letters, digits, dots and dashes")
    folder = RunFolder(_unused(runs, base, unique=bool(name)))
    (folder.path / "networks").mkdir()
    write_atomically(folder.path / "experiment.toml", to_toml(experiment))
    folder.events_file.touch()
    described = experiment.model_dump(mode="json", exclude_none=True)
    summary = Summary(
        name=folder.name, started=now.isoformat(timespec="seconds"), experiment=described,
        environment=environment(),
    )  # fmt: skip
    write_atomically(folder.summary_file, summary.model_dump_json(indent=2))
    return folder


def _unused(runs: Path, base: str, *, unique: bool) -> Path:
    """Make and return a new folder named ``base``, numbered if that one is taken."""
    number = 1
    while True:
        path = runs / (base if number == 1 else f"{base}-{number}")
        try:
            path.mkdir()
        except FileExistsError as error:
            if unique:
                raise KDStudioError(
                    f"there is a run '{base}' in {runs} already; choose another name"
                ) from error
            number += 1
        except OSError as error:
            raise KDStudioError(f"no run folder can be made in {runs}: {error.strerror}") from error
        else:
            return path


def run_folders(runs: Path) -> list[RunFolder]:
    """All runs in ``runs``, the newest first."""
    if not runs.is_dir():
        return []
    found: dict[RunFolder, int] = {}
    for folder in map(RunFolder, runs.iterdir()):
        with suppress(OSError):  # no run, or deleted this moment
            if folder.summary_file.exists():
                found[folder] = folder.created()
    return sorted(found, key=found.__getitem__, reverse=True)


def recorded_runs() -> list[RunFolder]:
    """Runs that came with the package, that of the default preset first."""
    found = (RunFolder(file.parent) for file in RECORDED.glob("*/summary.json"))
    return sorted(found, key=lambda run: (run.name != DEFAULT_PRESET, run.name))


def find_run(which: str, runs: Path, before: RunFolder | None = None) -> RunFolder:
    """Find a run by its folder, its name, the beginning of its name, or ``latest``.

    One that came with the package is found by its name where no other is meant. Given ``before``, only runs
    that were there when that one was made are looked for.
    """
    path = Path(which).expanduser()
    if (path / "summary.json").exists():
        return RunFolder(path)
    known = run_folders(runs)
    if before:
        known = [run for run in known if run.created() < before.created()]
    if which == "latest" and known:
        return known[0]
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
