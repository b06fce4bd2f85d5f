"""What a run shows of its claim: each measurement with its interval over the seeds, and the verdict."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kdstudio.engine.bounds import Count, Finite, Positive, Text
from kdstudio.engine.identity import Record

Expectation = Literal["lower", "higher", "equal"]
Verdict = Literal["shown", "not shown", "the opposite", "no statement"]
Digits = Annotated[int, Field(ge=0, le=20)]
"""Decimals that a number is written with."""
GRAVEST: tuple[Verdict, ...] = ("no statement", "the opposite", "not shown", "shown")
"""The verdict on several measurements is the first of these that one of them has."""


class Finding(Record):
    """What one measurement came to, over the seeds."""

    quantity: Text
    """What people call it."""
    of: Text
    """Name of the networks, without the seed, and the quantity's setting: ``teacher at T = 8``."""
    than: Text
    """The same of the others; a number where it is one that they are held against."""
    expected: Expectation
    unit: Text = ""
    scale: Finite = 1.0
    """What the figures are multiplied by to be in that unit."""
    digits: Digits = 0
    value: Finite | None = None
    """Mean of the networks over the seeds; None, as the others, where it could not be measured."""
    other: Finite | None = None
    """Mean of the others, or the number."""
    difference: Finite | None = None
    """Mean of the differences, seed by seed."""
    low: Finite | None = None
    """Where its 95 % interval begins; None for one seed."""
    high: Finite | None = None
    tolerance: Positive | None = None
    seeds: Count = 0
    """How many differences there are."""
    verdict: Verdict
    reason: Text = ""
    """Why there is no statement."""

    @model_validator(mode="after")
    def _is_an_interval(self) -> Self:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("its interval ends before it begins")
        return self

    @property
    def is_number(self) -> bool:
        """Tell whether the networks are held against a number."""
        try:
            float(self.than)
        except ValueError:
            return False
        return True


class MeasuredPoint(Record):
    """A quantity with one value of its option."""

    x: Finite
    values: tuple[Finite, ...]
    """One for each seed, in the quantity's own unit."""


class MeasuredCurve(Record):
    """The quantity of networks that differ in the seed alone."""

    network: Text
    """Their name, without the seed."""
    setting: Text = ""
    """What the quantity's other options say: ``with T²``."""
    points: tuple[MeasuredPoint, ...]


class MeasuredFigure(Record):
    """A quantity against one of its options."""

    quantity: Text
    """What people call it."""
    over: Text
    """What people call the option: ``temperature T``."""
    unit: Text = ""
    scale: Finite = 1.0
    """What the values are multiplied by to be in that unit."""
    curves: tuple[MeasuredCurve, ...]


class Judgement(Record):
    """What a run shows of its claim."""

    statement: Text
    slide: Text = ""
    published: Text = ""
    findings: Annotated[tuple[Finding, ...], Field(min_length=1)]
    figures: tuple[MeasuredFigure, ...] = ()
    """What is drawn to show it."""

    @property
    def verdict(self) -> Verdict:
        """That on all findings together."""
        found = {finding.verdict for finding in self.findings}
        return next(verdict for verdict in GRAVEST if verdict in found)

    @property
    def deciding(self) -> Finding:
        """The first finding that the verdict is that of."""
        return next(finding for finding in self.findings if finding.verdict == self.verdict)
