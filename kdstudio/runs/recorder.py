"""Writes a run's events into its folder while it goes on."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

from kdstudio.engine.checkpoint import Checkpoint, Progress
from kdstudio.engine.events import (
    EpochDone,
    Event,
    Preparing,
    RunDone,
    StageDone,
    StepDone,
)
from kdstudio.runs.files import write_atomically
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.weights import NetworkCard, early_state, load_tensors, save_network, save_tensors

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.stage_run import States
    from kdstudio.engine.trainer import Trainer

CHECKPOINT_SECONDS = 60.0
SUMMARY_SECONDS = 1.0


class Recorder:
    """Keeps events, summary, checkpoint and weights of one run on disk."""

    def __init__(self, folder: RunFolder, cards: dict[str, NetworkCard]) -> None:
        """``cards`` tell how to rebuild each network; heads have none."""
        self._folder = folder
        self._cards = cards
        self._summary = folder.summary().model_copy(update={"status": "running", "error": ""})
        self._events = folder.events_file.open("ab")
        self._checkpoint_time = self._summary_time = time.monotonic()

    def close(self) -> None:
        """Close the events file."""
        self._events.close()

    def record(self, event: Event, trainer: Trainer | None = None) -> None:
        """Write ``event``; with the trainer also what it has to keep."""
        if isinstance(event, Preparing):
            return
        self._events.write(event.model_dump_json().encode() + b"\n")
        self._events.flush()
        self._summary = self._summary.after(event)
        now = time.monotonic()
        if isinstance(event, StageDone) and trainer:
            self._save_networks(trainer)
            self.save_checkpoint(trainer)
        elif isinstance(event, EpochDone) and now - self._checkpoint_time > CHECKPOINT_SECONDS:
            if trainer:
                self.save_checkpoint(trainer)
        elif isinstance(event, RunDone):
            self._folder.checkpoint_file.unlink(missing_ok=True)
        if not isinstance(event, StepDone | EpochDone) or now - self._summary_time > SUMMARY_SECONDS:
            self._write_summary()

    def _write_summary(self) -> None:
        self._summary_time = time.monotonic()
        write_atomically(self._folder.summary_file, self._summary.model_dump_json(indent=2))

    def _save_networks(self, trainer: Trainer) -> None:
        exits = {card.network: card.exit for card in self._cards.values() if card.exit}
        ended = [name for name, early in exits.items() if early.of in trainer.trained]
        for name in (*trainer.trained, *ended):
            result = self._summary.networks.get(name)
            last = result.last_epoch.epoch if result else 0
            self._save_network(name, self._state(name, trainer.trained), last, best=False)
            if result and name in trainer.best and result.best_epoch.epoch != last:
                state = self._state(name, trainer.best[name])
                self._save_network(name, state, result.best_epoch.epoch, best=True)

    def _state(self, name: str, states: States) -> dict[str, Tensor]:
        """State of a network or head; of an early exit, that of the network up to there and its heads."""
        card = self._cards.get(name)
        if card is None or card.exit is None:
            return states[name]
        return early_state(card, states)

    def _save_network(self, name: str, state: dict[str, Tensor], epoch: int, *, best: bool) -> None:
        path = self._folder.network_file(name, best=best)
        card = self._cards.get(name)
        if card:
            save_network(state, card.model_copy(update={"network": name, "epoch": epoch}), path)
        else:
            save_tensors(state, path, {"kdstudio": name})

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


def rewind(folder: RunFolder) -> Checkpoint:
    """Read the checkpoint and take back every event that came after it.

    Without a checkpoint the run begins anew.
    """
    from safetensors import safe_open

    path = folder.checkpoint_file
    checkpoint, length = Checkpoint(), 0
    if path.exists():
        tensors = load_tensors(path)
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
        checkpoint = Checkpoint(Progress.model_validate_json(metadata["progress"]), tensors)
        length = int(metadata["events"])
    os.truncate(folder.events_file, length)
    summary = folder.summary().model_copy(update={"networks": {}, "validation": {}, "error": ""})
    for event in folder.events():
        summary = summary.after(event)
    write_atomically(folder.summary_file, summary.model_dump_json(indent=2))
    return checkpoint
