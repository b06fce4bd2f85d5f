"""Guessing before the result is seen: what is asked follows from what the claim measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Literal, NamedTuple

from kdstudio.engine.claim import Claim
from kdstudio.engine.identity import PEER, STUDENT, TEACHER, Identity
from kdstudio.engine.judgement import Finding, Judgement
from kdstudio.engine.quantities.declaration import Quantity
from kdstudio.engine.selecting import KEYS, Selector
from kdstudio.engine.views import Comparison

Direction = Literal["lower", "no difference", "higher"]
DIRECTIONS: tuple[Direction, ...] = ("lower", "no difference", "higher")
Guess = float | Direction
"""A figure in the question's unit, or a direction where it asks for none."""

WHOLE = 100.0
"""Percent that the other side is, where a figure is guessed as its share."""
MOST_SHARE = 2 * WHOLE


class Estimate(NamedTuple):
    """What was measured in a question's unit, with the 95 % interval; that is None for one seed."""

    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Question:
    """What a class is asked of a claim: of its first measurement."""

    quantity: Quantity
    own: str
    """What is measured: ``errors of student``."""
    other: str
    """What it is held against: ``those of baseline``, or a number."""
    most: float | None = None
    """The largest figure that can be guessed; None where a direction is."""
    is_share: bool = False
    """Whether figures are percent of the other side, since nobody knows beforehand how large they are."""

    @property
    def text(self) -> str:
        """``errors of student, in % of those of baseline``."""
        if self.is_share:
            return f"{self.own}, in % of {self.other}"
        if self.most is None:
            return f"{self.own}, against {self.other}"
        return f"{self.own} ({self.unit})" if self.unit else self.own

    @property
    def subject(self) -> str:
        """The same without its unit, to be followed by figures."""
        return self.text.removesuffix(f" ({self.unit})")

    def axis(self, findings: Sequence[Finding]) -> str:
        """Name of an axis of such figures, for what ``findings`` are held against."""
        if self.is_share:
            return f"% of {self.other}" if are_against_one(findings) else "% of what each is held against"
        return f"difference ({self.unit})" if self.most is None else self.unit or self.own

    @property
    def unit(self) -> str:
        """Of the figures."""
        return "%" if self.is_share else self.quantity.unit

    @property
    def digits(self) -> int:
        """Decimals of a guess: three digits of the largest."""
        return max(0, 2 - floor(log10(self.most))) if self.most else 0

    def estimate(self, finding: Finding) -> Estimate | None:
        """Put what was measured into the question's unit; None where there is nothing."""
        factor = self._factor(finding)
        if finding.difference is None or factor is None:
            return None
        base = self._base(finding)
        ends = (None if end is None else factor * (base + end) for end in (finding.low, finding.high))
        return Estimate(factor * (base + finding.difference), *ends)

    def level(self, finding: Finding) -> Estimate | None:
        """Where no difference would be, with how far from it still counts as none, where that is told."""
        factor = self._factor(finding)
        if factor is None:
            return None
        base, allowed = self._base(finding), finding.tolerance
        ends = (None, None) if allowed is None else (factor * (base - allowed), factor * (base + allowed))
        return Estimate(factor * base, *ends)

    def _base(self, finding: Finding) -> float:
        """Value of the other side, where figures are guessed."""
        return finding.other or 0.0 if self.most else 0.0

    def _factor(self, finding: Finding) -> float | None:
        """From the quantity's own unit to the question's; None where there is none."""
        if finding.other is None or (self.is_share and finding.other == 0):
            return None
        return WHOLE / finding.other if self.is_share else finding.scale

    def spoken(self, guess: Guess) -> str:
        """``75 %``, ``1.8 nats``, ``lower``."""
        return guess if isinstance(guess, str) else f"{guess:,.{self.digits}f} {self.unit}".rstrip()


def question_of(claim: Claim, kinds: Comparison) -> Question:
    """Ask for the figure itself where it has an end, for its share of the other side, or for a direction."""
    measured = claim.measured[0]
    quantity, compared = measured.quantity, measured.compared(kinds)
    own = _spoken(quantity, measured.selected(kinds))
    if compared is None:
        assert isinstance(measured.than, float)
        other = f"{quantity.scale * measured.than:g}"
    elif measured.than_quantity is None:
        other = f"{'those' if quantity.title.endswith('s') else 'that'} of {_name(compared)}"
    else:
        other = _spoken(measured.than_quantity, compared)
    if quantity.reach is not None:
        return Question(quantity, own, other, quantity.scale * quantity.reach)
    if compared is not None and type(measured.other_quantity) is type(quantity):
        return Question(quantity, own, other, MOST_SHARE, is_share=True)
    return Question(quantity, own, other)


def asked(question: Question, judgement: Judgement) -> Sequence[Finding]:
    """Return the findings that the question is about: the first, and those that measure the same."""
    title, setting = question.quantity.title, question.quantity.setting()
    return [each for each in judgement.findings if each.quantity == title and each.of.endswith(setting)]


def are_against_one(findings: Sequence[Finding]) -> bool:
    """Tell whether all are held against the same."""
    return len({finding.than for finding in findings}) == 1


def answer(question: Question, guess: Guess | None, judgement: Judgement) -> str:
    """``Errors of student: guessed 75 %, measured 65 ± 15 %: within the interval.``, of the first of them."""
    finding = judgement.findings[0]
    estimate = question.estimate(finding)
    what = question.subject
    if estimate is None:
        measured = f"nothing was measured: {finding.reason}"
    elif question.most is None:
        measured = f"measured {_direction(finding)}"
    else:
        low, high = estimate.low, estimate.high
        half = "" if low is None or high is None else f" ± {(high - low) / 2:,.{question.digits}f}"
        figure = f"{estimate.mean:,.{question.digits}f}{half} {question.unit}".rstrip()
        measured = f"measured {figure}{_held(guess, estimate)}"
    guessed = "" if guess is None else f"guessed {question.spoken(guess)}, "
    return f"{what[0].upper()}{what[1:]}: {guessed}{measured}."


def _held(guess: Guess | None, measured: Estimate) -> str:
    """Say where a guess lies; nothing without an interval."""
    if guess is None or isinstance(guess, str) or measured.low is None or measured.high is None:
        return ""
    if measured.low <= guess <= measured.high:
        return ": within the interval"
    return ": too low" if guess < measured.low else ": too high"


def _direction(finding: Finding) -> Direction:
    """Where the whole interval lies."""
    allowed = finding.tolerance or 0.0
    if finding.high is not None and finding.high < -allowed:
        return "lower"
    return "higher" if finding.low is not None and finding.low > allowed else "no difference"


def _spoken(quantity: Quantity, where: Selector) -> str:
    return f"{quantity.title} of {_name(where)} {quantity.setting()}".rstrip()


def _name(where: Selector) -> str:
    """Name those who are meant as networks are named."""
    kind = str(where["kind"])
    role = str(where.get("role", kind if kind in (TEACHER, PEER) else STUDENT))
    coordinates = {key: value for key, value in where.items() if key not in KEYS}
    return Identity(role=role, kind=kind, coordinates=coordinates).name
