"""Scores of networks on a part of the data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from kdstudio.data.feed import Feed
from kdstudio.data.selection import of_classes
from kdstudio.engine.events import Confusion, Scores
from kdstudio.engine.stage import Stage
from kdstudio.errors import KDStudioError
from kdstudio.processes import ALONE, Processes

BINS = 15


class Scored(NamedTuple):
    """How one network answers one part of the data: in single numbers, and class by class."""

    scores: Scores
    confusion: Confusion
    seen: Scores | None = None
    """On the images of some classes alone, where only some were asked for."""

    @property
    def selection(self) -> Scores:
        """Scores that choices are made by."""
        return self.seen or self.scores


def score(
    stage: Stage,
    scored: Mapping[str, str],
    feed: Feed,
    seen: Collection[int] = (),
    processes: Processes = ALONE,
) -> dict[str, Scored]:
    """Score the logits at each address of ``scored`` over all of ``feed``, by its name, in float32.

    What is scored is what is kept and exported, whose weights are float32, whatever a run trains in.
    ``seen`` are numbers of the only classes that choices may be made by, none meaning all. Several
    ``processes`` have the same scores. Raises KDStudioError where a network answers with what are no numbers.
    """
    labels = feed.part.labels
    found = {name: (z, scores(z, labels)) for name, z in predictions(stage, scored, feed, processes).items()}
    if not seen:
        return processes.agreed({name: whole for name, (_logits, whole) in found.items()})
    kept = of_classes(labels, [*seen], keep=True)
    return processes.agreed(
        {
            name: whole._replace(seen=scores(logits[kept], labels[kept]).scores)
            for name, (logits, whole) in found.items()
        }
    )


@torch.no_grad()
def predictions(
    stage: Stage, scored: Mapping[str, str], feed: Feed, processes: Processes = ALONE
) -> dict[str, Tensor]:
    """Return the logits ``(N, K)`` at each address of ``scored`` over all of ``feed``, in order, by its name.

    Each of several ``processes`` computes some of the batches; all get the logits of all.

    Raises KDStudioError where a network answers with what are no numbers.

    The stage is in eval mode meanwhile, and in the mode it was in afterwards.
    """
    training = stage.training
    stage.eval()
    collected: dict[str, list[Tensor]] = {name: [] for name in scored}
    share = processes.share(feed.batches)
    for batch in feed.in_order(share.shown):
        values = stage.values(batch, set(scored.values()))
        for name, address in scored.items():
            collected[name].append(values[address])
    stage.train(training)
    ends = [0, *(feed.images_in(end) for end in accumulate(share.sizes))]
    sizes = [end - start for start, end in pairwise(ends)]
    found = {
        name: processes.joined(torch.cat(logits)[: sizes[processes.rank]], sizes)
        for name, logits in collected.items()
    }
    for name, logits in found.items():
        if not bool(logits.isfinite().all()):
            raise KDStudioError(
                f"the predictions of the {name} are no longer numbers; lower the learning rate, warm up, or "
                "limit the weights"
            )
    return found


def scores(logits: Tensor, labels: Tensor) -> Scored:
    """Score ``logits`` ``(N, K)`` against ``labels`` ``(N,)``."""
    counted = confusion(labels, logits.argmax(1), logits.shape[1])
    errors = len(labels) - sum(row[number] for number, row in enumerate(counted))
    found = Scores(
        count=len(labels),
        accuracy=(len(labels) - errors) / len(labels),
        errors=errors,
        loss=float(functional.cross_entropy(logits, labels)),
        calibration_error=calibration_error(logits, labels),
    )
    return Scored(found, counted)


def confusion(labels: Tensor, answers: Tensor, classes: int) -> Confusion:
    """Count images: a row for each true class, of ``labels`` ``(N,)``, a column for each of ``answers``."""
    pairs = torch.bincount(labels * classes + answers, minlength=classes**2)
    return tuple(map(tuple, pairs.view(classes, classes).tolist()))


class Bin(NamedTuple):
    """Answers whose confidence lies between two bounds."""

    images: int
    confidence: float | None
    """Mean largest probability; None in an empty bin."""
    accuracy: float | None
    """Share of right answers; None in an empty bin."""


def reliability(logits: Tensor, labels: Tensor) -> tuple[Bin, ...]:
    """Accuracy against confidence of ``(N, K)`` predictions, in the bins of :func:`calibration_error`.

    Guo, Pleiss, Sun, Weinberger 2017, section 2.
    """
    confidence, predictions = logits.softmax(1).max(1)
    bins = _bins(confidence)
    counts = torch.bincount(bins, minlength=BINS).tolist()
    sums = (
        torch.bincount(bins, values.double(), minlength=BINS).tolist()
        for values in (confidence, predictions == labels)
    )
    found = zip(counts, *sums, strict=True)
    return tuple(Bin(n, sure / n, right / n) if n else Bin(0, None, None) for n, sure, right in found)


def _bins(confidence: Tensor) -> Tensor:
    """Number of the bin that each confidence falls into; a bin holds its upper bound, the first NaN."""
    return (confidence * BINS).ceil().nan_to_num(1).clamp(1, BINS).long() - 1


def calibration_error(logits: Tensor, labels: Tensor) -> float:
    """Expected calibration error: mean gap between confidence and accuracy over 15 equal bins.

    Bins are weighted by how many of the ``(N, K)`` predictions fall into them. Guo, Pleiss, Sun,
    Weinberger 2017, equation 5.
    """
    confidence, predictions = logits.softmax(1).max(1)
    gap = confidence - (predictions == labels).float()
    sums = torch.zeros(BINS, device=logits.device).index_add_(0, _bins(confidence), gap)
    return float(sums.abs().sum() / len(labels))
