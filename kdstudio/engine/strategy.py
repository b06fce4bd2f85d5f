"""What every strategy declares, and the registry of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

from pydantic import Field

from kdstudio.declaration import Declaration, Registry
from kdstudio.engine.views import Comparison, View

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.stage import Stage

Baseline = Annotated[
    bool,
    Field(
        title="Baseline",
        description="Also train the same student (same initial weights, order of samples and budget) on the "
        "labels alone, to compare with.",
        json_schema_extra={"term": "baseline"},
    ),
]
SoftTemperature = Annotated[
    float,
    Field(
        title="Temperature T",
        description="Both logits are divided by it before the softmax.",
        gt=0,
        le=1000,
        json_schema_extra={"term": "temperature"},
    ),
]
LabelShare = Annotated[
    float,
    Field(
        title="Alpha α",
        description="Weight of the label loss; the soft loss has 1 − α.",
        ge=0,
        le=1,
        json_schema_extra={"term": "alpha"},
    ),
]


class Many(NamedTuple):
    """As many networks of one role as an option says: ``teacher``, ``teacher-2``, …."""

    role: str
    counted_by: str
    """Name of the strategy's option that counts them."""
    numbered: bool = False
    """Whether the first has a number too: ``net-1``."""

    def names(self, count: int) -> tuple[str, ...]:
        """Return the roles of so many networks."""
        first = f"{self.role}-1" if self.numbered else self.role
        return (first, *(f"{self.role}-{number}" for number in range(2, count + 1)))


class Strategy(Declaration):
    """A way to distil, with its hyper-parameters; subclasses are registered under their ``name``.

    What it shows of its results (``views``), and what is held against what (``comparison``), it declares
    too: see :mod:`kdstudio.engine.views`.
    """

    describes: ClassVar[tuple[str | Many, ...]] = ("teacher", "student")
    """The networks that the experiment must describe, by role."""
    paper: ClassVar[str] = ""
    """Where it was published."""
    views: ClassVar[tuple[View, ...]] = ()
    comparison: ClassVar[Comparison] = Comparison()

    name: str

    @classmethod
    def needed(cls) -> tuple[str, ...]:
        """Return the networks that have to be described, and what else it needs."""
        names: list[str] = []
        for role in cls.describes:
            names += [role] if isinstance(role, str) else role.names(cls._usual_count(role))
        return (" and ".join(names), *cls.needs)

    @classmethod
    def _usual_count(cls, role: Many) -> int:
        count = cls.model_fields[role.counted_by].default
        return count if isinstance(count, int) else 1

    def roles(self) -> tuple[str, ...]:
        """Names of the networks that the experiment must describe."""
        names: list[str] = []
        for role in self.describes:
            names += role.names(getattr(self, role.counted_by)) if isinstance(role, Many) else [role]
        return tuple(names)

    def formula(self) -> str:
        """Return the literal loss, with the numbers in it."""
        raise NotImplementedError

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Yield the stages in turn; code after a ``yield`` runs when that stage is trained.

        Deterministic given the run. A plan is also followed once untrained, as a dry run, so it
        may look at networks but not at their accuracy.
        """
        raise NotImplementedError


strategies = Registry[Strategy]("strategy", "kdstudio.engine.strategies", "kdstudio.strategies")
