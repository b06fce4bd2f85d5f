"""The summary of a run: what its events amount to."""

from __future__ import annotations

from typing import Any, Literal

from kdstudio.engine.events import (
    EpochDone,
    EpochScores,
    Event,
    NetworkResult,
    Record,
    RunDone,
    RunFailed,
    RunStarted,
    RunStopped,
    Scores,
    Shifted,
    StageDone,
    StageStarted,
)

Status = Literal["running", "finished", "stopped", "failed", "interrupted"]


class NetworkSummary(Record):
    """One network: its size and its scores; ``validation`` and ``test`` are the last epoch's."""

    parameters: int
    architecture: str
    validation: Scores
    test: Scores
    last_epoch: EpochScores
    best_epoch: EpochScores
    classes: tuple[int, ...] = ()
    varied: dict[str, float | str] = {}
    unseen: tuple[int, ...] = ()
    shifted: Shifted | None = None

    @classmethod
    def of(cls, result: NetworkResult) -> NetworkSummary:
        """Spread a result out."""
        last = result.last_epoch
        return cls(**dict(result), validation=last.validation, test=last.test)


class Summary(Record):
    """A run in one page; written anew whenever something has happened."""

    status: Status = "running"
    name: str
    started: str
    """Date and time, ISO 8601."""
    experiment: dict[str, Any]
    seconds: float = 0.0
    device: str = ""
    class_names: tuple[str, ...] = ()
    stage: str = ""
    """The stage that runs, or ran last."""
    epoch: int = 0
    validation: dict[str, float] = {}
    """Latest validation accuracy of every network trained so far."""
    networks: dict[str, NetworkSummary] = {}
    error: str = ""

    def after(self, event: Event) -> Summary:
        """Return the summary once ``event`` has happened."""
        return self.model_copy(update=self._changes(event))

    def _changes(self, event: Event) -> dict[str, Any]:
        match event:
            case RunStarted():
                return {"device": event.device, "class_names": event.class_names, "status": "running"}
            case StageStarted():
                return {"stage": event.outline.name}
            case EpochDone():
                accuracies = {name: s.accuracy for name, s in event.validation.items()}
                return {
                    "epoch": event.epoch,
                    "seconds": event.seconds,
                    "validation": self.validation | accuracies,
                }
            case StageDone():
                done = {name: NetworkSummary.of(r) for name, r in event.networks.items()}
                return {"seconds": event.seconds, "networks": self.networks | done}
            case RunDone():
                return {"status": "finished", "seconds": event.seconds}
            case RunStopped():
                return {"status": "stopped", "seconds": event.seconds}
            case RunFailed():
                return {"status": "failed", "error": event.message}
        return {}
