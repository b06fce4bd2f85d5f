"""What a run's networks answer to classes that they never saw, before and after a shift of biases."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kdstudio.declaration import ProgressCallback
from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.kept_networks import lost
from kdstudio.runs.predictions import Part, Predictions, open_context, predictions_on
from kdstudio.runs.summary import Summary

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from kdstudio.engine.bias import Group
    from kdstudio.engine.scoring import Scored


@dataclass(frozen=True)
class ShiftCurve:
    """What becomes of the predictions as one number is added to the logits of some classes."""

    shifts: np.ndarray
    errors: np.ndarray
    """Share of wrong predictions at each shift, 0 to 1."""
    unseen: np.ndarray
    """Share of right predictions among the images of the unseen classes."""


@dataclass(frozen=True)
class Outcome:
    """What a shift makes of the predictions to one part."""

    count: int
    errors: int
    unseen: float | None
    """Share of right predictions among the images of the unseen classes; None where there are none."""


@dataclass(frozen=True)
class UnseenPredictions:
    """The predictions of a run's networks to both parts, and the classes that some of them never saw."""

    unseen: dict[str, tuple[int, ...]]
    """Numbers of the classes, by the network that never saw them."""
    shares: Tensor
    """Share of each class among the images that the run learns from, ``(K,)``."""
    parts: Mapping[Part, Predictions]

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of all classes."""
        return self.parts["test"].class_names

    def shifted_classes(self, network: str, group: Group = "fewer") -> tuple[int, ...]:
        """Numbers of the classes that belong to ``group``."""
        from kdstudio.engine.bias import classes_of

        return classes_of(group, self.unseen_by(network), self.shares)

    def fit(self, network: str, group: Group = "fewer") -> dict[int, float]:
        """Fit the biases of ``group`` on the validation images, whose labels are not looked at."""
        from kdstudio.engine.bias import fitted_biases

        shifted = self.shifted_classes(network, group)
        return fitted_biases(self.parts["validation"].logits[network], self.shares, shifted)

    def scores(self, network: str, part: Part, biases: Mapping[int, float]) -> Scored:
        """Score a network with ``biases`` added to its logits; none of them leave it as it is."""
        from kdstudio.engine.bias import with_biases
        from kdstudio.engine.scoring import scores

        predictions = self.parts[part]
        return scores(with_biases(predictions.logits[network], biases), predictions.labels)

    def outcome(self, network: str, part: Part, biases: Mapping[int, float]) -> Outcome:
        """Count what is right with ``biases``; quick enough to follow a slider."""
        import torch

        from kdstudio.engine.bias import with_biases

        labels = self.parts[part].labels
        right = with_biases(self.parts[part].logits[network], biases).argmax(1) == labels
        never_seen = torch.isin(labels, torch.tensor(self.unseen_by(network)))
        unseen = float(right[never_seen].double().mean()) if never_seen.any() else None
        return Outcome(len(labels), int((~right).sum()), unseen)

    def course(self, network: str, part: Part, classes: Sequence[int], shifts: np.ndarray) -> ShiftCurve:
        """Follow the predictions while each of ``shifts`` is added to all of ``classes``, not of every class.

        An image is answered with one of ``classes`` as soon as the shift is larger than the margin
        of the best other class, so two sorted lists of margins hold all that there is to count.
        """
        import numpy as np

        logits, labels = self.parts[part].logits[network].numpy(), self.parts[part].labels.numpy()
        among_them = np.isin(np.arange(logits.shape[1]), classes)
        inside_logits = np.where(among_them, logits, -np.inf)
        outside_logits = np.where(among_them, -np.inf, logits)
        margin = outside_logits.max(1) - inside_logits.max(1)

        def right(among: np.ndarray) -> np.ndarray:
            gained = np.sort(margin[among & (inside_logits.argmax(1) == labels)])
            lost = np.sort(margin[among & (outside_logits.argmax(1) == labels)])
            count = np.searchsorted(gained, shifts) + len(lost) - np.searchsorted(lost, shifts)
            return np.asarray(count / max(among.sum(), 1))

        never_seen = np.isin(labels, self.unseen_by(network))
        return ShiftCurve(shifts, 1 - right(np.ones_like(never_seen)), right(never_seen))

    def unseen_by(self, network: str) -> tuple[int, ...]:
        """Numbers of the classes that ``network`` never saw; KDStudioError where it saw all."""
        if network not in self.unseen:
            known = " or ".join(self.unseen)
            raise KDStudioError(f"no network '{network}' that left classes out; choose {known}")
        return self.unseen[network]


def unseen_classes(summary: Summary) -> dict[str, tuple[int, ...]]:
    """Numbers of the classes that networks left out of their training, by network."""
    return {name: network.unseen for name, network in summary.networks.items() if network.unseen}


def marked_classes(names: Sequence[str], unseen: Collection[int]) -> list[str]:
    """Names of the classes, two lines for those unseen, so that they are told by a word."""
    return [f"{name}\n(unseen)" if number in unseen else name for number, name in enumerate(names)]


def read_unseen(
    folder: RunFolder,
    progress: ProgressCallback = lambda _what, _fraction: None,
    *,
    allow_code: bool = False,
) -> UnseenPredictions:
    """Collect the predictions of the run's networks, as far as their weights are kept, to both parts.

    Raises KDStudioError when none of them left classes out, or the weights of all that did are gone.
    """
    unseen = unseen_classes(folder.summary())
    if not unseen:
        raise KDStudioError(
            f"no trained network of run '{folder.name}' left classes out; run digits-no-threes, or set "
            "networks.student.training.leave_out"
        )
    if not unseen.keys() & {*folder.networks()}:
        raise lost(folder, *unseen)
    context = open_context(folder, progress)

    def read(part: Part) -> Predictions:
        found = predictions_on(context, folder, part, progress, allow_code=allow_code)
        return replace(found, logits=dict(found.logits))  # all now, not when the window asks

    parts: dict[Part, Predictions] = {"validation": read("validation"), "test": read("test")}
    kept = {name: classes for name, classes in unseen.items() if name in parts["test"].logits}
    return UnseenPredictions(kept, context.data.class_shares(), parts)
