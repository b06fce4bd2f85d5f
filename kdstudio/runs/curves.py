"""A run's curves, gathered from its events, live or read back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from kdstudio.engine.events import EpochDone, Event, RunStarted, Scores, StageDone, StageStarted, StepDone


class LossKey(NamedTuple):
    """Which loss a curve shows."""

    stage: str
    term: str


@dataclass
class Series:
    """Points of one curve."""

    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)

    def add(self, x: float, y: float) -> None:
        """Append a point."""
        self.x.append(x)
        self.y.append(y)

    def scaled(self, factor: float) -> Series:
        """Return the same points with y times ``factor``."""
        return Series(list(self.x), [factor * y for y in self.y])


@dataclass
class RunCurves:
    """Everything that can be drawn of one run; x counts the epochs of the stage."""

    class_names: tuple[str, ...] = ()
    losses: dict[LossKey, Series] = field(default_factory=dict)
    accuracy: dict[str, Series] = field(default_factory=dict)
    """Validation accuracy of each network, after each epoch."""
    learning_rate: dict[str, Series] = field(default_factory=dict)
    """By stage."""
    speed: dict[str, Series] = field(default_factory=dict)
    """Images a second, by stage."""
    scores: dict[str, Scores] = field(default_factory=dict)
    """Latest scores of each network: on validation while it learns, on the test set afterwards."""
    scored_on: dict[str, str] = field(default_factory=dict)
    _stages: list[str] = field(default_factory=list)
    _steps: list[int] = field(default_factory=list)

    def add(self, events: Iterable[Event]) -> None:
        """Follow ``events``."""
        for event in events:
            match event:
                case RunStarted():
                    self._begin(event)
                case StageStarted():
                    self._add_stage(event)
                case StepDone():
                    self._add_step(event)
                case EpochDone():
                    self._add_epoch(event)
                case StageDone():
                    for name, result in event.networks.items():
                        self.scores[name] = result.last_epoch.test
                        self.scored_on[name] = "test"

    def _begin(self, event: RunStarted) -> None:
        self.class_names = event.class_names
        self._stages = [outline.name for outline in event.stages]
        self._steps = [outline.steps_per_epoch for outline in event.stages]

    def _add_stage(self, event: StageStarted) -> None:
        """Make the stage's curves, empty at first, so that every legend is complete."""
        for term in event.outline.terms:
            self.losses.setdefault(LossKey(event.outline.name, term), Series())

    def _add_step(self, event: StepDone) -> None:
        stage = self._stages[event.stage]
        epoch = event.step / self._steps[event.stage]
        for term, value in event.losses.items():
            self.losses.setdefault(LossKey(stage, term), Series()).add(epoch, value)
        self.learning_rate.setdefault(stage, Series()).add(epoch, event.learning_rate)

    def _add_epoch(self, event: EpochDone) -> None:
        stage = self._stages[event.stage]
        self.speed.setdefault(stage, Series()).add(event.epoch, event.images_per_second)
        for name, scores in event.validation.items():
            self.accuracy.setdefault(name, Series()).add(event.epoch, scores.accuracy)
            self.scores[name] = scores
            self.scored_on[name] = "validation"
