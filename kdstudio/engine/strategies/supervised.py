"""Learning from labels alone: the control that every distillation is held against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from kdstudio.engine.strategy import Strategy, strategies

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.network import Network
    from kdstudio.engine.stage import Stage
    from kdstudio.engine.training import TrainingSpec


@strategies.register
class Supervised(Strategy):
    """Labels only: one network learns without a teacher."""

    name: Literal["supervised"] = "supervised"

    def roles(self) -> tuple[str, ...]:
        """One student."""
        return ("student",)

    def formula(self) -> str:
        """Return the cross-entropy to the labels."""
        return "L = CE(y, ŷ_student)"

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """One stage."""
        yield learn_labels(run.network("student"), run.recipe("student"))


def learn_labels(network: Network, training: TrainingSpec, classes: Sequence[int] = ()) -> Stage:
    """Make the stage, named after the network, in which it learns the labels, of ``classes`` if given."""
    from kdstudio.engine.losses.response import cross_entropy
    from kdstudio.engine.stage import LABELS, LossTerm, Stage

    term = LossTerm("label loss", cross_entropy, f"{network.name}.logits", (LABELS,))
    return Stage(network.name, networks=[network], updates=[[term]], training=training, classes=classes)
