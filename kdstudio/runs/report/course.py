"""How a run went: validation accuracies and losses, epoch by epoch, with bands over the seeds."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TypeVar

from kdstudio.engine.identity import SEED
from kdstudio.runs.colours import Token
from kdstudio.runs.curves import LossKey
from kdstudio.runs.mean_curves import SeedCurves, over_seeds, thinned
from kdstudio.runs.report.chart import Chart, Line, drawn
from kdstudio.runs.report.markup import element, paragraph
from kdstudio.runs.report.reported import ReportedRun, Section

EPOCH = "epoch of the stage"
MOST_LINES = 10
MOST_CHARTS = 12
MOST_POINTS = 160
LOG_FROM = 10
"""A log axis shows losses that fall to less than this part of where they were."""
BAND = "Lines are means over the seeds, bands one standard deviation to both sides."

Key = TypeVar("Key", bound=Hashable)


def course(run: ReportedRun) -> Section | None:
    """Show the accuracies in one chart, the losses in one for each stage; None before there are any."""
    charts = [*accuracies(run), *losses(run)]
    if not charts:
        return None
    left_out = len(charts) - MOST_CHARTS
    notes = [BAND] if run.state.identities.keys() - _plain_networks(run).values() else []
    notes += (
        [f"{left_out} more charts of losses are left out; the run's log has them."] if left_out > 0 else []
    )
    shown = element("div", *map(drawn, charts[:MOST_CHARTS]), class_="figures")
    return Section("How it went", (shown, *(paragraph(note, class_="note") for note in notes)))


def _plain_networks(run: ReportedRun) -> dict[str, str]:
    """Name without the seed of each network."""
    return {name: found.without(SEED).name for name, found in run.state.identities.items()}


def accuracies(run: ReportedRun) -> Iterator[Chart]:
    """Validation accuracy of the networks, so many as can be told apart, the latest."""
    found = over_seeds(run.state.curves.accuracy, _plain_networks(run))
    shown = dict([(name, each.scaled(100)) for name, each in found.items()][-MOST_LINES:])
    if shown:
        lines = [_line(each, name, run.tokens.get(name, 0), 0) for name, each in shown.items()]
        more = f", the last {MOST_LINES} of {len(found)}" if len(found) > MOST_LINES else ""
        yield Chart(f"Validation accuracy{more}", EPOCH, "accuracy (%)", lines)


def losses(run: ReportedRun) -> Iterator[Chart]:
    """Every term's loss, unweighted: a chart for each stage that differs in more than the seed."""
    stages = run.state.stages
    plain = {LossKey(s.name, term): LossKey(s.plain_name, term) for s in stages for term in s.terms}
    for stage, terms in _by_stage(over_seeds(run.state.curves.losses, plain)).items():
        learners = [name for s in stages if s.plain_name == stage for name in s.trained if name in run.tokens]
        token = run.tokens[learners[0]] if learners else 0
        lines = [_line(each, term, token, place) for place, (term, each) in enumerate(terms.items())]
        lines = [line for line in lines if line.x]
        if lines:
            yield Chart(f"Losses of {stage}", EPOCH, "loss", lines, log_y=_falls_far(lines))


def _by_stage(found: Mapping[LossKey, SeedCurves]) -> dict[str, dict[str, SeedCurves]]:
    by_stage: dict[str, dict[str, SeedCurves]] = {}
    for key, each in found.items():
        by_stage.setdefault(key.stage, {})[key.term] = each
    return by_stage


def _line(curves: SeedCurves, name: str, token: Token, style: int) -> Line:
    mean, deviations = curves.mean()
    x, y, spread = (thinned(values, MOST_POINTS) for values in (mean.x, mean.y, deviations))
    last = f"\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}{y[-1]:.4g}" if y else ""
    return Line(curves.called(name) + last, token, x, y, spread, style)


def _falls_far(lines: Sequence[Line]) -> bool:
    values = [y for line in lines for y in line.y]
    return min(values) > 0 and max(values) > LOG_FROM * min(values)
