"""Self-distillation through early exits (Zhang et al. 2019, Be Your Own Teacher)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import OptionalNumber, option
from kdstudio.engine.identity import ENSEMBLE
from kdstudio.engine.learning import learn_labels
from kdstudio.engine.losses import feature, response
from kdstudio.engine.matching.declaration import summed
from kdstudio.engine.strategy import Baseline, Strategy, strategies
from kdstudio.engine.terms import LABELS, LossTerm, label_loss
from kdstudio.engine.views import FigureView
from kdstudio.models.heads.mean_prediction import MeanPrediction

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext, Scorable
    from kdstudio.engine.early_exits import EarlyExit
    from kdstudio.engine.network import Network
    from kdstudio.engine.stage import Stage

WEIGHTS = {"norm": 0.03, "squared norm": 1e-4}
"""λ of each feature loss: the authors'; and one whose gradient is about as long in the beginning."""


@strategies.register
class SelfDistillation(Strategy):
    """Be your own teacher: a network's deepest layers teach exits after its first blocks (Zhang 2019).

    Afterwards each exit is a smaller, faster network of its own, and easy images can leave early.
    """

    paper: ClassVar[str] = "Be Your Own Teacher, Zhang et al. 2019"
    describes: ClassVar = ("student",)
    formerly: ClassVar[tuple[str, ...]] = ("own-teacher",)
    views: ClassVar = (FigureView(title="Accuracy against cost", x="multiply_adds", connected=False),)

    name: Literal["self-distillation"] = "self-distillation"
    exits: tuple[str, ...] = option(
        (),
        "Exits",
        "Taps with an exit; none given means every block but the last.",
        taps_of="student",
        term="exit",
    )
    head: Literal["bottleneck", "light"] = option(
        "bottleneck",
        "Exit head",
        "bottleneck: convolutions to the shape of the deepest features, pool and linear layer, as in the "
        "paper; light: pool and linear layer alone, without feature loss.",
        term="head",
    )
    alpha: float = option(
        0.3, "Alpha α", "Weight of an exit's soft loss; its label loss has 1 − α.", ge=0, le=1, term="alpha"
    )
    temperature: float = option(
        3.0, "Temperature T", "Both logits are divided by it.", gt=0, le=1000, term="temperature"
    )
    feature_loss: Literal["norm", "squared norm"] = option(
        "norm",
        "Feature loss",
        "norm: of the batch's pooled features, the exit's through a linear layer that serves in training "
        "alone, as in the authors' later code; squared norm: of each image's maps, as the paper has it.",
        advanced=True,
    )
    feature_weight: OptionalNumber = option(
        None,
        "Lambda λ",
        "Weight of an exit's feature loss. Empty: 0.03 for the norm, as in the authors' code; 0.0001 for the "
        "squared norm, for which the paper gives none.",
        empty="automatic",
        ge=0,
        le=1e6,
    )
    ensemble: Literal["logits", "probabilities"] = option(
        "logits",
        "Ensemble",
        "What of all exits is averaged; the authors' code has the logits.",
        advanced=True,
        term="ensemble",
    )
    baseline: Baseline = True

    def formula(self) -> str:
        """``L = CE + Σ_i [(1 − α)·CE + α·CE(soft) + λ·‖F_i − F_C‖²]`` with its numbers; no factor T²."""
        t = f"{self.temperature:g}"
        distance = {
            "norm": "‖A_i·pool(F_i) − pool(F_C)‖ over the batch",
            "squared norm": "‖F_i − F_C‖²",
        }[self.feature_loss]
        features = f" + {self._weight():g}·{distance}" if self.head == "bottleneck" else ""
        return (
            f"L = CE(y, softmax(z_C)) + Σ_i [{1 - self.alpha:g}·CE(y, softmax(z_i)) "
            f"+ {self.alpha:g}·CE(softmax(z_C/{t}), softmax(z_i/{t})){features}]"
        )

    def _weight(self) -> float:
        """Return λ as told, or as it belongs to the feature loss."""
        return WEIGHTS[self.feature_loss] if self.feature_weight is None else self.feature_weight

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Baseline if wanted, then the network with all its exits."""
        from kdstudio.engine.early_exits import early_exits

        if self.baseline:
            yield learn_labels(run, run.control())
        student = run.network("student")
        exits = early_exits(run, student, self.exits, self.head)
        answers = tuple(early.logits for early in exits)
        together = run.head("mean of exits", MeanPrediction(of=self.ensemble), *answers, student.logits)
        ensemble = run.compose(together, ENSEMBLE)
        scored: list[Network | Scorable] = [*(early.network for early in exits), student, ensemble]
        terms = self._learned_predictions(student, exits)
        if self.head == "bottleneck":
            terms.append(self._learned_features(run, student, exits))
        yield run.stage("student", terms, scored=scored)

    def _learned_predictions(self, student: Network, exits: Sequence[EarlyExit]) -> list[LossTerm]:
        soft = partial(response.softened_cross_entropy, temperature=self.temperature)
        answers, many = tuple(early.logits for early in exits), len(exits)
        labels, targets = (LABELS,) * many, (student.logits,) * many
        return [
            label_loss("student"),
            LossTerm(
                "label loss of exits", summed(response.cross_entropy, many), answers, labels, 1 - self.alpha
            ),
            LossTerm("soft loss of exits", summed(soft, many), answers, targets, self.alpha),
        ]

    def _learned_features(self, run: RunContext, student: Network, exits: Sequence[EarlyExit]) -> LossTerm:
        from kdstudio.engine.early_exits import adapted, deepest_tap

        deepest, many = deepest_tap(student), len(exits)
        if self.feature_loss == "norm":
            loss = summed(feature.batch_distance, many)
            features = tuple(adapted(run, early, run.shape(student, deepest)) for early in exits)
        else:
            loss = summed(feature.squared_distance, many)
            features = tuple(early.features for early in exits)
        targets = (f"{student.name}.{deepest}",) * many
        return LossTerm("feature loss of exits", loss, features, targets, self._weight())
