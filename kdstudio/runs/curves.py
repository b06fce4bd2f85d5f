"""A run's curves, gathered from its events, live or read back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from kdstudio.engine.events import (
    EpochDone,
    Event,
    RunStarted,
    Scores,
    StageDone,
    StageStarted,
    StageSummary,
    StepDone,
)
from kdstudio.runs.sweep import Setting, Spread, over_seeds


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
    left_out: set[int] = field(default_factory=set)
    """Numbers of the classes that a stage so far has left out of its training images."""
    losses: dict[LossKey, Series] = field(default_factory=dict)
    """Of each term, unweighted."""
    weighted: dict[LossKey, Series] = field(default_factory=dict)
    """The same times the term's weight."""
    shares: dict[LossKey, Series] = field(default_factory=dict)
    """Each term's share of the summed lengths of its update's gradients, 0 to 1, after each epoch."""
    accuracy: dict[str, Series] = field(default_factory=dict)
    """Validation accuracy of each network, after each epoch; of swept ones the mean over the seeds."""
    learning_rate: dict[str, Series] = field(default_factory=dict)
    """By stage."""
    speed: dict[str, Series] = field(default_factory=dict)
    """Images a second, by stage."""
    scores: dict[str, Scores] = field(default_factory=dict)
    """Latest scores of each network: on validation while it learns, on the test set afterwards."""
    scored_on: dict[str, str] = field(default_factory=dict)
    classes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Numbers of the classes that a network's scores are of, in their order."""
    sweep: dict[str, dict[Setting, Spread]] = field(default_factory=dict)
    """Latest validation accuracy of swept students over their seeds, by role."""
    _stages: tuple[StageSummary, ...] = ()

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
                        if result.varied:
                            continue
                        self._score(name, result.last_epoch.test, "test", result.classes)

    def _begin(self, event: RunStarted) -> None:
        self.class_names = event.class_names
        self._stages = event.stages

    def _add_stage(self, event: StageStarted) -> None:
        """Make the stage's curves, empty at first, so that every legend is complete."""
        self.left_out |= set(event.outline.left_out)
        for term in event.outline.terms:
            self.losses.setdefault(LossKey(event.outline.name, term), Series())

    def _add_step(self, event: StepDone) -> None:
        outline = self._stages[event.stage]
        epoch = event.step / outline.steps_per_epoch
        for term, value in event.losses.items():
            key = LossKey(outline.name, term)
            self.losses.setdefault(key, Series()).add(epoch, value)
            self.weighted.setdefault(key, Series()).add(epoch, event.weights.get(term, 1.0) * value)
        self.learning_rate.setdefault(outline.name, Series()).add(epoch, event.learning_rate)

    def _add_epoch(self, event: EpochDone) -> None:
        outline = self._stages[event.stage]
        self.speed.setdefault(outline.name, Series()).add(event.epoch, event.images_per_second)
        for update in outline.updates:
            norms = {term: event.gradient_norms[term] for term in update if term in event.gradient_norms}
            total = sum(norms.values())
            for term, norm in norms.items():
                share = norm / total if total else 0.0
                self.shares.setdefault(LossKey(outline.name, term), Series()).add(event.epoch, share)
        swept = over_seeds({name: s.accuracy for name, s in event.validation.items()}, outline.varied)
        for setting, spread in swept.items():
            self.accuracy.setdefault(str(setting), Series()).add(event.epoch, spread.mean)
            self.sweep.setdefault(setting.role, {})[setting] = spread
        for name, scores in event.validation.items():
            if name not in outline.varied:
                self.accuracy.setdefault(name, Series()).add(event.epoch, scores.accuracy)
                self._score(name, scores, "validation", outline.classes if outline.renumbered else ())

    def _score(self, network: str, scores: Scores, part: str, classes: tuple[int, ...]) -> None:
        self.scores[network], self.scored_on[network] = scores, part
        self.classes[network] = classes or tuple(range(len(self.class_names)))

    def names_of(self, network: str) -> tuple[str, ...]:
        """Names of the classes that the rows of a network's scores are of."""
        return tuple(self.class_names[number] for number in self.classes[network])

    def per_class(self, network: str) -> list[float | None]:
        """Share of right predictions for each of the data's classes; None for those not scored."""
        known = dict(zip(self.classes[network], self.scores[network].per_class, strict=False))
        return [known.get(number) for number in range(len(self.class_names))]
