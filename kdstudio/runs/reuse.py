"""Stages that runs have trained to their end, found again by all that their weights depend on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kdstudio.engine.events import EpochDone, Event, StageDone, StepDone
from kdstudio.engine.identity import Record
from kdstudio.engine.trained import Ending, Trained
from kdstudio.errors import KDStudioError
from kdstudio.given import reason
from kdstudio.runs.folder import STEP, RunFolder, run_folders
from kdstudio.runs.log import some_steps, stride
from kdstudio.runs.reading import MEGABYTE, open_file, read_json

if TYPE_CHECKING:
    from torch import Tensor

LARGEST = 64 * MEGABYTE
"""Bytes of ``stages.json``: a stage takes a thousand for each of its networks."""
NUMBER = re.compile(r"[0-9]{1,9}")
"""Of a stage."""


class KeptFile(Record):
    """A file of weights in a run's folder."""

    path: str
    """Within the folder."""
    sha256: str


class KeptStage(Ending):
    """A stage in ``stages.json``: how it has ended, and where its weights are, by names in the run."""

    run: str = ""
    """Name of the run that has trained it, where that is another one."""
    last_files: dict[str, KeptFile] = {}
    """After the last epoch, by network or head."""
    best_files: dict[str, dict[str, KeptFile]] = {}
    """After the best epoch, where that is not the last: by score, then by network or head."""
    written: tuple[KeptFile, ...] = ()
    """All of these, and weights of networks that are kept for people besides."""


class Place(NamedTuple):
    """Where a stage is."""

    folder: RunFolder
    number: int
    kept: Mapping[str, object]
    """As it stands in the file."""

    @property
    def run(self) -> str:
        """Name of the run that has trained it."""
        return str(self.kept.get("run") or self.folder.name)


class KeptStages:
    """The stages of all runs in a folder (``TrainedStages`` of ``engine/trained.py``)."""

    def __init__(self, runs: Path, but: RunFolder | None = None) -> None:
        """Nothing is read before somebody asks; nothing of the run that asks, of which no log tells."""
        self._runs = runs
        self._but = but
        self._complaints: list[str] = []

    @cached_property
    def _places(self) -> dict[str, list[Place]]:
        found: dict[str, list[Place]] = {}
        for folder in run_folders(self._runs):
            if folder == self._but:
                continue
            for number, kept in read_stages(folder).items():
                found.setdefault(str(kept.get("key")), []).append(Place(folder, int(number), kept))
        return found

    def where(self, key: str) -> str:
        """Name the run that has trained the stage with this key; empty if none has."""
        return next((place.run for place in self._places.get(key, ())), "")

    def find(self, key: str) -> Trained | None:
        """Read the stage with this key, from the newest run in which it is whole."""
        for place in self._places.get(key, ()):
            try:
                return _read(place)
            except (OSError, KDStudioError, ValueError, LookupError) as error:
                self._complaints.append(
                    f"A stage that run '{place.folder.name}' has trained already cannot be taken over from "
                    f"there: {reason(error)}. It is trained again; the results are the same."
                )
        return None

    def complaints(self) -> list[str]:
        """Return what could not be read since the last call."""
        told, self._complaints = self._complaints, []
        return told


def files_of_stage(kept: Mapping[str, object]) -> tuple[KeptFile, ...]:
    """Return the weights that an entry of ``stages.json`` tells of; ValueError where it is damaged."""
    stage = KeptStage.model_validate(kept)
    best = [file for files in stage.best_files.values() for file in files.values()]
    return stage.written or (*stage.last_files.values(), *best)


def read_stages(folder: RunFolder) -> dict[str, dict[str, object]]:
    """Read ``stages.json``, by numbers of stages; nothing where there is none, or it is damaged."""
    try:
        found = read_json(folder.stages_file, LARGEST)
    except (OSError, ValueError):
        return {}
    is_whole = isinstance(found, dict) and all(isinstance(kept, dict) for kept in found.values())
    return found if is_whole and all(map(NUMBER.fullmatch, found)) else {}


def _read(place: Place) -> Trained:
    """Read all of a stage, its weights checked; raises whatever reading raises."""
    folder, kept = place.folder, KeptStage.model_validate(place.kept)
    own = {called: name for name, called in kept.names.items()}
    seconds, events = _told(folder, place.number)
    return Trained(
        run=place.run,
        seconds=seconds,
        best=kept.best,
        last_states={name: _weights(folder, kept.last_files[kept.names[name]]) for name in kept.changed},
        best_states={
            own[scored]: {own[name]: _weights(folder, file) for name, file in files.items()}
            for scored, files in kept.best_files.items()
        },
        events=tuple(_by_trial(event, own) for event in events),
    )


def _weights(folder: RunFolder, file: KeptFile) -> dict[str, Tensor]:
    from safetensors.torch import load

    path = folder.path / file.path
    with open_file(path) as opened:
        content = opened.read()
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise KDStudioError(f"'{path}' is not as it was written")
    return load(content)


def _told(folder: RunFolder, number: int) -> tuple[float, list[StepDone | EpochDone]]:
    """Return how long the stage took, and what was told of its steps and epochs."""
    before = 0.0
    events: list[StepDone | EpochDone] = []
    for event in _lines(folder, number):
        if isinstance(event, StageDone):
            if event.stage == number:
                return event.seconds - before, events
            before = event.seconds
        elif isinstance(event, StepDone | EpochDone) and event.stage == number:
            events.append(event)
    raise KDStudioError(f"'{folder.events_file}' does not tell of its end")


def _lines(folder: RunFolder, number: int) -> Iterator[Event]:
    """Yield the log's events, of steps those of the stage alone, of which a long log has too many."""
    own = STEP + b'"stage":%d,' % number
    every = stride(folder.events_file.stat().st_size)
    with open_file(folder.events_file) as file:
        for line in some_steps(file, every):
            if line.endswith(b"\n") and (line.startswith(own) or not line.startswith(STEP)):
                yield folder.read_event(line)


def _by_trial(event: StepDone | EpochDone, own: Mapping[str, str]) -> StepDone | EpochDone:
    """Give networks the names that they have in their trial."""
    if isinstance(event, StepDone):
        return event
    validation = {own[called]: scores for called, scores in event.validation.items()}
    return event.model_copy(update={"validation": validation})
