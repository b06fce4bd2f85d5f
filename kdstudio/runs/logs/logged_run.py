"""What tools for logs are told of a run: its curves point by point, its settings, and what came out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from kdstudio.engine.events import EpochDone, Event, NetworkResult, Scores, StageDone, StepDone
from kdstudio.runs.comparison import flat_settings
from kdstudio.runs.figures import FIGURES
from kdstudio.runs.finding_words import spoken_judgement
from kdstudio.runs.folder import LARGEST_EXPERIMENT, RunFolder
from kdstudio.runs.log import RunFollower
from kdstudio.runs.outcome import outcome
from kdstudio.runs.reading import read_file
from kdstudio.runs.summary import Summary

SCORES = ("accuracy", "loss", "calibration_error")
"""Figures of a network on each part of the data."""


class Point(NamedTuple):
    """A point of a curve."""

    curve: str
    """``loss/student/labels``: what is drawn, and of which stage or network."""
    step: int
    """Steps of the stage; of scores and what is told once an epoch, epochs."""
    value: float
    seconds: float
    """Time spent in the run until then, pauses not counted."""


class LoggedRun:
    """A run's folder, read as it grows. KDStudioError where its summary is damaged."""

    def __init__(self, folder: RunFolder) -> None:
        """Read all that there is."""
        self.folder = folder
        self.points: dict[tuple[str, int], Point] = {}
        """All so far, by curve and step: a network that several stages score has each once."""
        self._follower = RunFollower(folder)
        self._state = self._follower.state
        self.poll()

    @property
    def summary(self) -> Summary:
        """Its page as it is now."""
        return self.folder.summary()

    def poll(self) -> list[Point] | None:
        """Return the points since the last call; None where the log has begun anew, as by a resumed run."""
        events = self._follower.poll()
        anew = self._follower.state is not self._state
        if anew:
            self._state, self.points = self._follower.state, {}
        known = len(self.points)
        for event in events:
            for point in self._points_of(event):
                self.points.setdefault(point[:2], point)
        return None if anew else list(islice(self.points.values(), known, None))

    def settings_text(self) -> str:
        """Return the experiment as it was written, TOML; empty where that cannot be read."""
        try:
            return read_file(self.folder.experiment_file, LARGEST_EXPERIMENT).decode()
        except (OSError, ValueError):
            return ""

    def _points_of(self, event: Event) -> Iterator[Point]:
        match event:
            case StepDone():
                yield from _of_steps(event, self._state.stages[event.stage].name)
            case EpochDone():
                yield from _of_epoch(event, self._state.stages[event.stage].name)
            case StageDone():
                for name, row in event.networks.items():
                    yield from _of_network(row, name, event.seconds)


def settings_of(summary: Summary) -> dict[str, str]:
    """Return what tells runs from each other, by dotted path: ``strategy.temperature``."""
    return flat_settings(summary.experiment)


def spoken(summary: Summary) -> str:
    """Say what came out; the claim's verdict stands in it where the run makes one."""
    told = outcome(summary).text
    claimed = spoken_judgement(summary.claim) if summary.claim else ""
    return told if claimed in told else f"{told} {claimed}"


def _of_steps(event: StepDone, stage: str) -> Iterator[Point]:
    for term, value in event.losses.items():
        yield Point(f"loss/{stage}/{term}", event.step, value, event.seconds)
    total = sum(event.weights.get(term, 1.0) * value for term, value in event.losses.items())
    yield Point(f"weighted loss/{stage}", event.step, total, event.seconds)
    yield Point(f"learning rate/{stage}", event.step, event.learning_rate, event.seconds)
    yield Point(f"images per second/{stage}", event.step, event.images_per_second, event.seconds)


def _of_epoch(event: EpochDone, stage: str) -> Iterator[Point]:
    for term, value in event.gradient_norms.items():
        yield Point(f"gradient norm/{stage}/{term}", event.epoch, value, event.seconds)
    for network, scores in event.validation.items():
        yield from _of_scores("validation", scores, network, event.epoch, event.seconds)


def _of_network(row: NetworkResult, name: str, seconds: float) -> Iterator[Point]:
    last = row.last_epoch
    yield from _of_scores("validation", last.validation, name, last.epoch, seconds)
    yield from _of_scores("test", last.test, name, last.epoch, seconds)
    if row.unseen_accuracy is not None:
        yield Point(f"unseen classes accuracy/{name}", last.epoch, row.unseen_accuracy, seconds)


def _of_scores(part: str, scores: Scores, network: str, epoch: int, seconds: float) -> Iterator[Point]:
    for key in SCORES:
        yield Point(f"{part} {FIGURES[key].title}/{network}", epoch, getattr(scores, key), seconds)
