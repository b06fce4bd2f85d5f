"""Learning from labels alone: the control that every distillation is held against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.engine.learning import learn_labels
from kdstudio.engine.strategy import Strategy, strategies
from kdstudio.engine.terms import formula_of, label_loss

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.stage import Stage


@strategies.register
class Supervised(Strategy):
    """Labels only: one network learns without a teacher."""

    describes: ClassVar = ("student",)

    name: Literal["supervised"] = "supervised"

    def formula(self) -> str:
        """Return the cross-entropy to the labels."""
        return formula_of([label_loss("student")])

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """One stage."""
        yield learn_labels(run, run.network("student"))
