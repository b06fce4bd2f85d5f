"""Run folders: where they are, what is in them, and reading them at any time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_data_path
from pydantic_core import from_json

from kdstudio.engine.events import Event, event_adapter
from kdstudio.engine.experiment import Experiment
from kdstudio.errors import KDStudioError
from kdstudio.given import given_path
from kdstudio.runs.files import writing
from kdstudio.runs.former_runs import modern_event, modern_summary
from kdstudio.runs.locks import is_held
from kdstudio.runs.presets import DEFAULT_PRESET, read_experiment
from kdstudio.runs.reading import MEGABYTE, open_file, read_file, read_json, read_toml, reason_of
from kdstudio.runs.summary import VERSION, Summary, damaged
from kdstudio.runs.weights import SUFFIX
from kdstudio.shipped import shipped

STEP = b'{"kind":"step-done",'
"""Beginning of a line of the log that tells of steps."""
EPOCH = b'{"kind":"epoch-done",'
"""And of one that tells of an epoch."""
LARGEST_SUMMARY = 64 * MEGABYTE
"""Bytes: 10,000 rows take 16 million, and what was planned and compared as much again."""
LARGEST_EXPERIMENT = 4 * MEGABYTE
"""Bytes: one that sweeps 1,000 values takes 100,000."""
OFTEN = (STEP, EPOCH)
"""Of what most lines tell."""
PATIENCE = 1.0
"""Seconds to wait for a lock that somebody may hold for an instant."""
RECORDED = shipped("resources") / "recorded"
"""Runs that come with the package, written by ``docs/record.py``."""


def default_runs_folder() -> Path:
    """``KDSTUDIO_RUNS`` if it is set, else ``runs`` in the user's folder for KD Studio."""
    named = os.environ.get("KDSTUDIO_RUNS")
    return given_path(named) if named else user_data_path("kdstudio", appauthor=False) / "runs"


@dataclass(frozen=True)
class RunFolder:
    """One run on disk: ``experiment.toml, events.jsonl, summary.json, checkpoint, networks/, …``."""

    path: Path

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.path.name

    @property
    def title(self) -> str:
        """The same for people: what is no text in it is replaced."""
        return self.name.encode(errors="replace").decode()

    @property
    def experiment_file(self) -> Path:
        """What is run."""
        return self.path / "experiment.toml"

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
    def previous_checkpoint_file(self) -> Path:
        """Where it stood before that, for the case that the other file is damaged."""
        return self.path / f"checkpoint.previous{SUFFIX}"

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
        """When the run was made, in nanoseconds; by its folder where the experiment is missing."""
        for path in (self.experiment_file, self.path):
            with suppress(OSError):
                return os.stat(path).st_mtime_ns
        return 0

    def is_run(self) -> bool:
        """Tell whether this is a run, whole or damaged: it has a summary or a log, or nobody may look."""
        try:
            with suppress(FileNotFoundError):
                return bool(os.lstat(self.summary_file))
            return os.stat(self.events_file).st_size > 0
        except (OSError, ValueError) as error:
            return isinstance(error, PermissionError) and os.path.isdir(self.path)

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

    @property
    def lock_file(self) -> Path:
        """Held by the process that writes here."""
        return self.path / ".lock"

    def lock(self) -> FileLock:
        """Return the lock that a process holds while it writes here."""
        return FileLock(self.lock_file, timeout=0, thread_local=False)

    def hold(self) -> FileLock:
        """Take the lock, which whoever calls releases; KDStudioError when another process has it.

        So it is where nobody may write, or would write elsewhere: in a stranger's folder, links may lead
        anywhere. Waits a moment: whoever asks :meth:`is_running` has the lock for an instant.
        """
        for path in (self.events_file, *(self.path / part for part in ("networks", "parts", "confusion"))):
            if path.is_symlink():
                raise KDStudioError(f"'{path}' is a link; put what it leads to in its place")
        if self.lock_file.is_dir():
            raise KDStudioError(f"'{self.lock_file}' is a folder; {self.remedy}")
        lock = self.lock()
        with self.writing():
            try:
                lock.acquire(timeout=PATIENCE)
            except Timeout as error:
                raise KDStudioError(
                    f"run '{self.name}' is running already; wait for it or stop it"
                ) from error
        return lock

    def writing(self) -> AbstractContextManager[None]:
        """Let an OSError from within be a KDStudioError: why nothing can be written here, and what to do."""
        return writing("run folder", self.path, "resume the run, which goes on from its last checkpoint")

    def experiment(self) -> Experiment:
        """Read back what was run; KDStudioError where that is missing, damaged, or cannot be run here."""
        try:
            text = read_file(self.experiment_file, LARGEST_EXPERIMENT).decode()
            read_toml(text)
        except (OSError, ValueError) as error:
            raise KDStudioError(
                f"'{self.experiment_file}' cannot be read: {reason_of(error)}; {self.remedy}"
            ) from error
        return read_experiment(text, str(self.experiment_file))

    @property
    def remedy(self) -> str:
        """What to do where something in it is damaged."""
        return f"'kdstudio check {self.name}' says what can be mended"

    def read(self) -> Summary:
        """Read the summary, whole and of sane values, under the name of the folder.

        A run that nobody runs any more is ``interrupted``; one that cannot be read is ``damaged``, and its
        error says why and what to do.
        """
        try:
            raw = read_json(self.summary_file, LARGEST_SUMMARY)
            if isinstance(raw, dict) and isinstance(raw.get("version"), int) and raw["version"] > VERSION:
                raise ValueError("it was written by a later KD Studio; update this one")
            found = Summary.model_validate(modern_summary(raw))
            if found.status == "damaged":
                raise ValueError("its state is one that nobody writes")
        except (OSError, ValueError) as error:
            told = f"summary.json cannot be read: {reason_of(error)}; {self.remedy}"
            return damaged(self.title, self.created() / 1e9, told)
        is_left = found.status in ("running", "paused") and not self.is_running()
        known = {"name": self.title, "recorded": self.is_recorded}
        return found.model_copy(update=known | ({"status": "interrupted"} if is_left else {}))

    def summary(self) -> Summary:
        """Read the summary of a run that is whole; KDStudioError where it is damaged, or there is none."""
        if not self.is_run():
            raise KDStudioError(f"'{self.path}' is not a run: it has no summary.json")
        found = self.read()
        if found.status == "damaged":
            raise KDStudioError(f"run '{self.name}' is damaged: {found.error}")
        return found

    def is_running(self) -> bool:
        """Tell whether a process is writing here."""
        return is_held(self.lock_file)

    def events(self) -> Iterator[Event]:
        """Read the events; a last line that is only half there yet is left out."""
        with open_file(self.events_file) as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield self.read_event(line)

    @staticmethod
    def read_event(line: bytes) -> Event:
        """Read one line of the log, of the present or of a former shape."""
        if line.startswith(OFTEN):  # never of another shape
            return event_adapter.validate_json(line)
        return event_adapter.validate_python(modern_event(from_json(line, allow_inf_nan=False)))

    def delete(self) -> None:
        """Remove the folder and all in it; KDStudioError while it runs."""
        if self.is_running():
            raise KDStudioError(f"run '{self.name}' is running; stop it first")
        shutil.rmtree(self.path)


def run_folders(runs: Path) -> list[RunFolder]:
    """All runs in ``runs``, damaged ones too, the newest first."""
    try:
        folders = [RunFolder(runs / name) for name in os.listdir(runs) if not name.startswith(".")]
    except OSError:  # there is none, or nobody may look
        return []
    return sorted(filter(RunFolder.is_run, folders), key=RunFolder.created, reverse=True)


def recorded_runs() -> list[RunFolder]:
    """Runs that came with the package, that of the default preset first."""
    found = (RunFolder(file.parent) for file in RECORDED.glob("*/summary.json"))
    return sorted(found, key=lambda run: (run.name != DEFAULT_PRESET, run.name))
