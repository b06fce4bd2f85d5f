"""What a run's early exits give and cost: accuracy against work, and leaving as soon as one is sure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, NamedTuple

from kdstudio.declaration import ProgressCallback
from kdstudio.engine.identity import CONTROL, ENSEMBLE, EXIT, is_of_trial
from kdstudio.errors import KDStudioError
from kdstudio.runs.colours import LINE, Token
from kdstudio.runs.comparison import main_result
from kdstudio.runs.figures import Spread
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.kept_networks import kept_networks, lost
from kdstudio.runs.latency import Latency, TimedPart, measure_latencies
from kdstudio.runs.network_colours import series_by_name
from kdstudio.runs.predictions import Part, Predictions, open_context, predictions_on
from kdstudio.runs.results import ResultCurve, ResultPoint
from kdstudio.runs.summary import Summary
from kdstudio.runs.weights import read_card

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.card import NetworkCard

PARTS: tuple[Part, ...] = ("validation", "test")
THRESHOLDS = (*(step / 20 for step in range(20)), 0.97, 0.99, 0.999, 1.0)


CostKey = Literal["multiply_adds", "latency"]


class Cost(NamedTuple):
    """What one image costs."""

    multiply_adds: float
    latency: float
    """Seconds; the median in the runtime and on the machine that measured."""


@dataclass(frozen=True)
class ExitFigures:
    """One way to an answer: an exit as a network of its own, the whole network, or the baseline."""

    name: str
    parameters: int
    multiply_adds: int
    latency: Latency
    accuracy: dict[Part, float]

    @property
    def cost(self) -> Cost:
        """What one image costs that goes this way."""
        return Cost(self.multiply_adds, self.latency.median)


class EarlyExitPoint(NamedTuple):
    """What comes of images leaving at the first exit that is sure enough."""

    threshold: float
    accuracy: float
    multiply_adds: float
    """Mean over the images, with the heads of all exits that an image has passed."""
    latency: float
    """Mean over the images of the medians in seconds, added up over the parts that an image runs through."""
    shares: tuple[float, ...]
    """Share of the images that leaves at each exit; at the last, all that are left."""


@dataclass(frozen=True)
class ExitReport:
    """The exits of a run, the shallowest first, the whole network last."""

    ways: tuple[ExitFigures, ...]
    passing: tuple[Cost, ...]
    """Cost of an image that leaves at each exit, the heads that it has passed included."""
    baseline: ExitFigures | None
    predictions: Mapping[Part, Predictions]
    tokens: Mapping[str, Token]
    """Colours of the networks, by name."""
    runtime: str
    """What the latencies were measured in."""
    ensemble: str = ""
    """Name of the exits' ensemble; empty where the run has kept none."""

    def ensemble_accuracy(self, part: Part) -> float:
        """Accuracy of all exits together; it costs what passing all of them costs.

        Runs of the first version kept no ensemble: it was the mean of the exits' probabilities.
        """
        import torch

        predictions = self.predictions[part]
        if self.ensemble:
            return _accuracy(predictions.logits[self.ensemble], predictions)
        together = torch.stack([predictions.logits[way.name].softmax(1) for way in self.ways]).mean(0)
        return _accuracy(together, predictions)

    def leaving(self, part: Part, threshold: float) -> EarlyExitPoint:
        """Let each image leave at the first exit whose largest probability reaches ``threshold``."""
        import torch

        predictions = self.predictions[part]
        probabilities = torch.stack([predictions.logits[way.name].softmax(1) for way in self.ways])
        confidence, classes = probabilities.max(2)
        sure = confidence >= threshold
        sure[-1] = True
        first = sure.int().argmax(0)
        right = classes.gather(0, first[None])[0] == predictions.labels
        shares = (torch.bincount(first, minlength=len(self.ways)) / len(first)).tolist()
        work, seconds = (
            sum(share * cost for share, cost in zip(shares, costs, strict=True))
            for costs in zip(*self.passing, strict=True)
        )
        return EarlyExitPoint(threshold, float(right.float().mean()), work, seconds, tuple(shares))

    def curves(self, cost: CostKey) -> list[ResultCurve]:
        """Test accuracy against a cost: leaving early over thresholds, each exit by itself, the baseline."""

        def beside(text: str, ways: tuple[ExitFigures, ...]) -> ResultCurve:
            points = [
                ResultPoint(getattr(way.cost, cost), Spread((way.accuracy["test"],)), way.name)
                for way in ways
            ]
            return ResultCurve(text, self.tokens[ways[-1].name], tuple(points), connected=False)

        left = [self.leaving("test", threshold) for threshold in THRESHOLDS]
        points = tuple(ResultPoint(getattr(p, cost), Spread((p.accuracy,)), f"{p.threshold:g}") for p in left)
        drawn = [
            ResultCurve("leaving early, over thresholds", LINE, points),
            beside("each exit as a network of its own", self.ways),
        ]
        return [*drawn, beside("trained without exits", (self.baseline,))] if self.baseline else drawn


def exits_of(folder: RunFolder) -> list[str]:
    """Names of a run's early exits, the shallowest first; none for most runs.

    Of several seeds or settings, those of the network that is the best on validation.
    """
    cards = [read_card(folder.network_file(name)) for name in folder.networks()]
    exits = [card for card in cards if _is_exit(card)]
    summary = folder.summary()
    whole = [name for name in folder.networks() if any(_is_of(card, name, summary) for card in exits)]
    if whole:
        best = summary.networks[main_result(summary, whole)]
        exits = [card for card in exits if card.identity.shares_trial_with(best)]
    return [
        card.network for card in sorted(exits, key=lambda card: float(card.identity.coordinates.get(EXIT, 0)))
    ]


def _is_of(card: NetworkCard, name: str, summary: Summary) -> bool:
    """Tell whether an exit leaves the network called ``name`` early, which its card calls as in the trial."""
    row = summary.networks.get(name)
    if row is None or card.composition is None or not row.shares_trial_with(card.identity):
        return False
    return row.without(*filter(is_of_trial, row.coordinates)).name in card.composition.networks


def _is_exit(card: NetworkCard) -> bool:
    """Tell whether a network is one other up to a tap, and heads there."""
    composition = card.composition
    return card.identity.kind == EXIT and composition is not None and len(composition.networks) == 1


def read_exits(
    folder: RunFolder,
    progress: ProgressCallback = lambda _what, _fraction: None,
    *,
    allow_code: bool = False,
) -> ExitReport:
    """Rebuild the run's exits, collect their predictions, count their work and time them.

    Raises KDStudioError when the run has no exits, or its data are gone.
    """
    from kdstudio.models.complexity import count

    kept, summary = kept_networks(folder), folder.summary()
    exits = exits_of(folder)
    had = [name for name, row in summary.networks.items() if row.kind == EXIT]
    if not exits and had and summary.status == "finished":
        raise lost(folder, *had)
    if not exits:
        raise KDStudioError(
            f"run '{folder.name}' has no early exits; run digits-self-distillation, for instance"
        )
    card = read_card(folder.network_file(exits[0]))
    rows = {n: row for n, row in summary.networks.items() if row.shares_trial_with(card.identity)}
    whole = next((name for name in rows if _is_of(card, name, summary)), None)
    needed = [name for name, row in rows.items() if row.kind == EXIT or name == whole]
    gone = [name for name in needed if name not in kept]
    if gone or whole is None:
        raise lost(folder, *gone)
    context = open_context(folder, progress)
    predictions: dict[Part, Predictions] = {
        part: predictions_on(context, folder, part, progress, allow_code=allow_code) for part in PARTS
    }
    role = rows[whole].role
    controls = [n for n, row in rows.items() if row.kind == CONTROL and row.role == role and n in kept]
    parts = {name: TimedPart(folder.network_file(name)) for name in (*exits, whole, *controls[:1])}
    parts |= {_head(name): TimedPart(folder.network_file(name), "heads") for name in exits}
    costs = {name: count(*part.load(allow_code=allow_code)) for name, part in parts.items()}
    runtime, latencies = measure_latencies(parts, progress=progress, allow_code=allow_code)

    def figures(name: str) -> ExitFigures:
        right = {part: _accuracy(found.logits[name], found) for part, found in predictions.items()}
        return ExitFigures(name, *costs[name], latencies[name], right)

    found = tuple(figures(name) for name in (*exits, whole))
    heads = [Cost(costs[_head(n)].multiply_adds, latencies[_head(n)].median) for n in exits]
    passed = accumulate(heads, lambda a, b: Cost(*map(sum, zip(a, b, strict=True))), initial=Cost(0, 0.0))
    passing = tuple(
        Cost(own.multiply_adds + before.multiply_adds, own.latency.median + before.latency)
        for own, before in zip(found, passed, strict=True)
    )
    baseline = figures(controls[0]) if controls else None
    ensemble = next((n for n, row in rows.items() if row.kind == ENSEMBLE and n in kept), "")
    return ExitReport(
        found, passing, baseline, predictions, series_by_name(summary.networks), runtime, ensemble
    )


def _head(name: str) -> str:
    return f"{name} head"


def _accuracy(logits: Tensor, predictions: Predictions) -> float:
    return float((logits.argmax(1) == predictions.labels).float().mean())
