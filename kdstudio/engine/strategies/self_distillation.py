"""Self-distillation through early exits (Zhang et al. 2019, Be Your Own Teacher)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.strategies.supervised import learn_labels
from kdstudio.engine.strategy import Strategy, strategies

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.context import RunContext
    from kdstudio.engine.stage import Stage


@strategies.register
class SelfDistillation(Strategy):
    """Be your own teacher: a network's deepest layers teach exits after its first blocks (Zhang 2019).

    Afterwards each exit is a smaller, faster network of its own, and easy images can leave early.
    """

    formerly: ClassVar[tuple[str, ...]] = ("own-teacher",)

    name: Literal["self-distillation"] = "self-distillation"
    exits: tuple[str, ...] = option(
        (), "Exits", "Taps with an exit; none given means every block but the last.", taps_of="student"
    )
    head: Literal["bottleneck", "light"] = option(
        "bottleneck",
        "Exit head",
        "bottleneck: convolutions to the shape of the deepest features, pool and linear layer, as in the "
        "paper; light: pool and linear layer alone, without feature loss.",
    )
    alpha: float = option(
        0.3, "Alpha α", "Weight of an exit's soft loss; its label loss has 1 − α.", ge=0, le=1
    )
    temperature: float = option(3.0, "Temperature T", "Both logits are divided by it.", gt=0, le=1000)
    feature_weight: float = option(0.03, "Lambda λ", "Weight of an exit's feature loss.", ge=0, le=1e6)
    baseline: bool = option(True, "Baseline", "Also train the same network without exits, to compare with.")

    def roles(self) -> tuple[str, ...]:
        """One network."""
        return ("student",)

    def formula(self) -> str:
        """``L = CE + Σ_i [(1 − α)·CE + α·CE(soft) + λ·‖F_i − F_C‖²]`` with its numbers; no factor T²."""
        t = f"{self.temperature:g}"
        features = f" + {self.feature_weight:g}·mean (F_i − F_C)²" if self.head == "bottleneck" else ""
        return (
            f"L = CE(y, softmax(z_C)) + Σ_i [{1 - self.alpha:g}·CE(y, softmax(z_i)) "
            f"+ {self.alpha:g}·CE(softmax(z_C/{t}), softmax(z_i/{t})){features}]"
        )

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Baseline if wanted, then the network with all its exits."""
        from kdstudio.engine.ensemble import MeanPrediction
        from kdstudio.engine.exits import deepest_tap, early_exits
        from kdstudio.engine.losses.feature import squared_error
        from kdstudio.engine.losses.response import cross_entropy, soft_cross_entropy
        from kdstudio.engine.matching.declaration import summed
        from kdstudio.engine.stage import LABELS, LossTerm, Stage

        def soft(early: Tensor, deepest: Tensor) -> Tensor:
            return soft_cross_entropy(early, deepest, self.temperature) / self.temperature**2

        recipe = run.recipe("student")
        if self.baseline:
            yield learn_labels(run.network("student", name="baseline"), recipe)
        student = run.network("student")
        exits = early_exits(run, student, self.exits, self.head)
        heads, many, logits = [h for e in exits for h in e.heads], len(exits), "student.logits"
        predictions = tuple(early.heads[-1].name for early in exits)
        ensemble = run.head("ensemble", MeanPrediction, *predictions, logits)
        terms = [
            LossTerm("label loss", cross_entropy, logits, (LABELS,)),
            LossTerm(
                "label loss of exits",
                summed(cross_entropy, many),
                predictions,
                (LABELS,) * many,
                1 - self.alpha,
            ),
            LossTerm("soft loss of exits", summed(soft, many), predictions, (logits,) * many, self.alpha),
        ]
        if self.head == "bottleneck":
            features, target = tuple(e.heads[0].name for e in exits), f"student.{deepest_tap(student)}"
            loss = summed(squared_error, many)
            terms.append(
                LossTerm("feature loss of exits", loss, features, (target,) * many, self.feature_weight)
            )
        scored = dict(zip((e.name for e in exits), predictions, strict=True))
        yield Stage(
            "student",
            networks=[student],
            heads=[*heads, ensemble],
            updates=[terms],
            training=recipe,
            scored=scored | {"student": logits, "ensemble": "ensemble"},
        )
