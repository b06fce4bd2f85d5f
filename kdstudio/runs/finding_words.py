"""What a claim's findings say in words, with figures that are as exact as their interval."""

from __future__ import annotations

from math import floor, log10

from kdstudio.engine.judgement import Finding, Judgement
from kdstudio.runs.differences import decimals_of, spoken_interval
from kdstudio.runs.figures import MISSING
from kdstudio.runs.result_tables import ResultTable

MOST_SPOKEN = 2
"""Of more findings than this a sentence says how many came out as expected."""


def spoken_judgement(judgement: Judgement) -> str:
    """Say the verdict, the statement, and the figures or how many came out as expected."""
    said = spoken_findings(judgement)
    return f"{judgement.verdict.capitalize()}: {judgement.statement.rstrip('.')} ({said})."


def spoken_findings(judgement: Judgement) -> str:
    """Say the figures, or of many how many came out as expected."""
    findings = judgement.findings
    if len(findings) > MOST_SPOKEN:
        right = sum(finding.verdict == "shown" for finding in findings)
        return f"{right} of {len(findings)} measurements are as expected"
    return "; ".join(map(spoken_finding, findings))


def spoken_finding(finding: Finding) -> str:
    """``errors of student 8.2, of baseline 12.6: −4.4 ± 1.9, 5 seeds``, or why there is no statement."""
    if finding.difference is None:
        return f"{finding.quantity} of {finding.of}: {finding.reason}"
    seeds = f"{finding.seeds} seeds" if finding.seeds > 1 else finding.reason
    own, other = _value(finding), _other(finding)
    than = f"against {other}" if finding.is_number else f"of {finding.than} {other}"
    return f"{finding.quantity} of {finding.of} {own}, {than}: {difference_of(finding)}, {seeds}"


def difference_of(finding: Finding) -> str:
    """``−4.4 ± 1.9 errors``; of equal ones how far they differ; a dash where nothing was measured."""
    if finding.difference is None:
        return MISSING
    unit = "points" if finding.unit == "%" else finding.unit
    if finding.tolerance is not None:
        return _apart(finding, finding.difference, finding.tolerance, unit)
    spoken = spoken_interval(finding.difference, finding.low, finding.high, finding.scale, finding.digits)
    return f"{spoken} {unit}".rstrip()


def _apart(finding: Finding, difference: float, tolerance: float, unit: str) -> str:
    """``differ by at most 0.000035 points, 0.1 are allowed``: by the end of the interval that decides."""
    low, high = finding.low, finding.high
    if low is None or high is None:
        word, end = "differ by", difference
    elif finding.verdict == "the opposite":
        word, end = "differ by at least", min(low, high, key=abs)
    else:
        word = "differ by at most" if finding.verdict == "shown" else "may differ by up to"
        end = max(low, high, key=abs)
    allowed = f"{finding.scale * tolerance:g} are allowed"
    return f"{word} {' '.join(filter(None, (_two_digits(abs(finding.scale * end)), unit)))}, {allowed}"


def _two_digits(amount: float) -> str:
    """``0.000035``, ``1.2``, ``340``."""
    decimals = max(1 - floor(log10(amount)), 0) if amount else 0
    return f"{amount:,.{decimals}f}"


def _value(finding: Finding) -> str:
    """Mean of the networks, as exact as the interval."""
    return _single(finding, finding.value)


def _other(finding: Finding) -> str:
    """The same of the others; a number as it is claimed."""
    if finding.is_number and finding.other is not None:
        return f"{finding.scale * finding.other:g}{_percent(finding)}"
    return _single(finding, finding.other)


def _single(finding: Finding, value: float | None) -> str:
    if value is None:
        return MISSING
    low, high = finding.low, finding.high
    half = 0.0 if low is None or high is None else finding.scale * (high - low) / 2
    return f"{finding.scale * value:,.{decimals_of(half, finding.digits)}f}{_percent(finding)}"


def _percent(finding: Finding) -> str:
    return "%" if finding.unit == "%" else ""


def claim_table(judgement: Judgement) -> ResultTable:
    """Lay the findings out, a row for each."""
    rows = tuple(
        (
            finding.quantity,
            expected(finding),
            _value(finding),
            _other(finding),
            difference_of(finding),
            ": ".join(filter(None, (finding.verdict, finding.reason))),
        )
        for finding in judgement.findings
    )
    columns = ("measured", "expected", "of these", "of those", "difference (95 %)", "verdict")
    return ResultTable(f"{judgement.verdict.capitalize()}: {judgement.statement}", columns, rows, figures=0)


def expected(finding: Finding) -> str:
    """``student lower than baseline``, ``teacher at T = 8 higher than 0.5``."""
    word = "to" if finding.expected == "equal" else "than"
    return f"{finding.of} {finding.expected} {word} {held_against(finding)}"


def held_against(finding: Finding) -> str:
    """``baseline``, ``10%``."""
    return _other(finding) if finding.is_number else finding.than
