"""Writes a run's events into its folder while it goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

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
from kdstudio.runs.begun_with import settings_digest
from kdstudio.runs.checkpoints import remove_checkpoints, write_checkpoint
from kdstudio.runs.files import write_atomically
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.log import EventLog, RunFollower
from kdstudio.runs.reuse import KeptFile, KeptStage, read_stages
from kdstudio.runs.weights import save_network, save_tensors

if TYPE_CHECKING:
    from kdstudio.engine.stage_run import States
    from kdstudio.engine.trainer import Trainer

CHECKPOINTS_SHARE = 0.02
"""Of a run's time, at most, for checkpoints within stages; so the next one waits 50 times what one took."""
SUMMARY_SECONDS = 1.0
PREPARING_SECONDS = 0.2


class Recorder:
    """Keeps events, summary, checkpoint and weights of one run on disk.

    What cannot be written is a KDStudioError that says why and what to do; what has been written stays whole.
    """

    def __init__(self, folder: RunFolder, every: float) -> None:
        """Go on with what the folder holds; within a stage a checkpoint is kept ``every`` so many seconds."""
        self._folder = folder
        self._every = every
        self._before = folder.summary()
        self._settings = settings_digest(self._before.experiment)
        before = RunFollower(folder)
        before.poll()
        self._state = before.state
        self._stages = read_stages(folder)
        with folder.writing():
            self._events = EventLog(folder.events_file)
        self._checkpointed = self._summarised = monotonic()
        self._took = 0.0
        """Seconds that the last checkpoint within a stage took."""
        self._prepared = 0.0

    def close(self) -> None:
        """Close the events file, which keeps nothing back."""
        self._events.close()

    def record(self, event: Event, trainer: Trainer | None = None) -> None:
        """Write ``event``; with the trainer also what it has to keep.

        A checkpoint is kept of every stage that is done, and within one once it is time, after a step or an
        epoch. While networks are scored or asked for their predictions no step is taken: what was kept
        before that stands.
        """
        now = monotonic()
        if isinstance(event, Preparing):
            if now - self._prepared < PREPARING_SECONDS:
                return
            self._prepared = now
        with self._folder.writing():
            self._record(event, trainer, now)

    def _record(self, event: Event, trainer: Trainer | None, now: float) -> None:
        if isinstance(event, EpochDone | StageDone):
            self._save_confusions(event.confusions, "test" if isinstance(event, StageDone) else "validation")
        if isinstance(event, StageDone) and trainer:
            self._save_weights(event.stage, trainer)
        told = [event, *event.events] if isinstance(event, StageTaken) else [event]
        self._events.write(b"".join(one.model_dump_json().encode() + b"\n" for one in told))
        for one in told:
            self._state.add(one)
        if isinstance(event, StageDone) and trainer:
            self.save_checkpoint(trainer)
        elif isinstance(event, StepDone | EpochDone) and trainer and self._is_time(now):
            self.save_checkpoint(trainer)
            self._took = monotonic() - now
        often = isinstance(event, StepDone | EpochDone | Preparing)
        if not often or now - self._summarised > SUMMARY_SECONDS:
            self._write_summary(durable=not often)
        if isinstance(event, RunDone):  # the summary says so: nobody goes on from there any more
            with suppress(OSError):
                remove_checkpoints(self._folder)

    def _is_time(self, now: float) -> bool:
        return now - self._checkpointed >= max(self._every, self._took / CHECKPOINTS_SHARE)

    def _write_summary(self, *, durable: bool) -> None:
        self._summarised = monotonic()
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
        networks = [*last.values(), *(file for files in best.values() for file in files.values())]
        last |= self._save_parts(stage, trainer.parts)
        for scored, states in trainer.best_parts.items():
            best[scored] = self._save_parts(stage, states, scored)
        assert trainer.ending is not None
        taken = self._state.taken.get(trainer.summaries[stage].name)
        parts = [*last.values(), *(file for files in best.values() for file in files.values())]
        kept = KeptStage(
            **dict(trainer.ending),
            run=taken.run if taken else "",
            last_files=last,
            best_files=best,
            written=tuple({file.path: file for file in (*networks, *parts)}.values()),
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
        """Write where the run stands, and that all until now belongs to that."""
        with self._folder.writing():
            write_checkpoint(self._folder, trainer.checkpoint(), self._settings, self._events)
        self._checkpointed = monotonic()
