"""Judging a claim: what it speaks of is measured seed by seed, and the differences' interval decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from pydantic import ValidationError

from kdstudio.engine.claim import Claim, Measured
from kdstudio.engine.events import NetworkResult
from kdstudio.engine.identity import SEED
from kdstudio.engine.judgement import Expectation, Finding, Judgement, Verdict
from kdstudio.engine.quantities.declaration import Quantity
from kdstudio.engine.selecting import fits, spoken_selector
from kdstudio.errors import KDStudioError
from kdstudio.runs.claim_figures import measured_figures
from kdstudio.runs.differences import EXACT, Interval, interval_of, same_images
from kdstudio.runs.evidence import RunEvidence
from kdstudio.runs.figures import Spread
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.summary import Summary

ONE_PAIR = "one seed shows nothing; run three or more, and where teachers are measured one for each"


class Pair(NamedTuple):
    """One network of a claim, and what it is held against: another, or a number."""

    own: NetworkResult
    other: NetworkResult | float

    @property
    def names(self) -> tuple[str, str]:
        """Names of both without the seed; those of one name differ in the seed alone."""
        other = f"{self.other:g}" if isinstance(self.other, float) else self.other.without(SEED).name
        return self.own.without(SEED).name, other


def judged(claim: Claim, evidence: RunEvidence) -> Judgement:
    """Measure what ``claim`` speaks of; what cannot be measured is no statement, with the reason."""
    findings = (finding for measured in claim.measured for finding in _findings(measured, evidence))
    judgement = Judgement(
        statement=claim.statement, slide=claim.slide, published=claim.published, findings=tuple(findings)
    )
    with suppress(KDStudioError):  # the findings say what is not there
        return judgement.model_copy(update={"figures": measured_figures(claim, evidence)})
    return judgement


def judged_run(claim: Claim, folder: RunFolder, *, allow_code: bool = False) -> Judgement:
    """Judge ``claim`` by a run's folder; ``allow_code`` lets networks be built by the user's own files."""
    return judged(claim, RunEvidence(folder.summary(), folder, allow_code=allow_code))


def judged_together(summary: Summary) -> Judgement | None:
    """Judge the claim of several runs gathered, by their table alone; None where they make none."""
    with suppress(ValidationError):  # of a package that is not here
        if described := summary.experiment.get("claim"):
            return judged(Claim.model_validate(described), RunEvidence(summary))
    return None


def _findings(measured: Measured, evidence: RunEvidence) -> Iterator[Finding]:
    """One for each group of networks and each that it is held against."""
    together: dict[tuple[str, str], list[Pair]] = {}
    for pair in _pairs(measured, evidence):
        together.setdefault(pair.names, []).append(pair)
    if not together:
        where = spoken_selector(measured.selected(evidence.kinds))
        reason = f"no networks with {where} have been scored, or nothing to hold them against"
        yield _described(measured, where, "nothing", reason)
    for (own, other), pairs in together.items():
        try:
            yield _finding(measured, evidence, pairs)
        except KDStudioError as error:
            yield _described(measured, own, other, str(error))


def _pairs(measured: Measured, evidence: RunEvidence) -> Iterator[Pair]:
    rows, where = [*evidence.rows.values()], measured.selected(evidence.kinds)
    for own in (row for row in rows if fits(row, where)):
        if isinstance(measured.than, float):
            yield Pair(own, measured.than)
        else:
            yield from (Pair(own, other) for other in measured.others(own, rows, evidence.kinds))


def _finding(measured: Measured, evidence: RunEvidence, pairs: list[Pair]) -> Finding:
    ours = [measured.quantity.value(pair.own.name, evidence) for pair in pairs]
    theirs = [_value(measured.other_quantity, pair, evidence) for pair in pairs]
    apart = Spread(tuple(round(own - other, EXACT) for own, other in zip(ours, theirs, strict=True)))
    interval = interval_of(apart)
    verdict = _verdict(measured.expect, interval, measured.tolerance)
    return _described(measured, *pairs[0].names, ONE_PAIR if verdict == "no statement" else "").model_copy(
        update={
            "value": Spread(tuple(ours)).mean,
            "other": Spread(tuple(theirs)).mean,
            "difference": interval.mean,
            "low": interval.low,
            "high": interval.high,
            "seeds": apart.count,
            "verdict": verdict,
        }
    )


def _value(quantity: Quantity, pair: Pair, evidence: RunEvidence) -> float:
    if isinstance(pair.other, float):
        return pair.other
    if quantity.same_images and not same_images(pair.own, pair.other):
        raise KDStudioError(
            f"'{pair.own.name}' and '{pair.other.name}' were scored on other images; their {quantity.title} "
            "cannot be compared"
        )
    return quantity.value(pair.other.name, evidence)


def _described(measured: Measured, own: str, other: str, reason: str) -> Finding:
    """Say what is measured of what; the figures are still to come."""
    quantity = measured.quantity
    return Finding(
        quantity=quantity.title,
        of=f"{own} {quantity.setting()}".strip(),
        than=other if isinstance(measured.than, float) else _spoken_other(measured, other),
        expected=measured.expect,
        unit=quantity.unit,
        scale=quantity.scale,
        digits=quantity.digits,
        tolerance=measured.tolerance,
        verdict="no statement",
        reason=reason,
    )


def _spoken_other(measured: Measured, name: str) -> str:
    other = measured.other_quantity
    spoken = f"{name} {other.setting()}".strip()
    return spoken if type(other) is type(measured.quantity) else f"{other.title} of {spoken}"


def _verdict(expect: Expectation, found: Interval, tolerance: float | None) -> Verdict:
    """Say what the interval of the differences shows."""
    if found.low is None or found.high is None:
        return "no statement"
    if tolerance is not None:
        if -tolerance <= found.low and found.high <= tolerance:
            return "shown"
        return "the opposite" if found.low > tolerance or found.high < -tolerance else "not shown"
    if not found.is_shown:
        return "not shown"
    return "shown" if (found.mean < 0) == (expect == "lower") else "the opposite"
