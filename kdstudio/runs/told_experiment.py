"""What is read of a run's experiment wherever runs are shown, whether or not its packages are here.

A summary holds the experiment as plain values. Whoever reads some of them may rely on these shapes.
"""

from __future__ import annotations

from math import isfinite, prod
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from kdstudio.engine.bounds import Name, Text
from kdstudio.engine.identity import Record
from kdstudio.engine.sweep import MOST_TRIALS

Plain = dict[str, Any]


class Told(Record):
    """Some fields of a table; there may be others."""

    model_config = ConfigDict(strict=True)


class Chosen(Told):
    """One of several declarations."""

    name: Name


class MaybeChosen(Told):
    """The same, or nothing of it."""

    name: Name = ""


class ToldTraining(Told):
    """How a network learns."""

    optimizer: MaybeChosen = MaybeChosen()
    schedule: MaybeChosen = MaybeChosen()


class ToldNetwork(Told):
    """One network."""

    training: ToldTraining = ToldTraining()


class ToldData(Told):
    """The images."""

    source: MaybeChosen = MaybeChosen()


class ToldFigure(Told):
    """A figure of a paper."""

    what: Text
    value: Text
    network: Text = ""
    figure: Literal["accuracy", "errors"] = "accuracy"
    where: Plain = {}


class ToldSource(Told):
    """Where an experiment comes from."""

    title: Text = ""
    source: Text = ""
    published: list[ToldFigure] = []


class ToldExperiment(Told):
    """The whole."""

    name: Name = ""
    about: ToldSource = ToldSource()
    claim: Plain = {}
    seed: int = Field(0, ge=0, le=2**31 - 1)
    seeds: int = Field(1, ge=1, le=MOST_TRIALS)
    strategy: Chosen
    data: ToldData = ToldData()
    networks: dict[Name, ToldNetwork] = {}
    sweep: dict[Name, list[Any]] = {}

    @model_validator(mode="after")
    def _few_trials(self) -> Self:
        if self.seeds * prod(map(len, self.sweep.values())) > MOST_TRIALS:
            raise ValueError(f"there may be {MOST_TRIALS:,} trials")
        return self


def checked(experiment: Plain) -> Plain:
    """Return ``experiment``; ValueError where it has another shape, or numbers that are none."""
    ToldExperiment.model_validate(experiment)
    if not _is_finite(experiment):
        raise ValueError("a number in it is infinite")
    return experiment


def _is_finite(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or isfinite(value)
