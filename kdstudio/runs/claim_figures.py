"""What a claim draws: quantities against one of their options, measured at a run's end and kept with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kdstudio.engine.claim import Claim, Drawn
from kdstudio.engine.identity import SEED
from kdstudio.engine.judgement import MeasuredCurve, MeasuredFigure, MeasuredPoint
from kdstudio.engine.selecting import fits
from kdstudio.engine.sweep import is_wide
from kdstudio.runs.axes import Axes, Axis
from kdstudio.runs.colours import Token
from kdstudio.runs.evidence import RunEvidence
from kdstudio.runs.figures import Spread
from kdstudio.runs.results import ResultCurve, ResultPoint


def measured_figures(claim: Claim, evidence: RunEvidence) -> tuple[MeasuredFigure, ...]:
    """Measure what ``claim`` draws; KDStudioError where that is not there."""
    together: dict[tuple[str, str], list[Drawn]] = {}
    for drawn in claim.drawn:
        together.setdefault((drawn.quantity.name, drawn.over), []).append(drawn)
    return tuple(_figure(several, evidence) for several in together.values())


def _figure(several: Sequence[Drawn], evidence: RunEvidence) -> MeasuredFigure:
    quantity, over = several[0].quantity, several[0].over
    title = type(quantity).model_fields[over].title or over
    return MeasuredFigure(
        quantity=quantity.title,
        over=title[0].lower() + title[1:],
        unit=quantity.unit,
        scale=quantity.scale,
        curves=tuple(curve for drawn in several for curve in _curves(drawn, evidence)),
    )


def _curves(drawn: Drawn, evidence: RunEvidence) -> Iterator[MeasuredCurve]:
    """Yield one for each group of networks that differ in the seed alone."""
    where, groups = drawn.selected(evidence.kinds), dict[str, list[str]]()
    for row in evidence.rows.values():
        if fits(row, where):
            groups.setdefault(row.without(SEED).name, []).append(row.name)
    for name, networks in groups.items():
        points = tuple(
            MeasuredPoint(x=x, values=tuple(quantity.value(network, evidence) for network in networks))
            for x, quantity in zip(drawn.values, drawn.quantities(), strict=True)
        )
        yield MeasuredCurve(network=name, setting=drawn.quantity.setting(but=drawn.over), points=points)


def figure_axes(figure: MeasuredFigure) -> Axes:
    """Name what is drawn, and its axes."""
    title = f"{figure.quantity} by {figure.over}"
    up = Axis(figure.unit or figure.quantity, figure.scale)
    values = [point.x for curve in figure.curves for point in curve.points]
    return Axes(title[0].upper() + title[1:], Axis(figure.over), up, log_x=is_wide(values))


def figure_curves(figure: MeasuredFigure, tokens: Mapping[str, Token]) -> list[ResultCurve]:
    """Lay the curves out as those of results are; ``tokens`` are the networks' by name."""
    return [
        ResultCurve(
            f"{curve.network} {curve.setting}".rstrip(),
            tokens[curve.network],
            tuple(ResultPoint(point.x, Spread(point.values), curve.network) for point in curve.points),
        )
        for curve in figure.curves
    ]
