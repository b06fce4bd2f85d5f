"""What a run shows of its claim: each measurement with its interval over the seeds, and the verdict."""

from __future__ import annotations

from typing import Literal

from kdstudio.engine.identity import Record

Expectation = Literal["lower", "higher", "equal"]
Verdict = Literal["shown", "not shown", "the opposite", "no statement"]
GRAVEST: tuple[Verdict, ...] = ("no statement", "the opposite", "not shown", "shown")
"""The verdict on several measurements is the first of these that one of them has."""


class Finding(Record):
    """What one measurement came to, over the seeds."""

    quantity: str
    """What people call it."""
    of: str
    """Name of the networks, without the seed, and the quantity's setting: ``teacher at T = 8``."""
    than: str
    """The same of the others; a number where it is one that they are held against."""
    expected: Expectation
    unit: str = ""
    scale: float = 1.0
    """What the figures are multiplied by to be in that unit."""
    digits: int = 0
    value: float | None = None
    """Mean of the networks over the seeds; None, as the others, where it could not be measured."""
    other: float | None = None
    """Mean of the others, or the number."""
    difference: float | None = None
    """Mean of the differences, seed by seed."""
    low: float | None = None
    """Where its 95 % interval begins; None for one seed."""
    high: float | None = None
    tolerance: float | None = None
    seeds: int = 0
    """How many differences there are."""
    verdict: Verdict
    reason: str = ""
    """Why there is no statement."""

    @property
    def is_number(self) -> bool:
        """Tell whether the networks are held against a number."""
        try:
            float(self.than)
        except ValueError:
            return False
        return True


class Judgement(Record):
    """What a run shows of its claim."""

    statement: str
    slide: str = ""
    published: str = ""
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """That on all findings together."""
        found = {finding.verdict for finding in self.findings}
        return next(verdict for verdict in GRAVEST if verdict in found)

    @property
    def deciding(self) -> Finding:
        """The first finding that the verdict is that of."""
        return next(finding for finding in self.findings if finding.verdict == self.verdict)
