"""Where a run goes on: at its latest checkpoint, or else at the last place that can be trusted.

A checkpoint is trusted where the log has noted its content and tells of the end of every stage before it, and
where the weights of these stages are as they were written. Where neither file is, a run can go on from the
end of a stage, by the log and the weights alone. Nothing is changed before the run is prepared.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from kdstudio.engine.checkpoint import Checkpoint, Progress
from kdstudio.engine.events import RunNotice, StageDone
from kdstudio.errors import KDStudioError
from kdstudio.runs.begun_with import run_anew, settings_digest
from kdstudio.runs.checkpoints import (
    SavedCheckpoint,
    checkpoint_content,
    noted,
    read_checkpoint,
    remove_checkpoints,
)
from kdstudio.runs.files import write_all, write_atomically
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.reuse import files_of_stage, read_stages
from kdstudio.runs.survey import survey


@dataclass(frozen=True)
class Place:
    """Where a run goes on."""

    checkpoint: Checkpoint
    log: tuple[bytes, ...]
    """Lines that belong to it."""
    length: int
    """Bytes of the log until there."""
    file: Path | None
    """The checkpoint; None at the end of a stage."""
    sha256: str
    """Of the checkpoint's file, which is yet to be written at the end of a stage; empty at the beginning."""
    content: bytes
    """Of that file, where it is yet to be written."""
    notices: tuple[str, ...]
    """Why no better place can be trusted, and what is done about it."""


class _Search:
    """Looks for the best place in one folder."""

    def __init__(self, folder: RunFolder, *, again: bool) -> None:
        self._folder = folder
        self._again = again
        self._log = survey(folder)
        self._summary = folder.summary()
        self._stages = read_stages(folder)
        self._faults: list[str] = []
        self._whole: dict[int, str] = {}

    def place(self) -> Place:
        """Find it; KDStudioError where something is there but nothing of it can be trusted."""
        files = (self._folder.checkpoint_file, self._folder.previous_checkpoint_file)
        there = [file for file in files if file.exists()]
        for file in there:
            try:
                return self._at(file)
            except KDStudioError as error:
                self._note(str(error))
        if not there and len(self._log.saved) > 1:  # of the first, a kill leaves the line alone
            self._note("there is no checkpoint")
        for end, event in reversed(self._log.done):
            try:
                return self._after(end, event)
            except KDStudioError as error:
                self._note(str(error))
        return self._beginning(there)

    def _note(self, fault: str) -> None:
        if fault not in self._faults:
            self._faults.append(fault)

    def _at(self, file: Path) -> Place:
        """Return the place at a checkpoint, where it can be trusted."""
        saved = read_checkpoint(file)
        length = self._length(file, saved)
        self._check_stages(saved.checkpoint.progress.stage, length, is_former=saved.events is not None)
        if saved.experiment and saved.experiment != settings_digest(self._summary.experiment):
            raise KDStudioError(f"'{file.name}' was saved with other settings than summary.json has")
        if not self._folder.checkpoint_file.exists():
            self._note(f"there is no '{self._folder.checkpoint_file.name}'")
        called = f"the checkpoint before it, '{file.name}'"
        return self._made(saved.checkpoint, length, called, file=file, sha256=saved.sha256)

    def _length(self, file: Path, saved: SavedCheckpoint) -> int:
        """Return how many bytes of the log belong to a checkpoint."""
        if saved.sha256 in self._log.saved:
            return self._log.saved[saved.sha256]
        if saved.events is None and not self._log.saved:
            raise KDStudioError(
                "events.jsonl is gone, or tells of no checkpoint, so that none can be told from another run's"
            )
        if saved.events is None:
            raise KDStudioError(
                f"'{file.name}' is damaged, or of another run: events.jsonl has noted no such content"
            )
        if not 0 <= saved.events <= self._log.size:
            raise KDStudioError(
                f"events.jsonl has {self._log.size:,} bytes, and '{file.name}' was saved when it had "
                f"{saved.events:,}"
            )
        return saved.events

    def _check_stages(self, count: int, length: int, *, is_former: bool = False) -> None:
        """Raise KDStudioError where one of the first ``count`` stages has not ended, or is not as it was."""
        ended = {event.stage: event for end, event in self._log.done if end <= length}
        for number in range(count):
            if number not in ended:
                raise KDStudioError(f"events.jsonl does not tell of the end of {self._log.stage(number)}")
            rows = self._summary.networks
            if any(rows.get(name, row) != row for name, row in ended[number].networks.items()):
                raise KDStudioError(
                    f"events.jsonl and summary.json tell different results of {self._log.stage(number)}"
                )
            if fault := self._fault_of(number, is_former=is_former):
                raise KDStudioError(fault)

    def _fault_of(self, number: int, *, is_former: bool) -> str:
        """Say which file of a stage is not as it was written; empty where all are."""
        kept = self._stages.get(str(number))
        if kept is None:
            return "" if is_former else f"stages.json does not tell of {self._log.stage(number)}"
        if number not in self._whole:
            self._whole[number] = next(self._damaged(kept), "")
        return self._whole[number]

    def _damaged(self, kept: dict[str, object]) -> Iterator[str]:
        try:
            files = files_of_stage(kept)
        except ValueError:
            yield "stages.json is damaged"
            return
        for file in files:
            path = self._folder.path / file.path
            if not path.is_file():
                yield f"'{file.path}' is not there"
                continue
            with path.open("rb") as opened:
                if hashlib.file_digest(opened, "sha256").hexdigest() != file.sha256:
                    yield f"'{file.path}' is not as it was written"

    def _after(self, end: int, event: StageDone) -> Place:
        """Return the place after the end of a stage, where all until there can be trusted."""
        self._check_stages(event.stage + 1, end)
        warnings = tuple(warning for until, warning in self._log.warnings if until <= end)
        progress = Progress(
            stage=event.stage + 1,
            seconds=event.seconds,
            warnings=warnings,
            circumstances=event.circumstances,
        )
        content = checkpoint_content(Checkpoint(progress), settings_digest(self._summary.experiment))
        called = f"the end of {self._log.stage(event.stage)}"
        return self._made(Checkpoint(progress), end, called, content=content)

    def _beginning(self, there: list[Path]) -> Place:
        """Begin anew where nothing would be lost by it, or that is wished."""
        if there and not self._again:
            raise KDStudioError(
                f"run '{self._folder.name}' cannot go on: {'; '.join(self._faults)}. If you have a copy of "
                "what is damaged or gone, put it back; or train it in its folder from the beginning: "
                f"kdstudio resume {quote(self._folder.name)} --again; or run it anew: "
                f"{run_anew(self._folder)}"
            )
        if not (there or self._log.saved or self._log.done):
            self._faults.clear()  # there never was a place
        return self._made(Checkpoint(), 0, "its beginning")

    def _made(
        self,
        checkpoint: Checkpoint,
        length: int,
        called: str,
        *,
        file: Path | None = None,
        sha256: str = "",
        content: bytes = b"",
    ) -> Place:
        notices = []
        if self._faults:
            notices.append(
                f"The run goes on from {called}: {'; '.join(self._faults)}. What came after is trained "
                "again; the results are the same."
            )
        if lost := sum(end <= length for end in self._log.unreadable):
            notices.append(
                f"{lost} line{'s' if lost > 1 else ''} of events.jsonl cannot be read, and left out: curves "
                "may lack points."
            )
        if content:
            sha256 = hashlib.sha256(content).hexdigest()
        log = self._log.until(length)
        return Place(checkpoint, log, length, file, sha256, content, tuple(notices))


def where_to_go_on(folder: RunFolder, *, again: bool = False) -> Place:
    """Find the best place; KDStudioError, with what can be done, where none can be trusted.

    With ``again`` that is the beginning, even where something is there.
    """
    return _Search(folder, again=again).place()


def verify_checkpoint(folder: RunFolder) -> None:
    """Raise KDStudioError where a run cannot go on from its latest checkpoint, and say from where it can."""
    place = where_to_go_on(folder)
    if place.notices:
        raise KDStudioError(" ".join(place.notices))


def go_back(folder: RunFolder, place: Place) -> None:
    """Take back what came after ``place``, and tell what was passed over.

    Killed at any instant, it leaves a folder that can go on from there.
    """
    kept = b"".join(place.log)
    told = [RunNotice(message=notice).model_dump_json().encode() + b"\n" for notice in place.notices]
    if place.sha256 and (told or _is_not_noted(place)):
        told.append(noted(place.sha256, place.checkpoint.progress.seconds))
    if len(kept) == place.length:
        with folder.events_file.open("ab", buffering=0) as file:
            file.truncate(place.length)
            write_all(file, b"".join(told))
            os.fsync(file.fileno())
    else:
        write_atomically(folder.events_file, kept + b"".join(told))
    _keep_stages(folder, place.checkpoint.progress.stage)
    if place.file is None:
        remove_checkpoints(folder)
        if place.content:
            write_atomically(folder.checkpoint_file, place.content)
    elif place.file != folder.checkpoint_file:
        os.replace(place.file, folder.checkpoint_file)


def _is_not_noted(place: Place) -> bool:
    """Tell whether the log does not end with its checkpoint's line, as of a former version."""
    return place.sha256.encode() not in b"".join(place.log[-1:])


def _keep_stages(folder: RunFolder, count: int) -> None:
    """Forget the stages that are trained again."""
    stages = read_stages(folder)
    kept = {number: stage for number, stage in stages.items() if int(number) < count}
    if kept != stages:
        write_atomically(folder.stages_file, json.dumps(kept))
