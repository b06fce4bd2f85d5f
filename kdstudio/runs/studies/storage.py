"""Where studies are kept: Optuna's journal, a file that machines can share, or a database by its URL."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from kdstudio.errors import KDStudioError
from kdstudio.given import MISSING, given_path, why_no_file, without_passwords
from kdstudio.runs.files import check_place, make_folder, writing
from kdstudio.runs.locks import is_held
from kdstudio.runs.reading import reason_of
from kdstudio.runs.studies import library

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.study import Study
    from optuna.trial import FrozenTrial

FOLDER = ".studies"
SUFFIX = ".journal"
URL = re.compile(r"^[a-z][a-z0-9+]*://", re.IGNORECASE)
BEAT_SECONDS = 60
"""How often a process tells a database that its trial goes on …"""
SILENT_SECONDS = 300
"""… and after how long without it the trial counts as killed."""
POLL_SECONDS = 0.005
"""Between two looks whether a journal can be added to; that takes another a few milliseconds."""

Killed = Callable[["Study", "FrozenTrial"], None]
"""Hears of a trial whose process has gone."""


@dataclass(frozen=True)
class StudyStorage:
    """A journal's file or a database's URL, and the folder for locks of this machine."""

    place: str
    locks: Path
    """Beside the journal; for a database in the runs folder, where only this machine may see them."""

    @property
    def is_database(self) -> bool:
        """Tell whether it is named by a URL."""
        return bool(URL.match(self.place))

    @property
    def title(self) -> str:
        """The same for people: without a password."""
        return without_passwords(self.place) if self.is_database else self.place

    @property
    def is_there(self) -> bool:
        """Tell whether something may be kept there already; of a database that is not asked."""
        return self.is_database or os.path.exists(self.place)

    def prepare(self) -> None:
        """Make room for it; KDStudioError where nothing can be written, or a file ends within a line."""
        if self.locks.name == FOLDER:
            make_folder(self.locks, "folder of studies")
        if self.is_database:
            return
        path = Path(self.place)
        check_place(path, replace=True)
        with writing("journal of the study", path, "search again"):
            path.touch()
            with self.turn():
                _mend(path)

    def open(self, killed: Killed | None = None) -> BaseStorage:
        """Open it with Optuna; KDStudioError where that cannot be, for whatever reason."""
        optuna = library.load()
        if not self.is_database and (why := why_no_file(Path(self.place))):
            raise KDStudioError(f"the study's journal '{self.place}' cannot be read: {_missing(why)}")
        with self.reaching(Exception), library.quietly():  # drivers, networks, a stranger's file
            storage: BaseStorage
            if self.is_database:
                from sqlalchemy.pool import NullPool

                options: dict[str, Any] = {
                    "engine_kwargs": {"poolclass": NullPool},  # servers drop idle ones
                    "heartbeat_interval": BEAT_SECONDS,
                    "grace_period": SILENT_SECONDS,
                    "heartbeat_stale_trial_callback": killed,
                }
                storage = optuna.storages.RDBStorage(self.place, **options)
            else:
                backend = optuna.storages.journal.JournalFileBackend(self.place, lock_obj=self._writing())
                storage = optuna.storages.JournalStorage(backend)
        return storage

    @contextmanager
    def reaching(self, *errors: type[Exception]) -> Iterator[None]:
        """Let ``errors`` from within, and those of a disk or a database, be a KDStudioError that names it."""
        expected = (OSError, library.load().exceptions.StorageInternalError, *errors)
        try:
            yield
        except KDStudioError:
            raise
        except expected as error:
            reason = without_passwords(reason_of(error.__cause__ or error)) or type(error).__name__
            is_driver = isinstance(error.__cause__ or error, ModuleNotFoundError)
            remedy = "install the database's driver" if is_driver else "see whether it is there and whole"
            raise KDStudioError(
                f"the studies in '{self.title}' cannot be read or written: {reason}; {remedy}, or choose "
                "another with --storage"
            ) from error

    def turn(self) -> FileLock:
        """Return the lock under which a process counts trials, and begins the next one."""
        return FileLock(self.locks / f".{self._key}.turn", thread_local=False)

    def _writing(self) -> JournalLock:
        return JournalLock(self.locks / f".{self._key}.writing")

    def trial_lock(self, study: str, number: int) -> FileLock:
        """Return the lock that a process holds as long as it works on a trial."""
        return FileLock(self._trial_file(study, number), timeout=0, thread_local=False)

    def forget_lock(self, study: str, number: int) -> None:
        """Remove the file of a lock that nobody holds any more."""
        with suppress(OSError):
            self._trial_file(study, number).unlink(missing_ok=True)

    def is_worked_on(self, study: str, number: int) -> bool:
        """Tell whether somebody works on a trial that runs.

        Of a database's trial that was begun elsewhere only its heartbeats could, which Optuna looks at.
        """
        file = self._trial_file(study, number)
        return is_held(file) if file.exists() or not self.is_database else True

    def _trial_file(self, study: str, number: int) -> Path:
        return self.locks / f".{self._key}.{study}.{number}.lock"

    @property
    def _key(self) -> str:
        return sha256(self.place.encode()).hexdigest()[:12] if self.is_database else Path(self.place).name


def own_folder(runs: Path) -> Path:
    """Where the studies of a runs folder are kept, each in a journal of its own."""
    return runs / FOLDER


def own_storage(runs: Path, study: str) -> StudyStorage:
    """Return the journal of a study in its runs folder."""
    return StudyStorage(str(own_folder(runs) / f"{study}{SUFFIX}"), own_folder(runs))


def named_storage(text: str, runs: Path) -> StudyStorage:
    """Return the storage that somebody names: a URL, or a journal's file."""
    if URL.match(text):
        return StudyStorage(text, own_folder(runs))
    path = given_path(text).absolute()
    return StudyStorage(str(path), path.parent)


def own_storages(runs: Path) -> list[StudyStorage]:
    """Return the journals of a runs folder, the latest first."""
    try:
        files = [file for file in own_folder(runs).glob(f"*{SUFFIX}") if not why_no_file(file)]
    except OSError:
        return []
    files.sort(key=lambda file: file.stat().st_mtime, reverse=True)
    return [StudyStorage(str(file), file.parent) for file in files]


class JournalLock:
    """Held for as long as a process adds to a journal; in Optuna's words.

    One that is killed meanwhile holds it no longer: for its own locks Optuna would wait another 30 s.
    """

    def __init__(self, file: Path) -> None:
        """Nobody holds it."""
        self._lock = FileLock(file, thread_local=False)

    def acquire(self) -> bool:
        """Wait for it."""
        self._lock.acquire(poll_interval=POLL_SECONDS)
        return True

    def release(self) -> None:
        """Give it back."""
        self._lock.release()


def _mend(path: Path) -> None:
    """Drop a last line that is only half there, as a full disk leaves it; Optuna would read nothing more."""
    with path.open("r+b") as file:
        content = file.read()
        if content and not content.endswith(b"\n"):
            file.truncate(content.rfind(b"\n") + 1)


def _missing(why: str) -> str:
    return "there is none; 'kdstudio search' begins one" if why == MISSING else why
