"""Studies as the page sees them: read in the background, gone on with by a process of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from kdstudio.declaration import ProgressCallback
from kdstudio.errors import KDStudioError
from kdstudio.given import reason
from kdstudio.gui.background import BackgroundJob
from kdstudio.runs.failure import failure
from kdstudio.runs.studies import process
from kdstudio.runs.studies.history import History, read_history
from kdstudio.runs.studies.storage import StudyStorage, own_storage, own_storages
from kdstudio.runs.studies.study import open_study, study_names

LOOK_MILLISECONDS = 1000


class Found(NamedTuple):
    """What has been read."""

    storages: dict[str, StudyStorage]
    """Where each study is kept, by name, the latest first."""
    history: History | None
    """Of the one that is wanted, or the first."""
    reason: str
    """Why there is none to be seen; empty where nobody has searched."""


def read(runs: Path, wanted: str) -> Found:
    """Read which studies there are, and one of them."""
    storages: dict[str, StudyStorage] = {}
    why = ""
    for storage in own_storages(runs):
        try:
            storages |= {name: storage for name in study_names(storage) if name not in storages}
        except KDStudioError as error:
            why = str(error)
    name = wanted if wanted in storages else next(iter(storages), "")
    if not name:
        return Found(storages, None, why)
    try:
        return Found(storages, read_history(open_study(name, storages[name])), "")
    except KDStudioError as error:
        return Found(storages, None, str(error))


READING = "Reading the searches…"


class Studies(QObject):
    """Those of a runs folder."""

    changed = Signal()
    failed = Signal(str, str)
    """Why a search has ended before its time, with its last words."""

    def __init__(self, runs: Path, parent: QObject) -> None:
        """Nothing is read yet."""
        super().__init__(parent)
        self.runs = runs
        self.found = Found({}, None, READING)
        self._wanted = self._asked = ""
        """The study to be shown, and the one that is being read."""
        self._is_outdated = False
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._job = BackgroundJob("studies", self)
        self._job.done.connect(self._take)
        self._job.failed.connect(self._tell)
        self._timer = QTimer(self, interval=LOOK_MILLISECONDS)
        self._timer.timeout.connect(self._look_after)

    def choose(self, name: str) -> None:
        """Want the study of that name."""
        self._wanted = name
        self.look()

    def look(self) -> None:
        """Read again; while that goes on, once more behind it: something may have changed meanwhile."""
        self._is_outdated = True
        if not self._job.is_busy:
            self._read()

    def _read(self) -> None:
        runs, wanted = self.runs, self._wanted
        self._asked, self._is_outdated = wanted, False
        self._job.start(lambda _progress: read(runs, wanted))

    def _take(self, found: object) -> None:
        assert isinstance(found, Found)
        is_wanted = self._asked == self._wanted
        if self._is_outdated:
            self._read()
        if is_wanted and found != self.found:
            self.found = found
            self.changed.emit()

    def _tell(self, error: BaseException) -> None:
        told = failure(error)
        self.failed.emit(told.message, told.details)

    def storage(self, name: str) -> StudyStorage:
        """Where a study is kept; a new one in the runs folder."""
        return self.found.storages.get(name) or own_storage(self.runs, name)

    def is_worked_on(self, name: str) -> bool:
        """Tell whether a process that was started here works on a study."""
        return name in self._processes

    def go_on(self, name: str, trials: int, *, allow_code: bool) -> None:
        """Have a process go on with a study until it has so many trials."""
        try:
            self._processes[name] = process.launch(
                self.runs, name, self.storage(name), trials, allow_code=allow_code
            )
        except OSError as error:
            self.failed.emit(f"the search could not be started ({reason(error)}); try again", "")
            return
        self._timer.start()
        self.choose(name)
        self.changed.emit()

    def stop(self, name: str) -> None:
        """Let whoever works on a study stop, wherever that is."""
        storage, self._asked = self.storage(name), self._wanted

        def wish(_progress: ProgressCallback) -> Found:
            open_study(name, storage).wish_stop(stop=True)
            return read(self.runs, name)

        self._job.start(wish)

    def _look_after(self) -> None:
        """Look at the processes, which have nobody else."""
        for name, worker in list(self._processes.items()):
            if worker.poll() is not None:
                del self._processes[name]
                if worker.returncode:
                    words = process.last_words(self.runs, name)
                    self.failed.emit(f"the search '{name}' has ended early; see what it said", words)
                self.changed.emit()
        self.look()
        if not self._processes:
            self._timer.stop()
