"""Writes a run's events into its folder while it goes on."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kdstudio.engine.checkpoint import Checkpoint, Progress
from kdstudio.engine.events import (
    Confusion,
    EpochDone,
    Event,
    Preparing,
    RunDone,
    StageDone,
    StageTaken,
    StepDone,
)
from kdstudio.runs.files import write_atomically
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.reuse import KeptFile, KeptStage, read_stages
from kdstudio.runs.state import RunState
from kdstudio.runs.weights import load_tensors, save_network, save_tensors

if TYPE_CHECKING:
    from kdstudio.engine.stage_run import States
    from kdstudio.engine.trainer import Trainer

CHECKPOINT_SECONDS = 60.0
SUMMARY_SECONDS = 1.0
PREPARING_SECONDS = 0.2


class Recorder:
    """Keeps events, summary, checkpoint and weights of one run on disk."""

    def __init__(self, folder: RunFolder) -> None:
        """Go on with what the folder holds."""
        self._folder = folder
        self._before = folder.summary()
        self._state = RunState()
        for event in folder.events():
            self._state.add(event)
        self._stages = read_stages(folder)
        self._events = folder.events_file.open("ab")
        self._checkpoint_time = self._summary_time = time.monotonic()
        self._prepared = 0.0

    def close(self) -> None:
        """Close the events file."""
        self._events.close()

    def record(self, event: Event, trainer: Trainer | None = None) -> None:
        """Write ``event``; with the trainer also what it has to keep."""
        now = time.monotonic()
        if isinstance(event, Preparing):
            if now - self._prepared < PREPARING_SECONDS:
                return
            self._prepared = now
        if isinstance(event, EpochDone | StageDone):
            self._save_confusions(event.confusions, "test" if isinstance(event, StageDone) else "validation")
        if isinstance(event, StageDone) and trainer:
            self._save_weights(event.stage, trainer)
        told = [event, *event.events] if isinstance(event, StageTaken) else [event]
        self._events.write(b"".join(one.model_dump_json().encode() + b"\n" for one in told))
        self._events.flush()
        for one in told:
            self._state.add(one)
        if isinstance(event, StageDone) and trainer:
            self.save_checkpoint(trainer)
        elif isinstance(event, EpochDone) and now - self._checkpoint_time > CHECKPOINT_SECONDS:
            if trainer:
                self.save_checkpoint(trainer)
        elif isinstance(event, RunDone):
            self._folder.checkpoint_file.unlink(missing_ok=True)
        often = isinstance(event, StepDone | EpochDone | Preparing)
        if not often or now - self._summary_time > SUMMARY_SECONDS:
            self._write_summary(durable=not often)

    def _write_summary(self, *, durable: bool) -> None:
        self._summary_time = time.monotonic()
        summary = self._state.summarised(self._before)
        write_atomically(self._folder.summary_file, summary.model_dump_json(indent=2), durable=durable)

    def _save_confusions(self, confusions: Mapping[str, Confusion], part: str) -> None:
        """Keep the latest of each network beside the log, which holds single numbers alone."""
        for network, confusion in confusions.items():
            path = self._folder.confusion_file(network)
            path.parent.mkdir(exist_ok=True)
            write_atomically(path, json.dumps({"part": part, "confusion": confusion}), durable=False)

    def _save_weights(self, stage: int, trainer: Trainer) -> None:
        last: dict[str, KeptFile] = {}
        best: dict[str, dict[str, KeptFile]] = {}
        for delivery in trainer.delivered:
            network, card = delivery.card.network, delivery.card
            path = self._folder.network_file(network)
            last[network] = self._kept(path, save_network(delivery.last, card, path))
            if delivery.best is not None:
                card = card.model_copy(update={"epoch": delivery.best_epoch})
                path = self._folder.network_file(network, best=True)
                best[network] = {network: self._kept(path, save_network(delivery.best, card, path))}
        last |= self._save_parts(stage, trainer.parts)
        for scored, states in trainer.best_parts.items():
            best[scored] = self._save_parts(stage, states, scored)
        assert trainer.ending is not None
        taken = self._state.taken.get(trainer.summaries[stage].name)
        kept = KeptStage(
            **dict(trainer.ending), run=taken.run if taken else "", last_files=last, best_files=best
        )
        self._stages[str(stage)] = kept.model_dump(mode="json")
        write_atomically(self._folder.stages_file, json.dumps(self._stages))

    def _save_parts(self, stage: int, states: States, best: str = "") -> dict[str, KeptFile]:
        kept = {}
        for name, state in states.items():
            path = self._folder.part_file(stage, name, best)
            path.parent.mkdir(parents=True, exist_ok=True)
            kept[name] = self._kept(path, save_tensors(state, path, {"kdstudio": name}))
        return kept

    def _kept(self, path: Path, content: bytes) -> KeptFile:
        within = path.relative_to(self._folder.path).as_posix()
        return KeptFile(path=within, sha256=hashlib.sha256(content).hexdigest())

    def save_checkpoint(self, trainer: Trainer) -> None:
        """Write where the run stands, and how much of the events belongs to that."""
        checkpoint = trainer.checkpoint()
        self._events.flush()
        os.fsync(self._events.fileno())
        metadata = {
            "progress": checkpoint.progress.model_dump_json(),
            "events": json.dumps(self._events.tell()),
        }
        save_tensors(checkpoint.tensors, self._folder.checkpoint_file, metadata)
        self._checkpoint_time = time.monotonic()


def read_checkpoint(folder: RunFolder) -> tuple[Checkpoint, int]:
    """Read where the run stands, and how many bytes of the log belong to that.

    Without a checkpoint the run begins anew. Raises KDStudioError where it is damaged.
    """
    from safetensors import safe_open

    path = folder.checkpoint_file
    if not path.exists():
        return Checkpoint(), 0
    tensors = load_tensors(path)
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    progress = Progress.model_validate_json(metadata["progress"])
    return Checkpoint(progress, tensors), int(metadata["events"])


def rewind(folder: RunFolder, length: int) -> None:
    """Take back every event that came after the first ``length`` bytes of the log."""
    write_atomically(folder.events_file, folder.events_file.read_bytes()[:length])
    state = RunState()
    for event in folder.events():
        state.add(event)
    summary = state.summarised(folder.summary())
    write_atomically(folder.summary_file, summary.model_dump_json(indent=2))
